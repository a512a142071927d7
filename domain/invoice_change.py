"""Decisions about changes of an invoice that was taken on: Kyrios revises or voids it; what becomes of that in Xero.

An entry to create or update carries the newest revision whenever it is rendered, so a revision opens an entry only
where none is live. What was on the wire meanwhile is known by its revision: its outcome opens what is still needed.
What Xero refuses of a change is a review, never a failure of an invoice it holds.
"""

from uuid import UUID

from domain.causes import Cause, is_unfound
from domain.document import InvoiceDocument
from domain.event import Decision, Event, Moment
from domain.invoice_events import (
    EntryKind,
    InvoiceRevised,
    InvoiceVoided,
    OutcomeResolved,
    ReviewCleared,
    ReviewRaised,
    SyncFailed,
    VoidSynced,
)
from domain.invoice_state import GAVE_UP, Invoice, Revision, decision_on, seek
from domain.refusals import ContentConflict, NotPossible

# ── what Kyrios wants ───────────────────────────────────────────────────────────────────────────────────────────────


def revise(
    state: Invoice,
    document: InvoiceDocument,
    text_hash: str,
    revision: int,
    at: Moment,
    *,
    organisation_id: str | None = None,
) -> list[Event]:
    """Take on a newer revision: the whole document again. The same revision again is no news.

    Raises ContentConflict for the same number with other content, NotPossible for an older one or a voided invoice.
    """
    wanted, invoice = Revision(revision, document, text_hash), f"invoice {state.kyrios_invoice_id}"
    if revision < state.revision:
        raise NotPossible(f"{invoice} is at revision {state.revision}; revision {revision} comes too late")
    if revision == state.revision:
        if wanted == state.as_of(revision):
            return []
        raise ContentConflict(f"revision {revision} of {invoice} was accepted before with other content")
    if state.status == "voided":
        raise NotPossible(f"{invoice} is voided; it takes no revision")
    decision = decision_on(state, at)
    organisation = state.unfound_in or organisation_id or state.organisation_id
    opens = _needed_for(state, wanted)
    if opens is None and not state.live:
        _settle(decision, state.refused, organisation)
    decision.add(
        InvoiceRevised,
        organisation_id=organisation,
        document=document,
        text_hash=text_hash,
        revision=revision,
        opens=opens,
        searches=state.unfound,
    )
    seek(decision, state)
    return decision.events


def _needed_for(state: Invoice, wanted: Revision) -> EntryKind | None:
    if state.live or state.status == "dismissed":
        return None
    in_xero = state.xero_invoice_id is not None
    return None if in_xero and wanted.same_in_xero(state.as_of(state.synced_revision)) else state.next_kind


def void(state: Invoice, at: Moment, *, awaits: str = "", organisation_id: str | None = None) -> list[Event]:
    """Kyrios voids the invoice. `awaits` is the effect key of its entry on the wire; what was unsent is withdrawn.

    Voided already: no news. If it is not known whether Xero has the invoice, which revision, or a payment that would
    make it refuse the void, that comes first. A change that Xero refused is wanted no more: its review is settled.
    """
    if state.status == "voided":
        return []
    decision = decision_on(state, at)
    opens: EntryKind | None = "void_invoice" if state.xero_invoice_id and not awaits else None
    opens = "create_invoice" if state.unfound else opens
    organisation = state.unfound_in or organisation_id or state.organisation_id
    _settle(decision, state.refused, organisation)
    decision.add(InvoiceVoided, organisation_id=organisation, opens=opens, awaits=awaits, searches=state.unfound)
    seek(decision, state)
    return decision.events


def not_sent_as_voided(state: Invoice, at: Moment, *, organisation_id: str | None = None) -> list[Event]:
    """What was on the wire when the invoice was voided, itself or a payment, surely did not arrive, and stays out."""
    decision = decision_on(state, at)
    _void_next(decision, state, organisation_id or state.organisation_id)
    return decision.events


# ── what became of it ───────────────────────────────────────────────────────────────────────────────────────────────


def update_failed(
    state: Invoice,
    cause: Cause,
    *,
    revision: int,
    attempts: int,
    delivery_id: UUID | None,
    answer_ref: UUID | None,
    at: Moment,
    organisation_id: str | None = None,
) -> list[Event]:
    """Xero refused the update to `revision`, or retries ended. A newer revision goes at once; so does a void."""
    if "update_invoice" not in state.live:
        return []
    decision, organisation = decision_on(state, at), organisation_id or state.organisation_id
    if not is_unfound(cause):
        _resolve(decision, state, organisation, found=False)
    if state.status == "voided":
        _void_next(decision, state, organisation)
    else:
        newer: EntryKind | None = "update_invoice" if state.revision > revision else None
        _ended(decision, "update_invoice", cause, attempts, delivery_id, answer_ref, organisation, newer)
    return decision.events


def void_synced(state: Invoice, delivery_id: UUID, at: Moment, *, organisation_id: str) -> list[Event]:
    """The invoice is voided in Xero too; nothing about it is left to be looked at."""
    if "void_invoice" not in state.live:
        return []
    decision = decision_on(state, at)
    _resolve(decision, state, organisation_id, found=True)
    decision.add(VoidSynced, organisation_id=organisation_id, delivery_id=delivery_id)
    _settle(decision, state.reviews, organisation_id)
    return decision.events


def void_failed(
    state: Invoice,
    cause: Cause,
    *,
    attempts: int,
    delivery_id: UUID | None,
    answer_ref: UUID | None,
    at: Moment,
    organisation_id: str | None = None,
) -> list[Event]:
    """Xero does not void the invoice, or retries ended."""
    if "void_invoice" not in state.live:
        return []
    decision, organisation = decision_on(state, at), organisation_id or state.organisation_id
    if not is_unfound(cause):
        _resolve(decision, state, organisation, found=False)
    _ended(decision, "void_invoice", cause, attempts, delivery_id, answer_ref, organisation, None)
    return decision.events


def _ended(
    decision: Decision[Invoice],
    kind: EntryKind,
    cause: Cause,
    attempts: int,
    delivery_id: UUID | None,
    answer_ref: UUID | None,
    organisation_id: str | None,
    opens: EntryKind | None,
) -> None:
    if cause.code != GAVE_UP:
        decision.add(
            ReviewRaised,
            organisation_id=organisation_id,
            cause=cause,
            answer_ref=answer_ref,
            closes=kind,
            opens=opens,
        )
        return
    decision.add(
        SyncFailed,
        organisation_id=organisation_id,
        cause=cause,
        attempts=attempts,
        kind=kind,
        delivery_id=delivery_id,
        answer_ref=answer_ref,
        opens=opens,
    )


def _void_next(decision: Decision[Invoice], state: Invoice, organisation_id: str | None) -> None:
    opens = "void_invoice" if state.xero_invoice_id else None
    decision.add(InvoiceVoided, organisation_id=organisation_id, opens=opens)


def _settle(decision: Decision[Invoice], reviews: tuple[Cause, ...], organisation_id: str | None) -> None:
    for review in reviews:
        decision.add(ReviewCleared, organisation_id=organisation_id, cause=Cause(review.code, key=review.key))


def _resolve(decision: Decision[Invoice], state: Invoice, organisation_id: str | None, *, found: bool) -> None:
    if state.unknown_delivery is not None:
        decision.add(OutcomeResolved, organisation_id=organisation_id, delivery_id=state.unknown_delivery, found=found)
