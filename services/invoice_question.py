"""The question people ask of one invoice: why is it not in Xero, who must act, what happens next?

Gathers what the answer needs, all as of one moment: the invoice and its connection as folds, the live entry, the lane,
the deliveries, and Xero's sealed words.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from psycopg import Cursor

from adapters.event_store import delivery_records, lane_calls, lanes, outbox, whole_app
from adapters.event_store.delivery_records import DeliveryRecord
from adapters.event_store.store import EventStore, Transaction
from domain import connection as connections
from domain import contact_link
from domain import invoice as invoices
from domain.budget import Budget
from domain.contact_matching import CONTACT_CODES
from domain.event import Event
from domain.explain import Explanation, LeftOut, explain
from domain.invoice import DismissalUndone, Invoice, ReviewCleared, SyncDismissed
from domain.refusals import NotPossible
from domain.streams import connection_id, contact_link_stream, invoice_stream
from domain.under_way import EntryNow, LaneNow
from services.timeline import status_since

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
            entry = _entry(transaction.cursor, stream, now)
            paused = _lane(transaction.cursor, lane, now, self._engine.budget)
            deliveries = delivery_records.of_stream(transaction.cursor, stream, events)
            invoice = _folded(events)
            answer_ref = _refusal_of_contact(transaction, invoice) or invoice.answer_ref
        reasons = self._reasons(events, account_id)
        explanation = explain(
            invoice,
            connection,
            entry,
            paused,
            since=status_since(events),
            xero_said=self._said(answer_ref, account_id),
            left_out=_left_out(events, reasons) if invoice.status == "dismissed" else None,
        )
        return Answer(
            events=tuple(events),
            invoice=invoice,
            entry=entry,
            deliveries=deliveries,
            explanation=explanation,
            reasons=reasons,
        )

    def _said(self, answer_ref: UUID | None, account_id: str) -> str | None:
        return self._engine.answer_words(answer_ref, account_id) if answer_ref else None

    def _reasons(self, events: Iterable[Event], account_id: str) -> dict[UUID, str]:
        refs = [e.reason_ref for e in events if isinstance(e, SyncDismissed | DismissalUndone | ReviewCleared)]
        said = {ref: self._said(ref, account_id) for ref in refs if ref is not None}
        return {ref: words for ref, words in said.items() if words is not None}


def _left_out(events: Iterable[Event], reasons: Mapping[UUID, str]) -> LeftOut:
    last = [event for event in events if isinstance(event, SyncDismissed)][-1]
    return LeftOut(by=last.actor, reason=reasons.get(last.reason_ref) if last.reason_ref else None)


def _refusal_of_contact(transaction: Transaction, invoice: Invoice) -> UUID | None:
    """Where Xero's words are kept, if the invoice waits because Xero refused its contact."""
    keys = [cause.key for cause in invoice.causes if cause.code in CONTACT_CODES]
    streams = [contact_link_stream(invoice.account_id, key) for key in keys] if invoice.status == "blocked" else []
    links = transaction.load(streams, contact_link.evolve) if streams else {}
    return next((link.answer_ref for link in links.values() if link.refused_for), None)


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


def _entry(cursor: Cursor[dict[str, Any]], stream: UUID, now: datetime) -> EntryNow | None:
    row = outbox.live_of_streams(cursor, [stream]).get(stream)
    if row is None:
        return None
    searched_until = row["lease_until"] if row["state"] == "AMBIGUOUS" else None
    due = max(row["due_at"], searched_until or row["due_at"])
    left = max(0.0, (due - now).total_seconds())
    return EntryNow(
        kind=row["kind"],
        state=row["state"],
        attempts=row["attempts"],
        due_in=left,
        former_books=row["former_books"],
    )


def _lane(cursor: Cursor[dict[str, Any]], lane: UUID, now: datetime, budget: Budget) -> LaneNow | None:
    row = lanes.read(cursor, lane)
    waits = lane_calls.waits_for(row, whole_app.read(cursor), now, budget) if row is not None else None
    if waits is None or waits[1] < _SHORTEST_TOLD:
        return None
    cause, left = waits
    return LaneNow(paused_for=cause, paused_until=now + timedelta(seconds=left), paused_in=left)
