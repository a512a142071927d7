"""Settling reviews: a person has looked at invoices that are in Xero, but not as they should be."""

from collections.abc import Sequence
from uuid import UUID

from adapters.event_store.store import Transaction
from domain.event import Event, Moment
from domain.invoice import Status
from domain.reviewing import clear_reviews
from services.actions.action import Case
from services.reasons import checked_reason


class Settle:
    """Their reviews, or those with one cause, are settled; nothing is sent."""

    name, done, already = "reviewed", "marked as looked at", "not waiting for a look"
    statuses: tuple[Status, ...] = ("synced", "voided")
    statuses_by_cause: tuple[Status, ...] = ("synced", "voided")
    only_reviews = True
    asks_for_what_is_queued = False
    withdrawn_as = ""

    def __init__(self, reason: str, only: str | None = None) -> None:
        self.reason: str | None = checked_reason(reason)
        self._only = only

    def decide(self, case: Case, at: Moment, reason_ref: UUID | None) -> list[Event]:
        """ReviewCleared, one for each."""
        organisation = case.organisation_id
        return clear_reviews(case.invoice, at, reason_ref=reason_ref, only=self._only, organisation_id=organisation)

    def beside(self, tx: Transaction, cases: Sequence[Case], at: Moment) -> list[Event]:
        """Nothing."""
        return []
