"""The history of one invoice in words: one line per event, as people read it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from domain import invoice as invoices
from domain.causes import Cause, words
from domain.event import Event
from domain.invoice import (
    DismissalUndone,
    Invoice,
    InvoiceBlocked,
    InvoiceQueued,
    InvoiceReleased,
    InvoiceRevised,
    InvoiceSynced,
    InvoiceVoided,
    OutcomeResolved,
    OutcomeUnknown,
    PaymentSynced,
    RetryRequested,
    ReviewCleared,
    ReviewRaised,
    SyncDismissed,
    SyncFailed,
    VoidSynced,
)
from domain.money import Money


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One event: when (UTC), who caused it, its type, and what it says."""

    at: datetime
    actor: str
    event: str
    says: str


def timeline(events: Iterable[Event]) -> tuple[Step, ...]:
    """Every event of an invoice's stream, in order."""
    return tuple(
        Step(at=event.occurred_at, actor=str(event.actor), event=type(event).__name__, says=in_words(event))
        for event in events
    )


def status_since(events: Iterable[Event]) -> datetime | None:
    """When the invoice got the status it has."""
    state: Invoice | None = None
    since: datetime | None = None
    for event in events:
        before, state = state, invoices.evolve(state, event)
        if before is None or before.status != state.status:
            since = event.occurred_at
    return since


def in_words(event: Event) -> str:
    """What an event of an invoice says."""
    match event:
        case InvoiceQueued():
            return f"Taken on: {event.document.number} of {event.document.date}, {_money(event)}."
        case InvoiceRevised():
            return f"Changed in Kyrios: revision {event.revision}, {_money(event)}."
        case InvoiceBlocked():
            return f"Waits: {_all(event.causes)}"
        case InvoiceReleased():
            return f"Goes on: what it waited for is there ({_named(event.cause)})."
        case OutcomeUnknown():
            return "Xero gave no clear answer; nothing is sent again before Xero was searched."
        case OutcomeResolved():
            return "Searched in Xero: it was there." if event.found else "Searched in Xero: it was not there."
        case InvoiceSynced():
            how = "Found in Xero and adopted" if event.adopted else "Accepted by Xero"
            return f"{how} as {event.xero_invoice_id}, total {event.totals.total}."
        case PaymentSynced():
            return f"A payment of {event.payment.amount} is in Xero as {event.xero_payment_id}."
        case SyncFailed():
            return f"Did not go (attempts: {event.attempts}): {words(event.cause)}"
    return _decided(event)


def _decided(event: Event) -> str:
    match event:
        case RetryRequested():
            return "Another try was asked for."
        case SyncDismissed():
            return "Left out by a person."
        case DismissalUndone():
            return "Brought back by a person."
        case ReviewRaised():
            return f"In Xero, but to be looked at: {words(event.cause)}"
        case ReviewCleared():
            return f"Looked at and settled ({_named(event.cause)})."
        case InvoiceVoided():
            return "Cancelled in Kyrios."
        case VoidSynced():
            return "Cancelled in Xero too."
    return type(event).__name__


def _money(event: InvoiceQueued | InvoiceRevised) -> Money:
    return Money(event.document.totals.total, event.document.currency)


def _named(cause: Cause) -> str:
    return f"{cause.code}, {cause.key}" if cause.key else cause.code


def _all(causes: Iterable[Cause]) -> str:
    return " ".join(words(cause) for cause in causes)
