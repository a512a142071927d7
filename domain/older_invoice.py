"""Invoices from before the start of syncing: which wait for a person's word, and letting them go all the same. Pure."""

from datetime import date
from typing import Final

from domain.causes import Cause, who_acts
from domain.event import Event, Moment
from domain.invoice_events import InvoiceReleased
from domain.invoice_state import Invoice, decision_on

BEFORE_START: Final = "before_sync_start"


def is_held(invoice: Invoice, start: date | None) -> bool:
    """Whether it waits, or will as soon as it is looked at, because it is dated before `start`.

    Behind a closed gate nothing is looked at, so there an invoice that will wait is queued still; and one that waits
    for something else says so only once it was looked at again. What is in Xero is past the start.
    """
    if invoice.waits and any(cause.code == BEFORE_START for cause in invoice.causes):
        return True
    older = start is not None and invoice.document.date < start
    may_wait = invoice.status in ("queued", "blocked") and invoice.xero_invoice_id is None
    return may_wait and older and BEFORE_START not in invoice.waived


def waits_for_more(invoice: Invoice) -> bool:
    """Whether it is known to wait for something else, too, that somebody must settle."""
    return invoice.waits and bool(who_acts(cause for cause in invoice.causes if cause.code != BEFORE_START))


def let_go(invoice: Invoice, start: date | None, organisation_id: str | None, at: Moment) -> list[Event]:
    """A person lets it go although it is older. One that is not held for that is left alone.

    What waits for something else, too, waits on for that alone.
    """
    if not is_held(invoice, start):
        return []
    decision = decision_on(invoice, at)
    decision.add(
        InvoiceReleased,
        organisation_id=organisation_id or invoice.organisation_id,
        cause=Cause(BEFORE_START),
        opens=invoice.next_kind if invoice.waits and not waits_for_more(invoice) else None,
    )
    return decision.events
