"""The clock of inactivity: warns of quiet connections, and disconnects those that stay quiet.

The lane is held while one connection is judged: activity is recorded either before, and seen, or after, and then the
connection had ended already. While the engine had been away for long, or its clock was moved, nobody is judged.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from eventsourcing.persistence import PersistenceError
from sqlalchemy import Engine

from adapters import heartbeat
from adapters.event_store import lanes
from adapters.event_store.store import EventStore, Transaction
from domain import connection as connections
from domain.account_settings import inactivity_of
from domain.event import ENGINE, Moment
from domain.inactivity import DAY, LONGEST_ABSENCE, check_inactivity, held_until, look_again_at
from domain.refusals import Refusal
from projections import inactivity_clock
from services.database import DATABASE_TROUBLE

LOG: Final = logging.getLogger(__name__)
ROUND: Final = 60.0
TROUBLE: Final = timedelta(minutes=5)
AT_ONCE: Final = 100


class InactivityWatch:
    """Judges quiet connections. Any number of processes may do so: a lane is held while it is judged."""

    def __init__(self, store: EventStore, read: Engine, new_id: Callable[[], UUID]) -> None:
        self._store, self._read, self._new_id = store, read, new_id
        self._held: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """A round a minute until told to stop, or the next at once while there is more."""
        while not stop.is_set():
            looked_at = 0
            try:
                looked_at = self.round(stop)
            except (*DATABASE_TROUBLE, Refusal) as error:
                LOG.warning("quiet connections are looked at again in a minute (%s)", type(error).__name__)
            if looked_at < AT_ONCE:
                stop.wait(ROUND)

    def round(self, stop: threading.Event | None = None) -> int:
        """Say that the engine runs, and judge connections that are due; returns how many were looked at."""
        with self._store.cursor() as cursor:
            heartbeat.beat(cursor, LONGEST_ABSENCE)
        if self._holds():
            return 0
        with self._read.begin() as connection:
            inactivity_clock.bring_back(connection)
            due = inactivity_clock.due(connection, AT_ONCE)
        for one in due:
            if stop is not None and stop.is_set():
                break
            next_look = self._looked_at(one.connection_id)
            with self._read.begin() as connection:
                inactivity_clock.put_off(connection, one, next_look)
        return len(due)

    def _holds(self) -> bool:
        with self._store.begin() as tx:
            until = self._held_until(tx)
        if until != self._held:
            self._held = until
            LOG.info("the clock of inactivity %s", f"holds until {until}" if until else "runs")
        return until is not None

    def _looked_at(self, lane: UUID) -> datetime:
        """When a connection is to be looked at next; one that cannot be judged now holds up no other."""
        try:
            return self._judge(lane)
        except (PersistenceError, Refusal) as error:
            LOG.warning("connection %s is looked at again in %s (%s)", lane, TROUBLE, type(error).__name__)
            return self._store.now() + TROUBLE

    def _judge(self, lane: UUID) -> datetime:
        """Decide about one connection; when it is to be looked at next."""
        with self._store.begin() as tx:
            last_activity = self._last_activity(tx, lane)
            known = tx.load([lane], connections.evolve).get(lane)
            at = Moment(now=tx.now(), actor=ENGINE, correlation_id=self._new_id(), new_id=self._new_id)
            if self._held_until(tx) is not None:
                return at.now
            events = check_inactivity(known, last_activity, at)
            if events:
                tx.append(events)
        for event in events:
            LOG.info("connection %s, quiet since %s: %s", lane, last_activity, type(event).__name__)
            known = connections.evolve(known, event)
        if known is None or known.grant_id is None or last_activity is None:
            # The projector, which lags behind a moment, takes it off the clock.
            return at.now + DAY
        return look_again_at(last_activity, known.warned_since(last_activity), inactivity_of(known.settings), at.now)

    def _held_until(self, tx: Transaction) -> datetime | None:
        return held_until(heartbeat.last(tx.cursor), tx.now())

    def _last_activity(self, tx: Transaction, lane: UUID) -> datetime | None:
        return lanes.hold_activity(tx.cursor, lane)
