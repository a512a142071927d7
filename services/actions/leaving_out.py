"""Leaving invoices out of Xero, and bringing them back."""

from collections.abc import Sequence
from uuid import UUID

from adapters.event_store.store import Transaction
from domain.event import Event, Moment
from domain.invoice import Status
from domain.leaving_out import MAY_BE_LEFT_OUT, bring_back, dismiss
from domain.refusals import NotPossible
from services.actions.action import Case
from services.reasons import checked_reason


class LeaveOut:
    """They do not go; what was not yet sent is withdrawn. Raises InvalidInput for a reason that says nothing."""

    name, done, already = "dismiss", "left out", "left out already"
    statuses: tuple[Status, ...] = MAY_BE_LEFT_OUT
    statuses_by_cause: tuple[Status, ...] = MAY_BE_LEFT_OUT
    only_reviews = False
    asks_for_what_is_queued = False
    withdrawn_as = "dismissed"

    def __init__(self, reason: str) -> None:
        self.reason: str | None = checked_reason(reason)

    def decide(self, case: Case, at: Moment, reason_ref: UUID | None) -> list[Event]:
        """SyncDismissed."""
        if case.on_the_wire and case.invoice.status in MAY_BE_LEFT_OUT:
            known = case.invoice.kyrios_invoice_id
            raise NotPossible(f"invoice {known} is on its way to Xero; look again in a minute")
        return dismiss(case.invoice, at, reason_ref=reason_ref, organisation_id=case.organisation_id)

    def beside(self, tx: Transaction, cases: Sequence[Case], at: Moment) -> list[Event]:
        """Nothing."""
        return []


class BringBack:
    """They go after all, in their newest revision, checked afresh. Raises InvalidInput as `LeaveOut`."""

    name, done, already = "restore", "brought back", "not left out"
    statuses: tuple[Status, ...] = ("dismissed",)
    statuses_by_cause: tuple[Status, ...] = ("dismissed",)
    only_reviews = False
    asks_for_what_is_queued = False
    withdrawn_as = ""

    def __init__(self, reason: str) -> None:
        self.reason: str | None = checked_reason(reason)

    def decide(self, case: Case, at: Moment, reason_ref: UUID | None) -> list[Event]:
        """DismissalUndone; what was erased with its customer cannot be sent any more."""
        if case.invoice.status == "dismissed" and not case.has_text:
            known = case.invoice.kyrios_invoice_id
            raise NotPossible(f"the text of invoice {known} was erased; send a newer revision of it from Kyrios first")
        return bring_back(case.invoice, at, reason_ref=reason_ref, organisation_id=case.organisation_id)

    def beside(self, tx: Transaction, cases: Sequence[Case], at: Moment) -> list[Event]:
        """Nothing."""
        return []
