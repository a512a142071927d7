"""What becomes of an invoice Xero refuses: it waits for what we can watch, once; else it failed. Pure.

Preflight finds such causes before anything is sent, but by what was last read of Xero, which may be an hour old. Named
by Xero itself, they are waited for until that is read anew. If Xero then refuses the invoice for the same cause
although we see nothing, there is no telling when it would go: a person decides, with Xero's own words.
"""

from uuid import UUID

from domain import invoice
from domain.causes import CATALOGUE, Cause
from domain.event import Event, Moment
from domain.invoice_events import InvoiceBlocked
from domain.invoice_state import Invoice, decision_on


def refused(
    state: Invoice,
    cause: Cause,
    *,
    attempts: int,
    delivery_id: UUID | None,
    answer_ref: UUID | None,
    at: Moment,
    organisation_id: str | None,
    revision: int,
) -> list[Event]:
    """Xero refused to create the invoice as of `revision`, or retries ended."""
    if may_wait_for(state, cause, revision):
        decision = decision_on(state, at)
        decision.add(
            InvoiceBlocked,
            organisation_id=organisation_id or state.organisation_id,
            causes=(cause,),
            revision=revision,
            told=True,
            answer_ref=answer_ref,
        )
        return decision.events
    watched = CATALOGUE[cause.code].standing == "blocked"
    return invoice.fail(
        state,
        Cause("rejected_by_xero") if watched else cause,
        attempts=attempts,
        delivery_id=delivery_id,
        answer_ref=answer_ref,
        at=at,
        organisation_id=organisation_id,
        revision=revision,
    )


def may_wait_for(state: Invoice, cause: Cause, revision: int) -> bool:
    """Whether the invoice is to wait for this cause: one that is watched, of its present content, named once so far."""
    watched = CATALOGUE[cause.code].standing == "blocked" and cause.code not in state.told
    wanted = state.status != "voided" and state.unknown_delivery is None and "create_invoice" in state.live
    return watched and wanted and state.revision == revision
