"""Recovery: what a worker held that never reported back goes on, and what killed it is found and ends.

Sending may have had its effect: its outcome is unknown. A search had none, and is made again; but that it begins is
known by its lease, so one that kills whoever makes it is counted like any other.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from adapters.event_store import deliveries, outbox_deaths
from adapters.event_store.outbox import LeasedEntry
from adapters.event_store.store import EventStore, Transaction
from domain import connection as connections
from domain.connection import Connection
from domain.event import ENGINE, Event, Moment
from services.database import DATABASE_TROUBLE
from services.dispatch.deaths import of_searches, of_sends, suspects
from services.dispatch.ending import Ending
from services.dispatch.kind import DeliveryKind

LOG: Final = logging.getLogger(__name__)
_MOST_HELD: Final = 200


class Recovery:
    """Frees what died with its worker. `quiet` in seconds."""

    def __init__(
        self,
        store: EventStore,
        kinds: Mapping[str, DeliveryKind[Any]],
        ending: Ending,
        quiet: float,
        new_id: Callable[[], UUID],
    ) -> None:
        self._store, self._kinds, self._ending = store, kinds, ending
        self._quiet, self._new_id = quiet, new_id

    def recover(self, connection_id: UUID) -> int:
        """Free all entries of this lane whose lease has run out; returns how many."""
        freed = 0
        while now := self._of_one_worker(connection_id):
            freed += now
        return freed

    def _of_one_worker(self, connection_id: UUID) -> int:
        with self._store.begin() as tx:
            entries = outbox_deaths.lock_expired(tx.cursor, connection_id, _MOST_HELD)
            if not entries:
                return 0
            connection = tx.load([connection_id], connections.evolve)[connection_id]
            at = Moment(now=tx.now(), actor=ENGINE, correlation_id=self._new_id(), new_id=self._new_id)
            if entries[0].searched:
                self._search(tx, entries, connection, at)
            else:
                tx.append(self._sending(tx, self._kinds[entries[0].kind], entries, connection, at))
        return len(entries)

    def _sending(
        self, tx: Transaction, kind: DeliveryKind[Any], entries: Sequence[LeasedEntry], of: Connection, at: Moment
    ) -> list[Event]:
        subjects, events = self._subjects(tx, kind, entries, of), list[Event]()
        for entry in entries:
            assert entry.delivery_id is not None, "a leased entry has a delivery"
            if entry.stream_id in subjects:
                events += kind.unclear(subjects[entry.stream_id], entry.delivery_id, of.organisation_id, at)
        outbox_deaths.mark_unclear(tx.cursor, suspects(entries, self._new_id, of_sends), self._quiet)
        deliveries.finish_expired(tx.cursor, [entry.delivery_id for entry in entries if entry.delivery_id])
        return events

    def _subjects(
        self, tx: Transaction, kind: DeliveryKind[Any], entries: Sequence[LeasedEntry], of: Connection
    ) -> Mapping[UUID, Any]:
        """What they are about. One that cannot be read keeps no other: it is freed, though no event says so."""
        try:
            return kind.subjects(tx, [entry.stream_id for entry in entries], of)
        except DATABASE_TROUBLE:
            raise
        except Exception:
            if len(entries) == 1:
                LOG.error("entry %s cannot be read", entries[0].id, exc_info=True)
                return {}
        return {stream: read for entry in entries for stream, read in self._subjects(tx, kind, [entry], of).items()}

    def _search(self, tx: Transaction, entries: Sequence[LeasedEntry], of: Connection, at: Moment) -> None:
        noted = suspects(entries, self._new_id, of_searches)
        outbox_deaths.search_again(tx.cursor, noted)
        for entry, suspect in zip(entries, noted, strict=True):
            if suspect.cause:
                LOG.error(
                    "the search for entry %s killed its worker %d times; it ends", entry.id, entry.deaths_alone + 1
                )
                self._ending.end(tx, entry, of, at)
