"""What payments do to an invoice: what is paid, what is due, when it is paid in full."""

from decimal import Decimal

from adapters.simulator.accounting.amounts import ZERO
from adapters.simulator.ledger.documents import Document


def with_payment(invoice: Document, payment: Document) -> Document:
    """The invoice after a payment was entered."""
    names = ("PaymentID", "Date", "Amount", "Reference", "CurrencyRate")
    entry = {name: payment[name] for name in names if name in payment}
    return _settled(invoice, [*invoice.get("Payments", []), entry], payment["Amount"])


def without_payment(invoice: Document, payment: Document) -> Document:
    """The invoice after a payment was removed: it is open again."""
    left = [entry for entry in invoice.get("Payments", []) if entry["PaymentID"] != payment["PaymentID"]]
    return _settled(invoice, left, -payment["Amount"])


def by_status(status: str, invoice: Document) -> Document:
    """What is due and paid on an invoice whose status was set by hand, without any payment."""
    if status == "PAID":
        return {"AmountDue": ZERO, "AmountPaid": invoice["Total"]}
    return {"AmountDue": ZERO} if status in ("VOIDED", "DELETED") else {}


def _settled(invoice: Document, payments: list[Document], moved: Decimal) -> Document:
    due = invoice["AmountDue"] - moved
    settled = {name: value for name, value in invoice.items() if name != "FullyPaidOnDate"}
    settled |= {"Payments": payments, "AmountPaid": invoice["AmountPaid"] + moved, "AmountDue": due}
    settled["Status"] = "PAID" if due == ZERO else "AUTHORISED"
    if due == ZERO and payments:
        settled["FullyPaidOnDate"] = max(entry["Date"] for entry in payments)
    return settled
