"""Searches that break while they are claimed: they are counted, parted and ended as if Xero had failed them.

A delivery's fragment that is missing, a stream that cannot be read: the claim's transaction is gone with its error, so
that it is counted in one of its own.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from adapters.event_store import outbox_deaths, outbox_searches
from adapters.event_store.outbox_searches import Spoiled
from adapters.event_store.store import EventStore
from domain import connection as connections
from domain.event import ENGINE, Moment
from domain.poison import fate_after_search
from domain.retry import wait_before_search
from services.dispatch.ending import Ending

LOG: Final = logging.getLogger(__name__)


class CannotSearch(Exception):
    """What is remembered of these entries cannot be read, by no fault of the database."""

    def __init__(self, entry_ids: Sequence[int]) -> None:
        super().__init__(f"entries {entry_ids} cannot be read together")
        self.entry_ids = entry_ids


class BrokenSearches:
    """Counts them. `chance` in [0, 1) spreads the tries."""

    def __init__(
        self, store: EventStore, ending: Ending, new_id: Callable[[], UUID], chance: Callable[[], float]
    ) -> None:
        self._store, self._ending, self._new_id, self._chance = store, ending, new_id, chance

    def count(self, connection_id: UUID, broken: CannotSearch) -> None:
        """Count it on those of the entries that are still to be searched for."""
        LOG.error("%s: %s", broken, type(broken.__cause__).__name__, exc_info=broken.__cause__)
        with self._store.begin() as tx:
            entries = [e for e in outbox_deaths.lock_left(tx.cursor, broken.entry_ids) if e.searched]
            if not entries:
                return
            together, chance = len(entries), self._chance()
            spoiled = 1 + min(entry.searches for entry in entries)
            fate = fate_after_search(spoiled, entries[0].searching, together)
            if fate == "end":
                connection = tx.load([connection_id], connections.evolve)[connection_id]
                at = Moment(now=tx.now(), actor=ENGINE, correlation_id=self._new_id(), new_id=self._new_id)
                self._ending.end(tx, entries[0], connection, at)
                return
            halves = (self._new_id(), self._new_id()) if fate == "part" else (None, None)
            outbox_searches.count_spoiled(
                tx.cursor,
                [
                    Spoiled(
                        entry_id=entry.id,
                        group=halves[place >= together // 2] or entry.search_group,
                        wait=wait_before_search(entry.searches + 1, entry.searching, chance),
                    )
                    for place, entry in enumerate(entries)
                ],
            )
