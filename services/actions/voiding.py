"""Voiding: Kyrios cancels invoices. What was not yet sent is withdrawn, what is in Xero is voided there."""

from collections.abc import Sequence
from uuid import UUID

from adapters.event_store.store import Transaction
from domain import invoice_change
from domain.event import Event, Moment
from domain.invoice import Status
from services.actions.action import Case


class Void:
    """They are named one by one: no cause and no date says that an invoice is cancelled."""

    name, done, already = "void", "voided", "voided already"
    reason: str | None = None
    statuses: tuple[Status, ...] = ()
    statuses_by_cause: tuple[Status, ...] = ()
    only_reviews = False
    asks_for_what_is_queued = False
    withdrawn_as = "voided"

    def decide(self, case: Case, at: Moment, reason_ref: UUID | None) -> list[Event]:
        """InvoiceVoided; what is on the wire is awaited."""
        return invoice_change.void(case.invoice, at, awaits=case.on_the_wire, organisation_id=case.organisation_id)

    def beside(self, tx: Transaction, cases: Sequence[Case], at: Moment) -> list[Event]:
        """Nothing."""
        return []
