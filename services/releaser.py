"""The releaser: follows the log and queues blocked invoices again once a cause of theirs is gone.

Where an invoice it looks at must wait on, it records what for now, if that is something else than before.

Of those it looks at that must wait on, it records what for, if that has changed.

It reads behind the projector, never ahead of it, so that what a fix releases is already in `blocked_by`. A fix that
came before the block was written is met when the block itself is read: it is checked again at once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Engine

from adapters import reference_data
from adapters.event_store.store import EventStore, Transaction
from adapters.vault.account_keys import AccountKeys
from domain import connection as connections
from domain import invoice as invoices
from domain.causes import Cause
from domain.connection import Connection
from domain.contact_matching import ContactStanding
from domain.event import ENGINE, Event, Moment
from domain.fixes import fixed_by, looked_at_after
from domain.invoice import Invoice, InvoiceBlocked, InvoiceReleased
from domain.preflight import causes_against, elsewhere
from domain.references import References
from domain.refusals import ConcurrentChange
from domain.streams import connection_id
from projections import blocked_by, checkpoints
from services.contacts.standing import ContactStandings
from services.handling import TRIES, Handling

AT_ONCE: Final = 500
FIRST: Final = 50
"""Invoices in a batch, and in the first one: a full request that is on its way before the others are read."""
EVENTS_AT_ONCE: Final = 2_000
CHECKPOINT: Final = "releases"


class _Look(NamedTuple):
    """An invoice that waits, what is in its way now, and whether it is to be claimed anew."""

    invoice: Invoice
    causes: list[Cause]
    free: bool


class Releaser:
    """Releases what fixes set free."""

    def __init__(
        self,
        store: EventStore,
        read: Engine,
        keys: AccountKeys,
        handling: Handling,
        ring: Callable[[UUID], None],
    ) -> None:
        self._store, self._read, self._handling, self._ring = store, read, handling, ring
        self._standings = ContactStandings(keys)

    def step(self, projected: int) -> int:
        """Follow the log up to position `projected`; returns how many invoices were released.

        The position moves after the releases are stored: a death in between repeats decisions that then say nothing.
        """
        with self._read.connect() as connection:
            start = checkpoints.position(connection, CHECKPOINT)
        released = 0
        while start < projected:
            rows = [row for row in self._store.read_log(start, EVENTS_AT_ONCE) if row[0] <= projected]
            if not rows:
                break
            released += self._follow([event for _, event in rows])
            with self._read.begin() as connection:
                checkpoints.move(connection, start, rows[-1][0], CHECKPOINT)
            start = rows[-1][0]
        return released

    def look_again(self, account_id: str, codes: Sequence[str], since: datetime | None = None) -> int:
        """Release the account's invoices that wait for one of these causes and that nothing holds back any more.

        What Xero itself named a cause of after `since` is left alone: we know no better by what was said before.
        """
        lane, released, after = connection_id(account_id), 0, 0
        while codes:
            with self._read.connect() as connection:
                waiting = blocked_by.waiting_for_any(connection, lane, codes, after=after, limit=_batch(after))
            if not waiting:
                break
            streams = [stream for _, stream in waiting]
            released += self._rung_for(lane, self._release_what_is_free(lane, streams, since))
            after = waiting[-1][0]
        return released

    def _follow(self, events: Sequence[Event]) -> int:
        released = 0
        for event in events:
            for code, key in self._waited_for(event):
                released += self._release_all(event, code, key)
            released += self.look_again(event.account_id, looked_at_after(event), event.occurred_at)
        # What Xero itself told is looked at when Xero was read again: until then we know no better.
        blocked = [event for event in events if isinstance(event, InvoiceBlocked) and not event.told]
        for account_id in dict.fromkeys(event.account_id for event in blocked):
            streams = [event.originator_id for event in blocked if event.account_id == account_id]
            released += self._check_again(account_id, list(dict.fromkeys(streams)))
        return released

    def _waited_for(self, event: Event) -> list[tuple[str, str]]:
        """Of the causes an event fixes, those that any invoice waits for."""
        if not (fixed := fixed_by(event)):
            return []
        with self._read.connect() as connection:
            return blocked_by.of_these(connection, connection_id(event.account_id), fixed)

    def _release_all(self, fix: Event, code: str, key: str) -> int:
        lane, released, after = connection_id(fix.account_id), 0, 0
        while True:
            with self._read.connect() as connection:
                waiting = blocked_by.waiting_for(connection, lane, code, key, after=after, limit=_batch(after))
            if not waiting:
                break
            released += self._rung_for(lane, self._release(lane, [stream for _, stream in waiting], fix, code, key))
            after = waiting[-1][0]
        return released

    def _rung_for(self, lane: UUID, released: int) -> int:
        """Ring for what was just released: the first go while the others are still waiting to be released."""
        if released:
            self._ring(lane)
        return released

    def _release(self, lane: UUID, streams: list[UUID], fix: Event, code: str, key: str) -> int:
        connection = self._store.load(lane, connections.evolve)
        if connection is not None and not connection.gate_open:
            # Nothing is claimed, so nobody would find what else is in the way.
            return self._release_what_is_free(lane, streams, fix.occurred_at)
        organisation = connection.organisation_id if connection else None
        for attempt in range(TRIES):
            at = self._handling.moment(ENGINE)
            states = self._store.load_many(streams, invoices.evolve)
            events = [
                event
                for stream in streams
                if stream in states and not _told_after(states[stream], fix.occurred_at, at.now)
                for event in invoices.release(states[stream], code, key, at, organisation_id=organisation)
            ]
            try:
                if events:
                    self._store.append(events)
            except ConcurrentChange:
                if attempt == TRIES - 1:
                    raise
            else:
                return len(events)
        return 0

    def _check_again(self, account_id: str, streams: list[UUID]) -> int:
        """Release what was blocked by causes that are gone by now; one load of each kind for all of them."""
        lane = connection_id(account_id)
        return self._rung_for(lane, self._release_what_is_free(lane, streams))

    def _release_what_is_free(self, lane: UUID, streams: Sequence[UUID], since: datetime | None = None) -> int:
        """Release those of these invoices that wait although nothing is in the way of them now.

        Of the others it is recorded what they wait for now, where that has changed.
        """
        for attempt in range(TRIES):
            at = self._handling.moment(ENGINE)
            with self._store.begin() as tx:
                connection, looks = self._look_at(tx, lane, streams)
            organisation = connection.organisation_id if connection else None
            looked_at = [look for look in looks if not _told_after(look.invoice, since, at.now)]
            events = [event for look in looked_at for event in _follows(look, organisation, at)]
            try:
                if events:
                    self._store.append(events)
            except ConcurrentChange:
                if attempt == TRIES - 1:
                    raise
            else:
                return sum(isinstance(event, InvoiceReleased) for event in events)
        return 0

    def _look_at(self, tx: Transaction, lane: UUID, streams: Sequence[UUID]) -> tuple[Connection | None, list[_Look]]:
        """Those of these invoices that wait, and what is in the way of each now."""
        connection = tx.load([lane], connections.evolve).get(lane)
        found = tx.load(streams, invoices.evolve)
        states = [found[s] for s in streams if s in found and found[s].waits]
        if connection is None or not states:
            return connection, []
        contacts = self._standings.of(tx, connection, [state.document.kyrios_contact_id for state in states])
        references = reference_data.read(tx.cursor, lane, connection.organisation_id)
        standings = [contacts[state.document.kyrios_contact_id].standing for state in states]
        return connection, [
            _look(state, connection, contact, references) for state, contact in zip(states, standings, strict=True)
        ]


def _look(state: Invoice, connection: Connection, contact: ContactStanding, references: References) -> _Look:
    causes = elsewhere(state, connection)
    if state.status != "voided":
        there = state.xero_invoice_id is not None
        causes += causes_against(state.document, connection, contact, references, waived=state.waived, in_xero=there)
    if not connection.gate_open:
        # What holds everything back is written on no invoice; all else is found when the gate opens and it is claimed.
        known = (*state.causes, *contact.causes)
        causes = [cause for cause in causes if any(cause.same_matter(one) for one in known)]
    # A contact that is to be created is recorded as wanted by the claim, once nothing else is in the way.
    to_be_claimed = contact.verdict == "wanted" and causes == [*contact.causes]
    claimed_anew = connection.gate_open and contact.differs_from(state.causes)
    return _Look(state, causes, free=not causes or to_be_claimed or claimed_anew)


def _follows(look: _Look, organisation_id: str | None, at: Moment) -> list[Event]:
    """A release, or what it waits for now if that has changed."""
    state = look.invoice
    if not look.free:
        return invoices.reconsider(state, look.causes, organisation_id, at)
    first = state.causes[0]
    return invoices.release(state, first.code, first.key, at, organisation_id=organisation_id, fixed=True)


def _told_after(state: Invoice, moment: datetime | None, now: datetime) -> bool:
    """Whether Xero itself named what the invoice waits for, and that no earlier than this moment.

    What it named in the future, by a clock that was put back since, it named before.
    """
    return moment is not None and state.told_at is not None and moment <= state.told_at <= now


def _batch(after: int) -> int:
    return AT_ONCE if after else FIRST
