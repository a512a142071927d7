"""Removals that Xero has not answered for a day: the tokens are destroyed all the same, and the removal ends."""

import logging
import threading
from collections.abc import Callable
from typing import Final
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from adapters.event_store import removals
from adapters.event_store.store import EventStore
from domain import connection as connections
from domain.event import ENGINE, Moment

LOG: Final = logging.getLogger(__name__)
LONGEST: Final = 24.0
"""Hours that tokens outlive a disconnection at most."""
AT_ONCE: Final = 100
INTERVAL: Final = 60.0


class OverdueRemovals:
    """Ends what Xero never answered. Any number of processes may do so: an entry is locked while it is ended."""

    def __init__(self, store: EventStore, new_id: Callable[[], UUID]) -> None:
        self._store, self._new_id = store, new_id

    def run(self, stop: threading.Event) -> None:
        """Look once a minute."""
        while not stop.is_set():
            try:
                self.step()
            except PersistenceError as error:
                # The connection changed at the same moment, or the database is away.
                LOG.info("overdue removals are looked at again in a minute (%s)", type(error).__name__)
            stop.wait(INTERVAL)

    def step(self) -> int:
        """End what is overdue; returns how many removals that were."""
        with self._store.begin() as tx:
            overdue = removals.lock_overdue(tx.cursor, LONGEST, AT_ONCE)
            known = tx.load([row["connection_id"] for row in overdue], connections.evolve)
            at = Moment(now=tx.now(), actor=ENGINE, correlation_id=self._new_id(), new_id=self._new_id)
            for row in overdue:
                lane = row["connection_id"]
                for event in connections.access_removed(known[lane], row["stream_id"], "unanswered", at):
                    LOG.warning(
                        "Xero never answered that account %s leaves (%s): its tokens go, and its "
                        "connection may still be listed in Xero, under Connected apps",
                        event.account_id,
                        row["stream_id"],
                    )
                    tx.append([event])
                    known[lane] = connections.evolve(known[lane], event)
        return len(overdue)
