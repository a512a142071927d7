"""Invoice: one issued Kyrios invoice on its way into Xero. State, evolve, decisions; its events beside it.

Causes of the whole connection are never written here; they are the gate's. Refusals by Xero are facts (SyncFailed).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

import msgspec

from domain.causes import Cause
from domain.document import InvoiceDocument, Totals
from domain.event import Decision, Event, Moment
from domain.invoice_events import (
    DismissalUndone,
    EntryKind,
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
from domain.refusals import ContentConflict, NotPossible
from domain.streams import invoice_stream

__all__ = [
    "EVENTS",
    "DismissalUndone",
    "EntryKind",
    "Invoice",
    "InvoiceBlocked",
    "InvoiceQueued",
    "InvoiceReleased",
    "InvoiceRevised",
    "InvoiceSynced",
    "InvoiceVoided",
    "OutcomeResolved",
    "OutcomeUnknown",
    "PaymentSynced",
    "RetryRequested",
    "ReviewCleared",
    "ReviewRaised",
    "Status",
    "SyncDismissed",
    "SyncFailed",
    "VoidSynced",
    "block",
    "evolve",
    "fail",
    "outcome_absent",
    "outcome_unknown",
    "queue",
    "release",
    "retry",
    "synced",
]

Status = Literal["queued", "blocked", "checking", "synced", "failed", "dismissed", "voided"]


# ── state ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one invoice."""

    account_id: str
    kyrios_invoice_id: str
    document: InvoiceDocument
    text_hash: str
    revision: int
    status: Status
    version: int
    queued_at: datetime
    causes: tuple[Cause, ...] = ()
    xero_invoice_id: str | None = None
    synced_revision: int = 0
    synced_totals: Totals | None = None
    unknown_delivery: UUID | None = None
    answer_ref: UUID | None = None
    organisation_id: str | None = None
    reviews: tuple[Cause, ...] = ()
    paid: tuple[Decimal, ...] = ()

    @property
    def settled_status(self) -> Status:
        """The status the invoice falls back to: synced once Xero holds it, else queued."""
        return "synced" if self.xero_invoice_id else "queued"


def evolve(state: Invoice | None, event: Event) -> Invoice:
    """Fold one event. Only assigns; total over every event ever stored in this stream."""
    if isinstance(event, InvoiceQueued):
        return _queued(event)
    assert state is not None, "an invoice's stream begins with InvoiceQueued"
    changes = _APPLY[type(event)](state, event)
    if event.organisation_id:
        changes["organisation_id"] = event.organisation_id
    return msgspec.structs.replace(state, version=event.originator_version, **changes)


def _queued(event: InvoiceQueued) -> Invoice:
    return Invoice(
        account_id=event.account_id,
        kyrios_invoice_id=event.kyrios_invoice_id,
        document=event.document,
        text_hash=event.text_hash,
        revision=event.revision,
        status="queued",
        version=event.originator_version,
        queued_at=event.occurred_at,
        organisation_id=event.organisation_id,
    )


_APPLY: Final[dict[type[Event], Callable[..., dict[str, object]]]] = {
    InvoiceRevised: lambda s, e: {
        "document": e.document,
        "text_hash": e.text_hash,
        "revision": e.revision,
        "status": s.settled_status,
        "causes": (),
    },
    InvoiceBlocked: lambda s, e: {"status": "synced" if s.xero_invoice_id else "blocked", "causes": e.causes},
    InvoiceReleased: lambda s, e: {"status": s.settled_status, "causes": ()},
    OutcomeUnknown: lambda s, e: {
        "status": "synced" if s.xero_invoice_id else "checking",
        "unknown_delivery": e.delivery_id,
    },
    OutcomeResolved: lambda s, e: {"status": s.settled_status, "unknown_delivery": None},
    InvoiceSynced: lambda s, e: {
        "status": "synced",
        "causes": (),
        "xero_invoice_id": e.xero_invoice_id,
        "synced_revision": e.revision,
        "synced_totals": e.totals,
        "unknown_delivery": None,
    },
    PaymentSynced: lambda s, e: {"paid": (*s.paid, e.payment.amount)},
    SyncFailed: lambda s, e: {
        "status": "synced" if s.xero_invoice_id else "failed",
        "causes": (e.cause,),
        "answer_ref": e.answer_ref,
        "unknown_delivery": None,
    },
    RetryRequested: lambda s, e: {"status": s.settled_status, "causes": ()},
    SyncDismissed: lambda s, e: {"status": "dismissed"},
    DismissalUndone: lambda s, e: {"status": s.settled_status},
    ReviewRaised: lambda s, e: {"reviews": (*s.reviews, e.cause)},
    ReviewCleared: lambda s, e: {"reviews": tuple(r for r in s.reviews if not r.same_matter(e.cause))},
    InvoiceVoided: lambda s, e: {"status": "voided"},
    VoidSynced: lambda s, e: {"status": "voided"},
}

EVENTS: Final[tuple[type[Event], ...]] = (InvoiceQueued, *_APPLY)


# ── decisions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def queue(
    state: Invoice | None,
    account_id: str,
    kyrios_invoice_id: str,
    document: InvoiceDocument,
    text_hash: str,
    organisation_id: str | None,
    at: Moment,
) -> list[Event]:
    """Take on an issued invoice. The same invoice again is no news; the same id with other content is refused."""
    if state is not None:
        if (state.document, state.text_hash) == (document, text_hash):
            return []
        raise ContentConflict(
            f"invoice {kyrios_invoice_id} was accepted before with other content; "
            "a change to an accepted invoice must be sent as a revision"
        )
    decision = Decision(invoice_stream(account_id, kyrios_invoice_id), account_id, state, 0, evolve, at)
    decision.add(
        InvoiceQueued,
        organisation_id=organisation_id,
        kyrios_invoice_id=kyrios_invoice_id,
        document=document,
        text_hash=text_hash,
    )
    return decision.events


def block(state: Invoice, causes: Sequence[Cause], organisation_id: str | None, at: Moment) -> list[Event]:
    """Preflight found causes of this invoice: it waits until they are gone.

    Only what is about to be sent can be blocked: an invoice that is being looked up, or is done with, is left alone.
    """
    found = tuple(causes)
    if not found or state.status not in ("queued", "blocked"):
        return []
    if state.status == "blocked" and state.causes == found:
        return []
    return _one(state, at, InvoiceBlocked, organisation_id, causes=found, revision=state.revision)


def release(state: Invoice, code: str, key: str, at: Moment, *, organisation_id: str | None = None) -> list[Event]:
    """The cause `code` with `key` is gone: queue the invoice again. One that does not wait for it is left alone."""
    if state.status != "blocked" or not any((c.code, c.key) == (code, key) for c in state.causes):
        return []
    return _one(state, at, InvoiceReleased, organisation_id, cause=Cause(code, key=key), opens="create_invoice")


def outcome_unknown(
    state: Invoice, delivery_id: UUID, at: Moment, *, organisation_id: str | None = None
) -> list[Event]:
    """A delivery of this invoice ended without a clear answer."""
    if state.status == "synced" or state.unknown_delivery == delivery_id:
        return []
    return _one(state, at, OutcomeUnknown, organisation_id, delivery_id=delivery_id, kind="create_invoice")


def outcome_absent(state: Invoice, delivery_id: UUID, at: Moment, *, organisation_id: str | None = None) -> list[Event]:
    """Xero was searched after an unknown outcome and does not hold the invoice: it may be sent again.

    `delivery_id` is the delivery whose outcome was unknown. What a search says of an earlier one is no longer news.
    """
    if state.unknown_delivery is None or state.unknown_delivery != delivery_id:
        return []
    return _one(state, at, OutcomeResolved, organisation_id, delivery_id=delivery_id, found=False)


def synced(
    state: Invoice,
    *,
    organisation_id: str,
    xero_invoice_id: str,
    totals: Totals,
    fragment_hash: str,
    mapping_versions: dict[str, int],
    delivery_id: UUID,
    adopted: bool,
    at: Moment,
) -> list[Event]:
    """Xero holds the invoice. Totals that differ from Kyrios's are recorded and raise a review."""
    if state.status == "synced":
        return []
    decision = _decide(state, at)
    if state.unknown_delivery is not None:
        decision.add(OutcomeResolved, organisation_id=organisation_id, delivery_id=state.unknown_delivery, found=True)
    decision.add(
        InvoiceSynced,
        organisation_id=organisation_id,
        xero_invoice_id=xero_invoice_id,
        totals=totals,
        fragment_hash=fragment_hash,
        mapping_versions=mapping_versions,
        delivery_id=delivery_id,
        revision=state.revision,
        adopted=adopted,
    )
    if totals != state.document.totals:
        review = Cause("total_differs_in_xero", facts={"difference": _difference(state.document, totals)})
        decision.add(ReviewRaised, organisation_id=organisation_id, cause=review)
    return decision.events


def _difference(document: InvoiceDocument, answered: Totals) -> str:
    if total := answered.total - document.totals.total:
        return f"{document.currency} {total}"
    return f"{document.currency} {answered.total_tax - document.totals.total_tax} of tax"


def fail(
    state: Invoice,
    cause: Cause,
    *,
    attempts: int,
    delivery_id: UUID | None,
    answer_ref: UUID | None,
    at: Moment,
    organisation_id: str | None = None,
) -> list[Event]:
    """Xero refused the invoice, what it holds is not ours, or retries ended.

    An unknown outcome fails only after Xero was searched: the number is another invoice's, or it was not there and we
    do not try again. The search is recorded first.
    """
    if state.status in ("synced", "failed"):
        return []
    decision = _decide(state, at)
    organisation = organisation_id or state.organisation_id
    if state.unknown_delivery is not None:
        found = cause.code == "duplicate_number_in_xero"
        decision.add(OutcomeResolved, organisation_id=organisation, delivery_id=state.unknown_delivery, found=found)
    decision.add(
        SyncFailed,
        organisation_id=organisation,
        cause=cause,
        attempts=attempts,
        kind="create_invoice",
        delivery_id=delivery_id,
        answer_ref=answer_ref,
    )
    return decision.events


def retry(state: Invoice, at: Moment, *, organisation_id: str | None = None) -> list[Event]:
    """A person asks for another try of a failed or blocked invoice. Already queued: nothing new."""
    if state.status in ("queued", "checking"):
        return []
    if state.status not in ("failed", "blocked"):
        raise NotPossible(f"invoice {state.kyrios_invoice_id} is {state.status}; there is nothing to retry")
    return _one(state, at, RetryRequested, organisation_id, opens="create_invoice")


def _decide(state: Invoice, at: Moment) -> Decision[Invoice]:
    stream = invoice_stream(state.account_id, state.kyrios_invoice_id)
    return Decision(stream, state.account_id, state, state.version, evolve, at)


def _one(
    state: Invoice, at: Moment, event_type: type[Event], organisation_id: str | None = None, **facts: object
) -> list[Event]:
    decision = _decide(state, at)
    decision.add(event_type, organisation_id=organisation_id or state.organisation_id, **facts)
    return decision.events
