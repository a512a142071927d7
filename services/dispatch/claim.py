"""Claiming: one transaction that admits the lane, locks due entries, checks and renders them, and leases them.

Entries that fail preflight end here with InvoiceBlocked, in the same transaction.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from adapters.event_store import deliveries, outbox, outbox_searches
from adapters.event_store.deliveries import SealedFragment
from adapters.event_store.lane_calls import Admission
from adapters.event_store.outbox import LeasedEntry
from adapters.event_store.store import EventStore, Transaction
from adapters.vault.account_keys import AccountKeys
from adapters.xero.calls import LOOK_UP_SIZE
from domain import connection as connections
from domain.breaker import is_probe
from domain.budget import Budget
from domain.connection import Connection
from domain.event import ENGINE, Event, Moment
from domain.refusals import ConcurrentChange
from services.database import DATABASE_TROUBLE
from services.dispatch.broken_searches import BrokenSearches, CannotSearch
from services.dispatch.claim_deaths import CannotSend, ClaimDeaths
from services.dispatch.ending import Ending
from services.dispatch.kind import DeliveryKind, LeavingKind, PreparingKind, Sent
from services.dispatch.lane_work import Item, Timing, Work
from services.dispatch.leave import AnotherIsAhead, Leave

LOG: Final = logging.getLogger(__name__)
_MOST_BROKEN: Final = 8
"""Claims that may break, each over other entries, before a lane is left alone for a moment."""


class Claim:
    """Claims work of any kind; one request carries one kind.

    `look_again` is told when a lane that may not start a call now may start one, in seconds. `chance` in [0, 1)
    spreads searches that break.
    """

    def __init__(
        self,
        store: EventStore,
        keys: AccountKeys,
        kinds: Mapping[str, DeliveryKind[Any]],
        timing: Timing,
        budget: Budget,
        look_again: Callable[[UUID, float], object],
        ending: Ending,
        new_id: Callable[[], UUID],
        chance: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._keys, self._kinds = store, keys, kinds
        self._most = max(kind.most_entries for kind in kinds.values())
        self._timing, self._leave = timing, Leave(budget, timing.lease, look_again)
        self._new_id, self._monotonic = new_id, monotonic
        self._ending = ending
        self._deaths = ClaimDeaths(store, ending, new_id)
        self._broken = BrokenSearches(store, ending, new_id, chance)

    def to_send(self, connection_id: UUID) -> Work[Any] | None:
        """Claim due entries for one request; None if there are none, or the lane may not send now."""
        for _ in range(_MOST_BROKEN):
            work, more = None, True
            try:
                while more:
                    work, more = self._to_send(connection_id)
            except AnotherIsAhead:
                return None
            except CannotSend as broken:
                self._deaths.count_broken(connection_id, broken)
            else:
                return work
        return None

    def _to_send(self, connection_id: UUID) -> tuple[Work[Any] | None, bool]:
        """One transaction; the flag says that all it met was blocked, and there may be more behind."""
        began = self._monotonic()
        with self._store.begin() as tx:
            admission = self._leave.to_start(tx, connection_id, "send")
            if admission is None:
                return None, False
            if admission.claims_died:
                self._deaths.settle(tx, connection_id, self._moment(admission))
            entries = [] if admission.unclear_due else self._due(tx, connection_id, admission)
            if not entries:
                return None, False
            self._keys.get(admission.account_id)  # Without its account's key nothing can be read, by no entry's fault.
            with self._deaths.traced(tx, connection_id, entries):
                return self._checked(tx, entries, connection_id, admission, began)

    def _checked(
        self, tx: Transaction, entries: Sequence[LeasedEntry], connection_id: UUID, admission: Admission, began: float
    ) -> tuple[Work[Any] | None, bool]:
        connection = tx.load([connection_id], connections.evolve)[connection_id]
        kind = self._kinds[entries[0].kind]
        if not isinstance(kind, LeavingKind) and not self._leave.has_token(tx, connection_id, connection):
            return None, False
        try:
            items = self._preflight(tx, kind, entries, connection, self._moment(admission))
            if not items:
                return None, True
            work = self._lease(tx, kind, items, connection, connection_id, admission, began)
        except (AnotherIsAhead, ConcurrentChange, *DATABASE_TROUBLE):
            raise
        except Exception as error:
            raise CannotSend([entry.id for entry in entries]) from error
        return work, work is None

    def _due(self, tx: Transaction, connection_id: UUID, admission: Admission) -> Sequence[LeasedEntry]:
        """What the next request is to carry; nothing if a probe is out, or if waiting makes the request fuller."""
        probe = admission.for_all or is_probe(admission.failures_in_row)
        if probe and admission.in_flight:
            return []
        # What failed again and again may be why the lane rested; a probe that carries it would say nothing of Xero.
        found = outbox.lock_due(
            tx.cursor,
            connection_id,
            1 if probe else self._most,
            gate_open=admission.gate_open,
            least_tried=probe,
            only_asked=admission.use == "asked_to_send",
        )
        entries = found[: self._kinds[found[0].kind].most_entries] if found else []
        return [] if entries and self._better_later(entries, admission) else entries

    def to_look_up(self, connection_id: UUID) -> Work[Any] | None:
        """Claim entries whose outcome is unknown and whose quiet period is over; those that cannot be read wait."""
        for _ in range(_MOST_BROKEN):
            try:
                return self._to_look_up(connection_id)
            except AnotherIsAhead:
                return None
            except CannotSearch as broken:
                self._broken.count(connection_id, broken)
        return None

    def _to_look_up(self, connection_id: UUID) -> Work[Any] | None:
        began = self._monotonic()
        with self._store.begin() as tx:
            admission = self._leave.to_start(tx, connection_id, "look_up")
            if admission is None:
                return None
            if admission.claims_died:
                self._deaths.settle(tx, connection_id, self._moment(admission))
            entries = outbox_searches.lock_unclear(
                tx.cursor, connection_id, LOOK_UP_SIZE, gate_open=admission.gate_open
            )
            if not entries:
                return None
            entries = entries[: self._kinds[entries[0].kind].most_searched]
            self._keys.get(admission.account_id)
            with self._deaths.traced(tx, connection_id, entries):
                connection = tx.load([connection_id], connections.evolve)[connection_id]
                leaving = isinstance(self._kinds[entries[0].kind], LeavingKind)
                if not leaving and not self._leave.has_token(tx, connection_id, connection):
                    return None
                return self._lease_look_up(tx, entries, connection, connection_id, admission, began)

    def _better_later(self, entries: Sequence[LeasedEntry], admission: Admission) -> bool:
        """Under load a request waits a moment to be full; an idle lane sends at once."""
        if admission.in_flight == 0 or len(entries) >= self._kinds[entries[0].kind].most_entries:
            return False
        return max(entry.age for entry in entries) < self._timing.coalesce

    def _preflight(
        self,
        tx: Transaction,
        kind: DeliveryKind[Any],
        entries: Sequence[LeasedEntry],
        connection: Connection,
        at: Moment,
    ) -> list[tuple[LeasedEntry, Any]]:
        subjects = kind.subjects(tx, [entry.stream_id for entry in entries], connection)
        passed, events = [], list[Event]()
        if isinstance(kind, PreparingKind):
            events += kind.preparations([subjects[entry.stream_id] for entry in entries], connection, at)
        for entry in entries:
            subject = subjects[entry.stream_id]
            causes = kind.causes(subject, connection)
            if causes:
                events += kind.blocked(subject, causes, connection, at)
                outbox.withdraw(tx.cursor, [entry.id], causes[0].code)
            else:
                passed.append((entry, subject))
        if events:
            tx.append(events)
        return passed

    def _lease(
        self,
        tx: Transaction,
        kind: DeliveryKind[Any],
        passed: Sequence[tuple[LeasedEntry, Any]],
        connection: Connection,
        connection_id: UUID,
        admission: Admission,
        began: float,
    ) -> Work[Any] | None:
        delivery_id, token = self._new_id(), self._new_id()
        key = self._keys.get(admission.account_id)
        rendered = self._rendered(tx, kind, passed, connection, admission)
        if not rendered:
            return None
        fragments = [
            SealedFragment(
                entry_id=entry.id,
                stream_id=entry.stream_id,
                account_id=admission.account_id,
                sealed=key.seal("delivery_fragment", f"{delivery_id}/{position}", 1, fragment),
                fragment_hash=key.hmac(fragment),
                facts=facts,
            )
            for position, (entry, _, fragment, facts) in enumerate(rendered)
        ]
        body = kind.body([fragment for _, _, fragment, _ in rendered])
        digest = hashlib.sha256(body).digest()
        lease = self._timing.lease
        with tx.in_one_trip():
            deliveries.open_send(tx.cursor, delivery_id, connection_id, kind.name, digest, fragments, lease)
            outbox.lease(tx.cursor, [f.entry_id for f in fragments], delivery_id, token, lease)
            self._leave.take(tx, admission, delivery_id)
        items = [
            Item(
                entry=msgspec.structs.replace(entry, attempts=entry.attempts + 1, delivery_id=delivery_id),
                subject=subject,
                sent=Sent(delivery_id=delivery_id, fragment_hash=fragment.fragment_hash, facts=facts),
            )
            for (entry, subject, _, facts), fragment in zip(rendered, fragments, strict=True)
        ]
        return Work(
            kind=kind,
            connection=_acted_for(kind, connection, rendered[0][1]),
            connection_id=connection_id,
            delivery_id=delivery_id,
            token=token,
            items=items,
            admission=admission,
            began=began,
            body=body,
            leaving=isinstance(kind, LeavingKind),
        )

    def _rendered(
        self,
        tx: Transaction,
        kind: DeliveryKind[Any],
        passed: Sequence[tuple[LeasedEntry, Any]],
        connection: Connection,
        admission: Admission,
    ) -> list[tuple[LeasedEntry, Any, bytes, dict[str, Any]]]:
        """What fits into one request. An entry that cannot be rendered fails by itself and holds nobody up."""
        rendered: list[tuple[LeasedEntry, Any, bytes, dict[str, Any]]] = []
        size, at, events = 0, self._moment(admission), list[Event]()
        for entry, subject in passed:
            try:
                fragment, facts = kind.render(subject, connection)
            except Exception as error:
                LOG.error("entry %s cannot be rendered: %s", entry.id, type(error).__name__, exc_info=True)
                cause, organisation = self._ending.our_fault, connection.organisation_id
                events += kind.failed(subject, cause, entry.attempts, None, None, organisation, at)
                outbox.withdraw(tx.cursor, [entry.id], cause.code)
                continue
            size += len(fragment) + 1
            if rendered and size > kind.largest_body:
                break
            rendered.append((entry, subject, fragment, facts))
        if events:
            tx.append(events)
        return rendered

    def _lease_look_up(
        self,
        tx: Transaction,
        entries: Sequence[LeasedEntry],
        connection: Connection,
        connection_id: UUID,
        admission: Admission,
        began: float,
    ) -> Work[Any]:
        delivery_id, token = self._new_id(), self._new_id()
        kind, lease = self._kinds[entries[0].kind], self._timing.lease
        items = self._sought(tx, kind, entries, connection)
        with tx.in_one_trip():
            outbox_searches.lease_look_up(tx.cursor, [entry.id for entry in entries], token, lease)
            deliveries.open_look_up(tx.cursor, delivery_id, connection_id, kind.name, len(entries), lease)
            self._leave.take(tx, admission, delivery_id)
        return Work(
            kind=kind,
            connection=_acted_for(kind, connection, items[0].subject),
            connection_id=connection_id,
            delivery_id=delivery_id,
            token=token,
            items=items,
            admission=admission,
            began=began,
            leaving=isinstance(kind, LeavingKind),
        )

    def _sought(
        self, tx: Transaction, kind: DeliveryKind[Any], entries: Sequence[LeasedEntry], connection: Connection
    ) -> list[Item[Any]]:
        """What Xero is to be searched for, and what is remembered of its sending."""
        try:
            subjects = kind.subjects(tx, [entry.stream_id for entry in entries], connection)
            notes = deliveries.last_sent(tx.cursor, [(e.stream_id, e.delivery_id) for e in entries if e.delivery_id])
            return [Item(entry=e, subject=subjects[e.stream_id], sent=_sent(e, notes)) for e in entries]
        except DATABASE_TROUBLE:
            raise
        except Exception as error:
            raise CannotSearch([entry.id for entry in entries]) from error

    def _moment(self, admission: Admission) -> Moment:
        return Moment(now=admission.now, actor=ENGINE, correlation_id=self._new_id(), new_id=self._new_id)


def _acted_for(kind: DeliveryKind[Any], connection: Connection, subject: Any) -> Connection:
    """The connection in whose name Xero is called."""
    return kind.as_it_was(subject) if isinstance(kind, LeavingKind) else connection


def _sent(entry: LeasedEntry, notes: Mapping[UUID, Any]) -> Sent:
    note = notes[entry.stream_id]
    assert entry.delivery_id is not None, "an unknown outcome has a delivery"
    return Sent(delivery_id=entry.delivery_id, fragment_hash=note.fragment_hash, facts=note.facts)
