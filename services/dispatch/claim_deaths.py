"""Deaths inside a claim: the trace each claim leaves beside its transaction, and what is done about those left behind.

Reading or rendering an entry may kill the process, before any lease says who held it. One that only breaks what is
about to be sent is counted in the same way: it would break every claim, and hold up all others.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final
from uuid import UUID

import msgspec
from eventsourcing.persistence import PersistenceError

from adapters.event_store import claims_begun, outbox_deaths
from adapters.event_store.outbox import LeasedEntry
from adapters.event_store.store import EventStore, Transaction
from domain import connection as connections
from domain.connection import Connection
from domain.event import ENGINE, Moment
from domain.poison import DEATHS_ALONE, wait_after_break
from services.dispatch.deaths import of_searches, of_sends, suspects
from services.dispatch.ending import Ending

LOG: Final = logging.getLogger(__name__)
_MOST_REMEMBERED: Final = 10_000


class CannotSend(Exception):
    """What these entries are about cannot be read or checked together, by no fault of the database."""

    def __init__(self, entry_ids: Sequence[int]) -> None:
        super().__init__(f"entries {entry_ids} cannot be made ready together")
        self.entry_ids = entry_ids


class ClaimDeaths:
    """Traces claims, and counts, parts and ends what they died of."""

    def __init__(self, store: EventStore, ending: Ending, new_id: Callable[[], UUID]) -> None:
        self._store, self._ending, self._new_id = store, ending, new_id
        self._survived: set[tuple[UUID, bool]] = set()

    @contextmanager
    def traced(self, tx: Transaction, connection_id: UUID, entries: Sequence[LeasedEntry]) -> Iterator[None]:
        """Leave a trace for the case that reading or rendering these entries kills this process.

        Only a lane's first claim of each purpose in this process does: whoever is killed by an entry begins anew, and
        meets it then.
        """
        claim = (connection_id, entries[0].searched)
        if claim in self._survived:
            yield
            return
        with self._beside(tx, connection_id, entries):
            yield
        if len(self._survived) >= _MOST_REMEMBERED:
            self._survived.clear()
        self._survived.add(claim)

    def settle(self, tx: Transaction, connection_id: UUID, at: Moment) -> None:
        """Workers died while they claimed: count it on what they held, part it, and end one that was alone."""
        self._survived -= {(connection_id, False), (connection_id, True)}
        dead = claims_begun.take_left(tx.cursor, connection_id)
        self._end_all(tx, connection_id, [entry for entry_ids in dead for entry in self._counted(tx, entry_ids)], at)

    def count_broken(self, connection_id: UUID, broken: CannotSend) -> None:
        """A claim broke, and its transaction is gone: count it in one of its own, like a death."""
        LOG.error("%s: %s", broken, type(broken.__cause__).__name__, exc_info=broken.__cause__)
        with self._store.begin() as tx:
            at = Moment(now=tx.now(), actor=ENGINE, correlation_id=self._new_id(), new_id=self._new_id)
            self._end_all(tx, connection_id, self._counted(tx, broken.entry_ids, broken=True), at)

    def _end_all(self, tx: Transaction, connection_id: UUID, entries: Sequence[LeasedEntry], at: Moment) -> None:
        if entries:
            connection = tx.load([connection_id], connections.evolve)[connection_id]
            for entry in {entry.id: entry for entry in entries}.values():
                self._end(tx, entry, connection_id, connection, at)

    def _counted(self, tx: Transaction, entry_ids: Sequence[int], *, broken: bool = False) -> list[LeasedEntry]:
        """Count one death, or a claim that is `broken`; what is to end of it."""
        group = outbox_deaths.lock_left(tx.cursor, entry_ids)
        searched = any(entry.searched for entry in group)
        noted = suspects(group, self._new_id, of_searches if searched else of_sends)
        if broken and len(group) == 1:
            noted = [msgspec.structs.replace(noted[0], wait=wait_after_break(group[0].deaths_alone + 1))]
        count = outbox_deaths.search_again if searched else outbox_deaths.count_deaths
        count(tx.cursor, noted)
        return [entry for entry, suspect in zip(group, noted, strict=True) if suspect.cause]

    def _end(self, tx: Transaction, entry: LeasedEntry, connection_id: UUID, of: Connection, at: Moment) -> None:
        """To say in an event that it ends, it must be read once more; if that kills too, this is counted beside."""
        LOG.error("entry %s killed its worker or broke its claim %d times; it ends", entry.id, entry.deaths_alone + 1)
        if entry.deaths_alone >= DEATHS_ALONE:
            self._ending.end_unread(tx, entry)
            return
        with self._beside(tx, connection_id, [entry]):
            self._ending.end(tx, entry, of, at)

    @contextmanager
    def _beside(self, tx: Transaction, connection_id: UUID, entries: Sequence[LeasedEntry]) -> Iterator[None]:
        token = self._new_id()
        with self._store.cursor() as beside:
            claims_begun.begin(beside, token, connection_id, [entry.id for entry in entries])
        try:
            yield
            claims_begun.end(tx.cursor, token)
        except Exception:
            # We live: it was an error and no death. If the database is away, so is the trace's harm: one death more.
            with suppress(PersistenceError), self._store.cursor() as beside:
                claims_begun.end(beside, token)
            raise
