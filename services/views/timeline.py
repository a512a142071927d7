"""The history of one invoice in words: one line per event, as people read it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

import msgspec

from domain import invoice as invoices
from domain.cause_words import in_words as causes_in_words
from domain.causes import UNSAID, Cause, is_unfound, words
from domain.document import Payment
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
from domain.invoice_payment import payment_in
from domain.money import Money
from services.reasons import reason_of

NONE_KEPT: Final[Mapping[UUID, str]] = MappingProxyType({})
_NOWHERE: Final = UUID(int=0)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One event: when (UTC), who caused it, its type, and what it says."""

    at: datetime
    actor: str
    event: str
    says: str


def timeline(events: Iterable[Event], reasons: Mapping[UUID, str] = NONE_KEPT) -> tuple[Step, ...]:
    """Every event of an invoice's stream, in order; `reasons` are those people gave, by where they are kept."""
    return tuple(
        Step(
            at=event.occurred_at,
            actor=str(event.actor),
            event=type(event).__name__,
            says=in_words(event, reasons.get(reason_of(event) or _NOWHERE, "")),
        )
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


def in_words(event: Event, reason: str = "") -> str:
    """What an event of an invoice says, with the reason a person gave for it."""
    match event:
        case InvoiceQueued():
            return f"Taken on: {event.document.number} of {event.document.date}, {_money(event)}."
        case InvoiceRevised():
            return f"Changed in Kyrios: revision {event.revision}, {_money(event)}."
        case InvoiceBlocked():
            return f"{'Refused by Xero, and waits' if event.told else 'Waits'}: {_all(event.causes)}"
        case InvoiceReleased(cause=Cause(code="before_sync_start"), fixed=False):
            return "Released by its date, though it is from before the start of syncing."
        case InvoiceReleased():
            return f"Goes on: what it waited for is there ({_named(event.cause)})."
        case OutcomeUnknown():
            what = _SENT.get(event.kind, "Sent")
            return f"{what}, but Xero gave no clear answer; nothing is sent again before Xero was searched."
        case OutcomeResolved():
            return f"Searched in Xero: {_FOUND[event.another] if event.found else 'it was not there'}."
        case InvoiceSynced():
            how = "Found in Xero and adopted" if event.adopted else "Accepted by Xero"
            follow = f" To follow: {_payments(event.payments)}." if event.payments else ""
            return f"{how} as {event.xero_invoice_id}, total {event.totals.total}.{follow}{_NEXT.get(event.opens, '')}"
        case PaymentSynced():
            there = f"A payment of {event.payment.amount} is in Xero as {event.xero_payment_id}."
            return f"{there}{_NEXT.get(event.opens, '')}"
        case SyncFailed():
            what = "Whether it arrived was not found out" if is_unfound(event.cause) else "Did not go"
            return f"{what} (attempts: {event.attempts}): {words(event.cause)}{_NEXT.get(event.opens, '')}"
    return _decided(event, f": {reason.rstrip('.')}" if reason else "")


def _decided(event: Event, reason: str) -> str:
    match event:
        case RetryRequested():
            again = f" of {_payments(event.payments)}" if event.payments else ""
            return f"Another try{again} was asked for."
        case SyncDismissed():
            return f"Left out by a person{reason}."
        case DismissalUndone():
            return f"Brought back by a person{reason}."
        case ReviewRaised():
            return f"{_looked_at(event.cause)}: {words(event.cause)}{_NEXT.get(event.opens, '')}"
        case ReviewCleared():
            how = "Looked at and settled" if event.reason_ref else "Settled by what came after it"
            return f"{how} ({_named(event.cause)}){reason}."
        case InvoiceVoided():
            return _voided(event)
        case VoidSynced():
            return "Cancelled in Xero too."
    return type(event).__name__


def _looked_at(cause: Cause) -> str:
    if payment_in(cause) is None:
        return "Whether a change arrived was not found out" if is_unfound(cause) else "In Xero, but to be looked at"
    payment = f"payment of {cause.facts['amount']}"
    return f"Whether a {payment} arrived was not found out" if is_unfound(cause) else f"A {payment} did not go"


def _voided(event: InvoiceVoided) -> str:
    if event.opens:
        return "Cancelled in Kyrios; Xero is to be told."
    if event.awaits:
        return "Cancelled in Kyrios; what is on its way to Xero is awaited first."
    return "Cancelled in Kyrios; nothing of it is sent any more."


_NEXT: Final[dict[str | None, str]] = {
    "create_invoice": " The newest revision goes instead.",
    "update_invoice": " A newer revision follows.",
    "void_invoice": " Its cancellation follows.",
}
_FOUND: Final = {
    "": "it was there",
    "invoice": "another invoice with this number was there",
    "payment": "something else was there under this payment's reference",
}
_SENT: Final = {
    "create_payment": "A payment was sent",
    "update_invoice": "The change was sent",
    "void_invoice": "The cancellation was sent",
}


def _money(event: InvoiceQueued | InvoiceRevised) -> Money:
    return Money(event.document.totals.total, event.document.currency)


def _payments(payments: Sequence[Payment]) -> str:
    amounts = ", ".join(str(payment.amount) for payment in payments)
    return f"{'a payment' if len(payments) == 1 else 'payments'} of {amounts}"


def _named(cause: Cause) -> str:
    return f"{cause.code}, {cause.key}" if cause.key else cause.code


def _all(causes: Iterable[Cause]) -> str:
    return " ".join(cause.words for cause in causes_in_words(tuple(causes), UNSAID))
