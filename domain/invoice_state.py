"""Invoice: what is known of one issued Kyrios invoice on its way into Xero. State and evolve."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from domain.causes import Cause, is_unfound
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
from domain.invoice_payment import InvoicePayment, given_up, left_out, opened, payment_in, settled
from domain.streams import invoice_stream

GAVE_UP: Final = "retries_exhausted"
"""The cause of a change that was tried too often: Xero said nothing of it, so there is nothing to review."""

Status = Literal["queued", "blocked", "checking", "synced", "failed", "dismissed", "voided"]


class Revision(msgspec.Struct, frozen=True):
    """One state of the invoice's content: its number, counted by Kyrios, the document, and its text's HMAC."""

    number: int
    document: InvoiceDocument
    text_hash: str

    def same_in_xero(self, other: "Revision") -> bool:
        """Whether both are the same invoice to Xero: its payments are none of its content."""
        mine, others = (msgspec.structs.replace(one.document, payments=()) for one in (self, other))
        return (mine, self.text_hash) == (others, other.text_hash)


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one invoice.

    `live` are the entries to create, update or void it that have not ended, `earlier` its revisions before the present
    one, `synced_in` the organisation whose books it is in, `refused` the reviews that a refused update or void left,
    `void_done` whether Xero has voided it, too, `told` the codes of causes Xero named itself since anybody last did
    something about the invoice, `told_at` when it last did. `unfound` is the delivery of which no search ever told
    whether it arrived, so that the next thing asked of Xero is that; `unfound_in` in whose books.
    """

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
    payments: tuple[InvoicePayment, ...] = ()
    waived: tuple[str, ...] = ()
    live: tuple[EntryKind, ...] = ()
    earlier: tuple[Revision, ...] = ()
    synced_in: str | None = None
    refused: tuple[Cause, ...] = ()
    void_done: bool = False
    told: tuple[str, ...] = ()
    told_at: datetime | None = None
    unfound: UUID | None = None
    unfound_in: str | None = None

    @property
    def settled_status(self) -> Status:
        """The status the invoice falls back to: voided for ever, synced once Xero holds it, else queued."""
        return self.standing_or("queued")

    @property
    def waits(self) -> bool:
        """Whether something of it waits for its causes to go: the invoice itself, or a later change of it."""
        gave_up = any(cause.code == GAVE_UP for cause in self.causes)
        return self.status == "blocked" or (self.change_is_stuck and bool(self.causes) and not gave_up)

    @property
    def change_is_stuck(self) -> bool:
        """Whether a change of an invoice that is in Xero waits, was refused, or was given up."""
        return self.xero_invoice_id is not None and not self.live and bool(self.causes or self.refused)

    @property
    def lacks_a_change(self) -> bool:
        """Whether Xero holds an earlier revision, or does not know that it is voided, and nothing is on its way."""
        if self.xero_invoice_id is None or self.live or any(one.standing == "due" for one in self.payments):
            return False
        if self.status == "voided":
            return not self.void_done
        return not self.as_of(self.revision).same_in_xero(self.as_of(self.synced_revision))

    @property
    def next_kind(self) -> EntryKind:
        """What Xero is to be asked next, if anything."""
        if self.xero_invoice_id is None:
            return "create_invoice"
        return "void_invoice" if self.status == "voided" else "update_invoice"

    def standing_or(self, otherwise: Status) -> Status:
        """Where it stands whatever becomes of a delivery; `otherwise` if that decides."""
        if self.status == "voided":
            return "voided"
        return "synced" if self.xero_invoice_id else otherwise

    def as_of(self, revision: int) -> Revision:
        """One of its revisions; the present one if there is none of that number."""
        present = Revision(self.revision, self.document, self.text_hash)
        return next((one for one in self.earlier if one.number == revision), present)


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
        live=("create_invoice",),
    )


def decision_on(state: Invoice, at: Moment) -> Decision[Invoice]:
    """A decision about an invoice that is known."""
    stream = invoice_stream(state.account_id, state.kyrios_invoice_id)
    return Decision(stream, state.account_id, state, state.version, evolve, at)


def seek(decision: Decision[Invoice], state: Invoice) -> None:
    """Nobody knows whether what was sent of the invoice arrived: that is searched for, before anything is sent."""
    if state.unfound is not None:
        decision.add(OutcomeUnknown, organisation_id=state.unfound_in, delivery_id=state.unfound, kind="create_invoice")


def _revised(state: Invoice, event: InvoiceRevised) -> dict[str, object]:
    kept = state.status in ("checking", "dismissed")
    return {
        "document": event.document,
        "text_hash": event.text_hash,
        "revision": event.revision,
        "status": state.status if kept else state.settled_status,
        "causes": (),
        "earlier": (*state.earlier, state.as_of(state.revision)),
        "live": _opened(state, event.opens),
        "told": (),
    }


def _blocked(state: Invoice, event: InvoiceBlocked) -> dict[str, object]:
    by_xero = [cause.code for cause in event.causes] if event.told else []
    return {
        "status": state.standing_or("blocked"),
        "causes": event.causes,
        "answer_ref": event.answer_ref or state.answer_ref,
        "live": (),
        "told": (*state.told, *by_xero),
        "told_at": event.occurred_at if event.told else None,
    }


def _synced(state: Invoice, event: InvoiceSynced) -> dict[str, object]:
    return {
        "status": "voided" if state.status == "voided" else "synced",
        "causes": (),
        "xero_invoice_id": event.xero_invoice_id,
        "synced_in": event.organisation_id,
        "synced_revision": event.revision,
        "synced_totals": event.totals,
        "unknown_delivery": None,
        "payments": opened(state.payments, event.payments, event.payment_account_id),
        "earlier": tuple(one for one in state.earlier if one.number >= event.revision),
        "live": _opened(state, event.opens, "create_invoice", "update_invoice"),
    }


def _failed(state: Invoice, event: SyncFailed) -> dict[str, object]:
    sent = event.delivery_id if is_unfound(event.cause) else None
    return {
        "unfound": sent,
        "unfound_in": event.organisation_id if sent else None,
        "status": state.settled_status if event.opens else state.standing_or("failed"),
        "causes": () if event.opens else (event.cause,),
        "answer_ref": event.answer_ref,
        "unknown_delivery": None,
        "live": _opened(state, event.opens, event.kind),
    }


def _reviewed(state: Invoice, event: ReviewRaised) -> dict[str, object]:
    changing, payment = event.closes in ("update_invoice", "void_invoice"), payment_in(event.cause)
    return {
        "reviews": (*(r for r in state.reviews if not r.same_matter(event.cause)), event.cause),
        "answer_ref": event.answer_ref or state.answer_ref,
        "unknown_delivery": None if changing or payment else state.unknown_delivery,
        "payments": settled(state.payments, payment, "refused", state.unknown_delivery),
        "refused": (*state.refused, event.cause) if changing else state.refused,
        "live": _opened(state, event.opens, event.closes),
    }


def _cleared(state: Invoice, event: ReviewCleared) -> dict[str, object]:
    # A payment that nobody wants to be looked at any more stays as it is in Xero.
    payments = {payment_in(review) for review in state.reviews if review.same_matter(event.cause)}
    return {
        "payments": given_up(state.payments, payments),
        "reviews": tuple(r for r in state.reviews if not r.same_matter(event.cause)),
        "refused": tuple(r for r in state.refused if not r.same_matter(event.cause)),
    }


def _voided(state: Invoice, event: InvoiceVoided) -> dict[str, object]:
    live = tuple(kind for kind in state.live if event.awaits.startswith(f"{kind}/"))
    return {
        "status": "voided",
        "causes": (),
        "live": (*live, event.opens) if event.opens else live,
        "payments": left_out(state.payments, awaited=event.awaits),
    }


def _opened(state: Invoice, opens: EntryKind | None, *closes: EntryKind | None) -> tuple[EntryKind, ...]:
    """The live entries after these ended and this one was opened; payments are kept apart."""
    live = tuple(kind for kind in state.live if kind not in closes)
    return (*live, opens) if opens in _CHANGING else live


_CHANGING: Final = ("create_invoice", "update_invoice", "void_invoice")


def _released(state: Invoice, event: InvoiceReleased) -> dict[str, object]:
    waived = _waived(state, event)
    if event.opens is None:
        return {"causes": tuple(one for one in state.causes if one.code != event.cause.code), "waived": waived}
    return {"status": state.settled_status, "causes": (), "waived": waived, "live": _opened(state, event.opens)}


def _waived(state: Invoice, event: InvoiceReleased) -> tuple[str, ...]:
    # Released from the start of syncing, an invoice still bears its date; nothing else is waived by a release.
    known, code = state.waived, event.cause.code
    return (*known, code) if code in _WAIVABLE and code not in known and not event.fixed else known


def _retried(state: Invoice, event: RetryRequested) -> dict[str, object]:
    if event.payments:
        return _payments_again(state, event)
    return {"status": state.settled_status, "causes": (), "live": _opened(state, event.opens), "told": ()}


def _payments_again(state: Invoice, asked: RetryRequested) -> dict[str, object]:
    again = {payment.payment_id for payment in asked.payments}
    return {
        "payments": opened(state.payments, asked.payments, asked.payment_account_id),
        "reviews": tuple(review for review in state.reviews if payment_in(review) not in again),
    }


_WAIVABLE: Final = ("before_sync_start",)

_APPLY: Final[dict[type[Event], Callable[..., dict[str, object]]]] = {
    InvoiceRevised: _revised,
    InvoiceBlocked: _blocked,
    InvoiceReleased: _released,
    OutcomeUnknown: lambda s, e: {
        "status": s.standing_or("checking"),
        "unknown_delivery": e.delivery_id,
        "unfound": None,
        "unfound_in": None,
    },
    OutcomeResolved: lambda s, e: {"status": s.settled_status, "unknown_delivery": None},
    InvoiceSynced: _synced,
    PaymentSynced: lambda s, e: {
        "payments": settled(s.payments, e.payment.payment_id, "made"),
        "live": _opened(s, e.opens),
    },
    SyncFailed: _failed,
    RetryRequested: _retried,
    SyncDismissed: lambda s, e: {"status": "dismissed", "live": ()},
    DismissalUndone: lambda s, e: {"status": s.settled_status, "causes": (), "live": _opened(s, e.opens)},
    ReviewRaised: _reviewed,
    ReviewCleared: _cleared,
    InvoiceVoided: _voided,
    VoidSynced: lambda s, e: {"status": "voided", "unknown_delivery": None, "live": (), "void_done": True},
}

EVENTS: Final[tuple[type[Event], ...]] = (InvoiceQueued, *_APPLY)
