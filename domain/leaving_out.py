"""Leaving an invoice out: a person decides that it is not to go to Xero. Pure."""

from typing import Final
from uuid import UUID

from domain.event import Event, Moment
from domain.invoice_events import SyncDismissed
from domain.invoice_state import Invoice, decision_on
from domain.refusals import NotPossible

MAY_BE_LEFT_OUT: Final = ("queued", "blocked", "failed")


def dismiss(state: Invoice, at: Moment, *, reason_ref: UUID | None, organisation_id: str | None = None) -> list[Event]:
    """Leave the invoice out; `reason_ref` points at the sealed reason. Left out already: no news.

    Refused for one that is in Xero, voided, or may be in Xero already: nothing would be left out.
    """
    if state.status == "dismissed":
        return []
    if state.status not in MAY_BE_LEFT_OUT:
        raise NotPossible(f"invoice {state.kyrios_invoice_id} is {state.status}; it cannot be left out any more")
    decision = decision_on(state, at)
    decision.add(SyncDismissed, organisation_id=organisation_id or state.organisation_id, reason_ref=reason_ref)
    return decision.events
