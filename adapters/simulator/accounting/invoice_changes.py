"""What may be done to an invoice that exists: where its status may go, and what stays editable once money has moved.

Xero's invoices page, its tables of status changes and of edits to paid invoices.
"""

from adapters.simulator.accounting.amounts import ZERO
from adapters.simulator.accounting.invoice_rules import NOT_MODIFIABLE, InvoiceRules, Judgement
from adapters.simulator.clock import moment
from adapters.simulator.ledger.documents import Document

TRANSITIONS = {
    "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "SUBMITTED": ("SUBMITTED", "AUTHORISED", "DRAFT", "DELETED"),
    "AUTHORISED": ("AUTHORISED", "VOIDED"),
    "PAID": ("PAID",),
}
ENDED = ("VOIDED", "DELETED")
PAID_TEXT = "This document cannot be edited as it has a payment or credit note allocated to it."
EDITABLE_WHEN_PAID = {"Reference", "DueDate", "InvoiceNumber", "BrandingThemeID", "Url", "Contact"}
LINE_EDITABLE_WHEN_PAID = {"Description", "AccountCode", "AccountID", "Tracking"}


def judge_change(rules: InvoiceRules, given: Document, held: Document) -> Judgement:
    """Check and compute a change of an invoice; its number is not looked at."""
    status = given.get("Status", held["Status"])
    if status not in TRANSITIONS.get(held["Status"], ()):
        return Judgement(dict(held), [NOT_MODIFIABLE])
    if status in ENDED:
        return _ended(rules, status, held)
    judged = rules.judge(given, held)
    if has_payments(held) and _fixed(judged.document) != _fixed(held):
        judged.messages.append(PAID_TEXT)
    return judged


def has_payments(invoice: Document) -> bool:
    """True for a part or fully paid invoice."""
    return bool(invoice.get("AmountPaid", ZERO))


def _ended(rules: InvoiceRules, status: str, held: Document) -> Judgement:
    """Voiding and deleting change nothing else, whatever else was sent."""
    judged = Judgement({**held, "Status": status, "AmountDue": ZERO})
    judged.messages += rules.locks.refusals(moment(held["Date"]).date())
    if has_payments(held):
        judged.messages.append(PAID_TEXT)
    return judged


def _fixed(invoice: Document) -> Document:
    """What may not change any more."""
    kept = {name: value for name, value in invoice.items() if name not in EDITABLE_WHEN_PAID}
    kept["LineItems"] = [
        {name: value for name, value in line.items() if name not in LINE_EDITABLE_WHEN_PAID}
        for line in invoice["LineItems"]
    ]
    return kept
