"""A payment on its way to Xero's JSON and back. Pure.

The reference is the Kyrios payment's id: by it and its invoice a payment is found again, as Xero keeps no key of ours.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.xero import fields
from adapters.xero.answers import XeroPayment
from adapters.xero.fields import Json
from domain.document import Payment
from domain.tax import plain


def render_payment(payment: Payment, xero_invoice_id: str, account_id: str) -> bytes:
    """One payment element as canonical JSON; the amount is in the invoice's currency, as a plain number."""
    element: dict[str, Any] = {
        "Invoice": {"InvoiceID": xero_invoice_id},
        "Account": {"AccountID": account_id},
        "Date": payment.paid_on.isoformat(),
        "Amount": msgspec.Raw(plain(payment.amount).encode()),
        "Reference": payment.payment_id,
    }
    return msgspec.json.encode(element)


def payments_body(fragments: Sequence[bytes]) -> bytes:
    """The request body these fragments make, byte for byte."""
    return b'{"Payments":[' + b",".join(fragments) + b"]}"


def read_payment(element: Json) -> XeroPayment:
    """One element of Xero's answer; whatever it lacks reads as empty. A refused one may bear an id all the same."""
    invoice = element.get("Invoice")
    messages = fields.messages(element, "ValidationErrors")
    return XeroPayment(
        payment_id=fields.identifier(element, "PaymentID"),
        invoice_id=fields.identifier(invoice, "InvoiceID") if isinstance(invoice, dict) else "",
        reference=fields.text(element, "Reference"),
        amount=fields.number(element.get("Amount")),
        status=fields.text(element, "Status"),
        has_errors=bool(messages)
        or fields.flag(element, "HasValidationErrors")
        or fields.text(element, "StatusAttributeString").upper() == "ERROR",
        messages=messages,
    )
