"""The question people ask of one invoice: why is it not in Xero, who must act, what happens next?

Gathers what the answer needs, all as of one moment: the invoice and its connection as folds, the live entry, the lane,
the deliveries, and Xero's sealed words.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from psycopg import Cursor

from adapters.event_store import delivery_records, lane_calls, lanes, outbox, recorded_events, whole_app
from adapters.event_store.delivery_records import DeliveryRecord
from adapters.event_store.store import EventStore, Transaction
from domain import connection as connections
from domain import contact_link
from domain import invoice as invoices
from domain.budget import RATE_LIMITED_DAILY, Budget
from domain.causes import Cause
from domain.connection import Connection
from domain.contact_matching import CONTACT_CODES
from domain.event import Event
from domain.explain import LONGEST_ANSWER, Explanation, LeftOut, explain
from domain.foreign_text import one_line
from domain.invoice import Invoice, SyncDismissed
from domain.refusals import NotPossible
from domain.streams import connection_id, contact_link_stream, invoice_stream
from domain.under_way import EntryNow, LaneNow
from services.dispatch.kind import DeliveryKind
from services.reasons import reason_of
from services.views.behind_the_gate import causes_behind
from services.views.timeline import status_since

_SHORTEST_TOLD: Final = 2.0
"""Seconds; a shorter wait is over before it is read."""

_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Engine(Protocol):
    """What is needed of the engine."""

    @property
    def store(self) -> EventStore:
        """Events and outbox."""

    @property
    def budget(self) -> Budget:
        """How much of Xero's limits may be used."""

    @property
    def kinds(self) -> Mapping[str, DeliveryKind[Any]]:
        """How each kind of call is made."""

    def answer_words(self, answer_id: UUID, account_id: str) -> str | None:
        """Xero's own words."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One invoice with its history, and the answer to the question."""

    events: tuple[Event, ...]
    invoice: Invoice
    entry: EntryNow | None
    deliveries: tuple[DeliveryRecord, ...]
    explanation: Explanation
    reasons: Mapping[UUID, str]
    """What people gave as reasons, by where it is kept."""


class Question:
    """Answers for any invoice, always as of now."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def explain(self, invoice: Invoice) -> Explanation:
        """The answer alone, for the invoice as it is now."""
        answer = self.ask(invoice.account_id, invoice.kyrios_invoice_id)
        if answer is None:
            raise NotPossible(f"account {invoice.account_id} has no invoice {invoice.kyrios_invoice_id}")
        return answer.explanation

    def ask(self, account_id: str, kyrios_invoice_id: str) -> Answer | None:
        """Everything about one invoice; None if it does not exist."""
        stream, lane = invoice_stream(account_id, kyrios_invoice_id), connection_id(account_id)
        with self._engine.store.begin() as transaction:
            transaction.cursor.execute(_ONE_MOMENT)
            events = transaction.load([stream], _listed).get(stream)
            if not events:
                return None
            connection = transaction.load([lane], connections.evolve).get(lane)
            now = _now(transaction.cursor)
            entry = _entries(transaction.cursor, [stream], now).get(stream)
            paused = _lane(transaction.cursor, lane, now, self._engine.budget)
            deliveries = delivery_records.of_stream(transaction.cursor, stream, events)
            invoice = _folded(events)
            answer_ref = _answer_refs(transaction, {stream: invoice})[stream]
            live = {stream: entry} if entry is not None else {}
            besides = self._besides(transaction, connection, live, paused)
        reasons = self._reasons(events, account_id)
        explanation = explain(
            invoice,
            connection,
            entry,
            paused,
            since=status_since(events),
            xero_said=self._said(answer_ref, account_id),
            left_out=_left_out(events, reasons) if invoice.status == "dismissed" else None,
            besides=besides.get(stream, ()),
        )
        return Answer(
            events=tuple(events),
            invoice=invoice,
            entry=entry,
            deliveries=deliveries,
            explanation=explanation,
            reasons=reasons,
        )

    def explain_all(self, account_id: str, kyrios_invoice_ids: Sequence[str]) -> dict[str, Explanation]:
        """The answers for these invoices of an account, by their Kyrios ids, all as of one moment."""
        streams = {invoice_stream(account_id, one): one for one in kyrios_invoice_ids}
        lane = connection_id(account_id)
        with self._engine.store.begin() as transaction:
            transaction.cursor.execute(_ONE_MOMENT)
            histories = transaction.load([*streams], _listed)
            known = {stream: _folded(events) for stream, events in histories.items()}
            connection = transaction.load([lane], connections.evolve).get(lane)
            now = _now(transaction.cursor)
            entries = _entries(transaction.cursor, [*known], now)
            paused = _lane(transaction.cursor, lane, now, self._engine.budget)
            answer_refs = _answer_refs(transaction, known)
            besides = self._besides(transaction, connection, entries, paused)
        return {
            streams[stream]: explain(
                invoice,
                connection,
                entries.get(stream),
                paused,
                since=status_since(histories[stream]),
                xero_said=self._said(answer_refs[stream], account_id),
                left_out=self._left_out(histories[stream], invoice),
                besides=besides.get(stream, ()),
            )
            for stream, invoice in known.items()
        }

    def xero_said(self, account_id: str, kyrios_invoice_ids: Sequence[str]) -> dict[str, str]:
        """Xero's own words about these invoices, by their Kyrios ids, as far as there are any."""
        streams = {invoice_stream(account_id, one): one for one in kyrios_invoice_ids}
        with self._engine.store.begin() as transaction:
            answer_refs = _answer_refs(transaction, transaction.load([*streams], invoices.evolve))
        said = {streams[stream]: self._said(ref, account_id) for stream, ref in answer_refs.items()}
        return {one: one_line(words, LONGEST_ANSWER) for one, words in said.items() if words}

    def _besides(
        self, tx: Transaction, connection: Connection | None, entries: Mapping[UUID, EntryNow], lane: LaneNow | None
    ) -> Mapping[UUID, tuple[Cause, ...]]:
        return {} if lane and lane.in_copy else causes_behind(tx, self._engine.kinds, connection, entries)

    def _left_out(self, events: Sequence[Event], invoice: Invoice) -> LeftOut | None:
        if invoice.status != "dismissed":
            return None
        return _left_out(events, self._reasons(events, invoice.account_id))

    def _said(self, answer_ref: UUID | None, account_id: str) -> str | None:
        return self._engine.answer_words(answer_ref, account_id) if answer_ref else None

    def _reasons(self, events: Iterable[Event], account_id: str) -> dict[UUID, str]:
        refs = map(reason_of, events)
        said = {ref: self._said(ref, account_id) for ref in refs if ref is not None}
        return {ref: words for ref, words in said.items() if words is not None}


def _left_out(events: Iterable[Event], reasons: Mapping[UUID, str]) -> LeftOut:
    last = [event for event in events if isinstance(event, SyncDismissed)][-1]
    return LeftOut(by=last.actor, reason=reasons.get(last.reason_ref) if last.reason_ref else None)


def _answer_refs(transaction: Transaction, known: Mapping[UUID, Invoice]) -> dict[UUID, UUID | None]:
    """Where Xero's words about each invoice are kept; about its contact, if it waits because Xero refused that."""
    contacts = {stream: _contacts(invoice) for stream, invoice in known.items()}
    asked = [*{contact for of_one in contacts.values() for contact in of_one}]
    links = transaction.load(asked, contact_link.evolve) if asked else {}
    refused = {stream: link.answer_ref for stream, link in links.items() if link.refused_for}
    return {
        stream: next((refused[one] for one in contacts[stream] if refused.get(one)), None) or invoice.answer_ref
        for stream, invoice in known.items()
    }


def _contacts(invoice: Invoice) -> list[UUID]:
    """The links of the contacts an invoice waits for."""
    waits = invoice.causes if invoice.status == "blocked" else ()
    return [contact_link_stream(invoice.account_id, cause.key) for cause in waits if cause.code in CONTACT_CODES]


def _listed(known: list[Event] | None, event: Event) -> list[Event]:
    events = [] if known is None else known
    events.append(event)
    return events


def _folded(events: list[Event]) -> Invoice:
    state: Invoice | None = None
    for event in events:
        state = invoices.evolve(state, event)
    assert state is not None
    return state


def _now(cursor: Cursor[dict[str, Any]]) -> datetime:
    row = cursor.execute("SELECT app.now() AS now").fetchone()
    assert row is not None
    now: datetime = row["now"]
    return now


def _entries(cursor: Cursor[dict[str, Any]], streams: Sequence[UUID], now: datetime) -> dict[UUID, EntryNow]:
    return {stream: _entry(row, now) for stream, row in outbox.live_of_streams(cursor, streams).items()}


def _entry(row: dict[str, Any], now: datetime) -> EntryNow:
    searched_until = row["lease_until"] if row["state"] == "AMBIGUOUS" else None
    due = max(row["due_at"], searched_until or row["due_at"])
    left = max(0.0, (due - now).total_seconds())
    return EntryNow(
        kind=row["kind"],
        state=row["state"],
        attempts=row["attempts"],
        due_in=left,
        asked=row["asked"],
        former_books=row["former_books"],
    )


def _lane(cursor: Cursor[dict[str, Any]], lane: UUID, now: datetime, budget: Budget) -> LaneNow | None:
    row = lanes.read(cursor, lane)
    if row is None:
        return LaneNow(in_copy=True) if recorded_events.is_copy(cursor) else None
    together = whole_app.read(cursor)
    waits = lane_calls.waits_for(row, together, now, budget)
    if waits is None or waits[1] < _SHORTEST_TOLD:
        return None
    cause, left = waits
    kept = cause == RATE_LIMITED_DAILY and lane_calls.waits_for(row, together, now, budget, "asked_to_send") is None
    return LaneNow(paused_for=cause, paused_until=now + timedelta(seconds=left), paused_in=left, only_for_asked=kept)
