"""Another try: of invoices that failed or are blocked, of changes and payments that Xero refused."""

from collections.abc import Sequence
from uuid import UUID

from adapters.event_store.store import Transaction
from domain import contact_link, paying
from domain import invoice as invoices
from domain.contact_matching import CONTACT_CODES
from domain.event import Event, Moment
from domain.invoice import Status
from domain.streams import contact_link_stream
from services.actions.action import Case


class Retry:
    """Queues them again; everything is checked afresh."""

    name, done, already = "retry", "queued again", "queued already"
    reason: str | None = None
    statuses: tuple[Status, ...] = ("failed", "blocked")
    statuses_by_cause: tuple[Status, ...] = ("failed", "blocked", "synced", "voided")
    only_reviews = False
    asks_for_what_is_queued = True
    withdrawn_as = ""

    def decide(self, case: Case, at: Moment, reason_ref: UUID | None) -> list[Event]:
        """RetryRequested."""
        if paying.only_payments_are_open(case.invoice):
            return paying.retry_payments(case.invoice, case.connection, at)
        held = case.connection.held_by if case.connection else ()
        return invoices.retry(case.invoice, at, organisation_id=case.organisation_id, held=held)

    def beside(self, tx: Transaction, cases: Sequence[Case], at: Moment) -> list[Event]:
        """ContactWanted: an invoice that waits as Xero refused its contact goes only if that is tried again, too."""
        wanted = {
            contact_link_stream(case.invoice.account_id, cause.key): case.organisation_id
            for case in cases
            for cause in case.invoice.causes
            if case.invoice.status == "blocked" and case.organisation_id and cause.code in CONTACT_CODES
        }
        links = tx.load(list(wanted), contact_link.evolve) if wanted else {}
        return [
            event for stream, link in links.items() for event in contact_link.want_again(link, wanted[stream] or "", at)
        ]
