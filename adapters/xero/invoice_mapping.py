"""An invoice on its way to Xero's JSON and back. Pure.

A body is fragments joined, one per invoice, so that what was sent can be hashed, kept and erased invoice by invoice.
Totals and line amounts are left to Xero's own calculation, and so is the tax of every line that is not given one of
its own (Xero's pages on invoices and on rounding).
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from adapters.xero import fields
from adapters.xero.answers import XeroInvoice
from adapters.xero.errors import OutcomeUnclear
from adapters.xero.fields import Json
from adapters.xero.invoice_content import content_of
from domain.document import InvoiceDocument, InvoiceText, Line, LineAmounts, Totals
from domain.money import CENT
from domain.tax import TaxSet, plain

UNTAXED: Final = "NONE"
_LINE_AMOUNTS: Final[dict[LineAmounts, str]] = {"exclusive": "Exclusive", "inclusive": "Inclusive", "no_tax": "NoTax"}


def render_invoice(
    document: InvoiceDocument,
    text: InvoiceText,
    xero_contact_id: str,
    account_of: Callable[[Line], str],
    tax_type_of: Callable[[TaxSet], str],
    line_taxes: Sequence[Decimal | None] = (),
    xero_invoice_id: str = "",
) -> bytes:
    """One invoice element as canonical JSON: fixed order, no blanks, UTF-8, amounts as plain numbers.

    Of the contact only its id is sent: any other field would change the contact in Xero. `account_of` gives a line's
    Xero AccountID; `tax_type_of` is asked only for lines that are taxed. `line_taxes` is the TaxAmount each line is to
    bear, None where Xero's own calculation holds; none at all leaves every line to Xero.

    With `xero_invoice_id` it changes that invoice, and a reference that is gone is cleared. Its lines bear no
    LineItemID: Xero makes them anew and deletes those that are left out (Xero's page on invoices), so that the
    revision is the whole document again.
    """
    if len(text.descriptions) != len(document.lines):
        raise ValueError("an invoice has one description per line")

    taxes = line_taxes or (None,) * len(document.lines)

    def tax_type(line: Line) -> str:
        taxed = line.tax_set.components and document.line_amounts != "no_tax"
        return tax_type_of(line.tax_set) if taxed else UNTAXED

    element: dict[str, Any] = {
        **({"InvoiceID": xero_invoice_id} if xero_invoice_id else {}),
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": xero_contact_id},
        "Date": document.date.isoformat(),
        "DueDate": document.due_date.isoformat(),
        "LineAmountTypes": _LINE_AMOUNTS[document.line_amounts],
        "InvoiceNumber": document.number,
        **({"Reference": text.reference} if text.reference or xero_invoice_id else {}),
        "Url": document.url,
        "CurrencyCode": document.currency,
        "LineItems": [
            _line(line, description, account_of(line), tax_type(line), tax)
            for line, description, tax in zip(document.lines, text.descriptions, taxes, strict=True)
        ],
    }
    return msgspec.json.encode(element)


def render_void(xero_invoice_id: str) -> bytes:
    """The element that voids an invoice: Xero takes its status and nothing else."""
    return msgspec.json.encode({"InvoiceID": xero_invoice_id, "Status": "VOIDED"})


def body_of(fragments: Sequence[bytes]) -> bytes:
    """The request body these fragments make, byte for byte."""
    return b'{"Invoices":[' + b",".join(fragments) + b"]}"


def read_element(element: Json) -> XeroInvoice:
    """One element of Xero's answer; whatever it lacks reads as empty."""
    contact = element.get("Contact")
    messages = fields.messages(element, "ValidationErrors")
    return XeroInvoice(
        invoice_id=fields.identifier(element, "InvoiceID"),
        number=fields.text(element, "InvoiceNumber"),
        type=fields.text(element, "Type"),
        status=fields.text(element, "Status"),
        contact_id=fields.identifier(contact, "ContactID") if isinstance(contact, dict) else "",
        date=fields.day(element, "Date"),
        currency=fields.text(element, "CurrencyCode"),
        url=fields.text(element, "Url"),
        totals=_totals(element),
        has_errors=bool(messages)
        or fields.flag(element, "HasErrors")
        or fields.text(element, "StatusAttributeString").upper() == "ERROR",
        messages=messages,
        warnings=fields.messages(element, "Warnings"),
    )


def read_whole_element(element: Json) -> XeroInvoice:
    """One element with all that a revision may change."""
    return msgspec.structs.replace(read_element(element), content=content_of(element))


def in_order(numbers: Sequence[str], elements: Sequence[XeroInvoice]) -> tuple[XeroInvoice, ...]:
    """The answer's elements, if they are those of the invoices sent, in the same order; else OutcomeUnclear.

    Xero answers by position. A refused element may lack its number, a saved one may not.
    """
    if len(numbers) != len(elements):
        raise OutcomeUnclear("unreadable", status=200)
    for number, element in zip(numbers, elements, strict=True):
        if element.number != number and (element.number or not element.has_errors):
            raise OutcomeUnclear("unreadable", status=200)
    return tuple(elements)


def _line(line: Line, description: str, account_id: str, tax_type: str, tax_amount: Decimal | None) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "Description": description,
        "Quantity": _json_number(line.quantity),
        "UnitAmount": _json_number(line.unit_amount),
        "AccountID": account_id,
        "TaxType": tax_type,
    }
    if line.discount_rate is not None:
        rendered["DiscountRate"] = _json_number(line.discount_rate)
    elif line.discount_amount is not None:
        rendered["DiscountAmount"] = _json_number(line.discount_amount)
    if tax_amount is not None:
        rendered["TaxAmount"] = _json_number(tax_amount)
    return rendered


def _json_number(amount: Decimal) -> msgspec.Raw:
    return msgspec.Raw(plain(amount).encode())


def _totals(element: Json) -> Totals | None:
    amounts = [fields.number(element.get(key)) for key in ("SubTotal", "TotalTax", "Total")]
    sub_total, total_tax, total = (None if amount is None else _cents(amount) for amount in amounts)
    if sub_total is None or total_tax is None or total is None:
        return None
    return Totals(sub_total=sub_total, total_tax=total_tax, total=total)


def _cents(amount: Decimal) -> Decimal:
    """Two decimals where that changes nothing; an amount that has more is kept as it came, to be noticed."""
    shown = amount.quantize(CENT)
    return shown if shown == amount else amount
