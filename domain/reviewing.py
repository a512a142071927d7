"""Settling a review: a person has looked at what is in Xero but not as it should be. Pure.

Nothing is sent: what Xero refused stays refused, and a payment that did not go stays out.
"""

from uuid import UUID

from domain.causes import Cause
from domain.event import Event, Moment
from domain.invoice_events import ReviewCleared
from domain.invoice_state import Invoice, decision_on


def clear_reviews(
    state: Invoice, at: Moment, *, reason_ref: UUID | None, only: str | None = None, organisation_id: str | None = None
) -> list[Event]:
    """Settle all reviews of the invoice, or `only` those with this cause. None is open: no news.

    `reason_ref` points at the sealed reason.
    """
    decision = decision_on(state, at)
    organisation = state.synced_in or organisation_id or state.organisation_id
    for review in state.reviews:
        if only in (None, review.code):
            cause = Cause(review.code, key=review.key)
            decision.add(ReviewCleared, organisation_id=organisation, cause=cause, reason_ref=reason_ref)
    return decision.events
