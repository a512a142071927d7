"""Leaving an invoice out, and bringing it back: a person decides whether it is to go to Xero. Pure."""

from typing import Final
from uuid import UUID

from domain.event import Event, Moment
from domain.invoice_events import DismissalUndone, SyncDismissed
from domain.invoice_state import Invoice, Status, decision_on
from domain.refusals import NotPossible

MAY_BE_LEFT_OUT: Final = ("queued", "blocked", "failed")
_TOO_LATE: Final[dict[Status, str]] = {
    "synced": "synced; it cannot be left out any more",
    "checking": "being looked up in Xero; it cannot be left out before that is known",
    "voided": "voided and never sent again; it cannot be left out",
}


def dismiss(state: Invoice, at: Moment, *, reason_ref: UUID | None, organisation_id: str | None = None) -> list[Event]:
    """Leave the invoice out; `reason_ref` points at the sealed reason. Left out already: no news.

    Refused for one that is in Xero, voided, or may be in Xero already: nothing would be left out.
    """
    if state.status == "dismissed":
        return []
    if state.status not in MAY_BE_LEFT_OUT:
        raise NotPossible(f"invoice {state.kyrios_invoice_id} is {_TOO_LATE[state.status]}")
    if state.unfound is not None:
        raise NotPossible(f"invoice {state.kyrios_invoice_id} may be in Xero; a retry searches for it first")
    decision = decision_on(state, at)
    decision.add(SyncDismissed, organisation_id=organisation_id or state.organisation_id, reason_ref=reason_ref)
    return decision.events


def bring_back(
    state: Invoice, at: Moment, *, reason_ref: UUID | None, organisation_id: str | None = None
) -> list[Event]:
    """Let an invoice that was left out go after all, in its newest revision. Not left out: no news.

    Refused for one that is voided: Kyrios does not want it in Xero.
    """
    if state.status == "voided":
        raise NotPossible(
            f"invoice {state.kyrios_invoice_id} is voided and never sent again; it cannot be brought back"
        )
    if state.status != "dismissed":
        return []
    decision, organisation = decision_on(state, at), organisation_id or state.organisation_id
    decision.add(DismissalUndone, organisation_id=organisation, opens=state.next_kind, reason_ref=reason_ref)
    return decision.events
