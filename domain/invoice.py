"""Invoice: one issued Kyrios invoice on its way into Xero. Decisions; its events and state beside it.

Causes of the whole connection are never written here; they are the gate's. Refusals by Xero are facts (SyncFailed).
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from domain.cause_words import in_words
from domain.causes import UNSAID, Cause, heard_of, is_unfound, who_acts
from domain.document import InvoiceDocument, Payment, Totals
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
from domain.invoice_state import EVENTS, Invoice, Revision, Status, decision_on, evolve, seek
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
    "reconsider",
    "release",
    "retry",
    "synced",
]

# ── decisions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def queue(
    state: Invoice | None,
    account_id: str,
    kyrios_invoice_id: str,
    document: InvoiceDocument,
    text_hash: str,
    organisation_id: str | None,
    at: Moment,
    *,
    revision: int = 1,
) -> list[Event]:
    """Take on an issued invoice. The same invoice again is no news; the same id with other content is refused.

    `revision` is what Kyrios counts; the first one we hear of need not be the first.
    """
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
        revision=revision,
    )
    return decision.events


def block(state: Invoice, causes: Sequence[Cause], organisation_id: str | None, at: Moment) -> list[Event]:
    """Preflight found causes of this invoice: it waits until they are gone.

    Only what is about to be sent can be blocked: an invoice that is being looked up, or is done with, is left alone.
    One that is in Xero stays there; it is its change that waits.
    """
    found, changing = tuple(causes), state.xero_invoice_id and state.live and state.unknown_delivery is None
    if not found or not (changing or state.status in ("queued", "blocked")):
        return []
    if state.status == "blocked" and state.causes == found:
        return []
    return _one(state, at, InvoiceBlocked, organisation_id, causes=found, revision=state.revision)


def reconsider(state: Invoice, causes: Sequence[Cause], organisation_id: str | None, at: Moment) -> list[Event]:
    """An invoice that waits was looked at and waits on: say what for now, if that is not what was said before.

    What Xero itself named is left alone: looking does not show it.
    """
    found = tuple(causes)
    if not found or not state.waits or state.told_at is not None or _same(found, state.causes):
        return []
    known = heard_of(found, state.causes)
    return _one(state, at, InvoiceBlocked, organisation_id, causes=found, revision=state.revision, known=known)


def _same(causes: Sequence[Cause], others: Sequence[Cause]) -> bool:
    return len(causes) == len(others) and all(cause in others for cause in causes)


def release(
    state: Invoice, code: str, key: str, at: Moment, *, organisation_id: str | None = None, fixed: bool = False
) -> list[Event]:
    """The cause `code` with `key` is gone: queue the invoice again. One that does not wait for it is left alone.

    `fixed` says that it was looked at and nothing is to be overlooked; without it, a release from the start of syncing
    lets the invoice go although it is dated before it.
    """
    if not state.waits or not any((c.code, c.key) == (code, key) for c in state.causes):
        return []
    cause = Cause(code, key=key)
    return _one(state, at, InvoiceReleased, organisation_id, cause=cause, opens=state.next_kind, fixed=fixed)


def outcome_unknown(
    state: Invoice,
    delivery_id: UUID,
    at: Moment,
    *,
    organisation_id: str | None = None,
    kind: EntryKind = "create_invoice",
) -> list[Event]:
    """A delivery of this invoice, or of a change to it, ended without a clear answer."""
    if kind not in state.live or state.unknown_delivery == delivery_id:
        return []
    return _one(state, at, OutcomeUnknown, organisation_id, delivery_id=delivery_id, kind=kind)


def outcome_absent(state: Invoice, delivery_id: UUID, at: Moment, *, organisation_id: str | None = None) -> list[Event]:
    """Xero was searched after an unknown outcome and does not hold the invoice or its change: it may be sent again.

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
    payments: Sequence[Payment] = (),
    payment_account_id: str | None = None,
    revision: int | None = None,
) -> list[Event]:
    """Xero holds the invoice as of `revision` (the present one unless said), and these payments are to follow.

    If Kyrios has revised or voided it since, Xero is told of that next; payments follow only what was created, and not
    if it was voided (the article: payment status at the time of sync). Totals that differ raise a review, and reviews
    of an earlier revision are settled.
    """
    known = state.xero_invoice_id is not None
    if known and "update_invoice" not in state.live:
        return []
    decision, sent = decision_on(state, at), state.as_of(state.revision if revision is None else revision)
    opens = _next_after(state, sent)
    frozen = () if known or opens == "void_invoice" else tuple(payments)
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
        revision=sent.number,
        adopted=adopted,
        payments=frozen,
        payment_account_id=payment_account_id if frozen else None,
        opens=opens,
    )
    for review in (*state.refused, *(r for r in state.reviews if r.code == "total_differs_in_xero")):
        decision.add(ReviewCleared, organisation_id=organisation_id, cause=Cause(review.code, key=review.key))
    if totals != sent.document.totals:
        review = Cause("total_differs_in_xero", facts={"difference": _difference(sent.document, totals)})
        decision.add(ReviewRaised, organisation_id=organisation_id, cause=review)
    return decision.events


def _next_after(state: Invoice, sent: Revision) -> EntryKind | None:
    """What Xero is to be told after it took `sent`."""
    if state.status == "voided":
        return "void_invoice"
    newest = state.as_of(state.revision)
    return "update_invoice" if newest.number > sent.number and not newest.same_in_xero(sent) else None


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
    revision: int | None = None,
) -> list[Event]:
    """Xero refused the invoice as of `revision`, what it holds is not ours, or retries ended.

    An unknown outcome fails only after Xero was searched: the number is another invoice's, or it was not there and we
    do not try again. The search is recorded first. A newer revision goes at once: it was not refused. If no search ever
    told (`is_unfound`), nothing goes before a person asks.
    """
    if "create_invoice" not in state.live:
        return []
    unfound = is_unfound(cause)
    newer = state.status != "voided" and revision is not None and state.revision > revision and not unfound
    decision = decision_on(state, at)
    organisation = organisation_id or state.organisation_id
    if state.unknown_delivery is not None and not unfound:
        taken = cause.code == "duplicate_number_in_xero"
        decision.add(
            OutcomeResolved,
            organisation_id=organisation,
            delivery_id=state.unknown_delivery,
            found=taken,
            another="invoice" if taken else "",
        )
    decision.add(
        SyncFailed,
        organisation_id=organisation,
        cause=cause,
        attempts=attempts,
        kind="create_invoice",
        delivery_id=delivery_id,
        answer_ref=answer_ref,
        opens="create_invoice" if newer else None,
    )
    return decision.events


def retry(state: Invoice, at: Moment, *, organisation_id: str | None = None, held: Sequence[Cause] = ()) -> list[Event]:
    """A person asks for another try of an invoice that failed or is blocked, or of a change of it. On its way: no news.

    What a refused change left for review is settled by trying it again. Behind a gate that is closed for `held`,
    nothing is tried: what is blocked waits on for what is known to be in its way.
    """
    if state.live:
        return []
    if held and state.waits and who_acts(state.causes):
        raise NotPossible(
            f"invoice {state.kyrios_invoice_id} waits on, as nothing can be tried now: {_said(held)} {RETRY_THEN} "
            f"It waits for this, too: {_said(state.causes)}"
        )
    may_be = state.status in ("failed", "blocked") or state.change_is_stuck or state.lacks_a_change or state.unfound
    if not may_be:
        raise NotPossible(f"invoice {state.kyrios_invoice_id} is {_NOT_RETRIED[state.status]}")
    # What is in Xero already stays with the books it is in, whichever the account is connected to now.
    decision = decision_on(state, at)
    organisation = state.synced_in or state.unfound_in or organisation_id or state.organisation_id
    for review in state.refused:
        decision.add(ReviewCleared, organisation_id=organisation, cause=Cause(review.code, key=review.key))
    opens: EntryKind = "create_invoice" if state.unfound else state.next_kind
    decision.add(RetryRequested, organisation_id=organisation, opens=opens, searches=state.unfound)
    seek(decision, state)
    return decision.events


RETRY_THEN: Final = "Once that is fixed, press Retry."


def _said(causes: Sequence[Cause]) -> str:
    return " ".join(dict.fromkeys(cause.words for cause in in_words(causes, UNSAID)))


_NOT_RETRIED: Final[dict[Status, str]] = {
    "synced": "synced; there is nothing to retry",
    "dismissed": "left out; bring it back instead",
    "voided": "voided; there is nothing to retry",
    "queued": "queued, but nothing carries it; support runs verify",
    "checking": "being looked up in Xero; there is nothing to retry",
}


def _one(
    state: Invoice, at: Moment, event_type: type[Event], organisation_id: str | None = None, **facts: object
) -> list[Event]:
    decision = decision_on(state, at)
    decision.add(event_type, organisation_id=organisation_id or state.organisation_id, **facts)
    return decision.events
