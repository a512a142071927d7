"""One invoice as a Kyrios backend sends it, read into domain values or refused with everything that is wrong.

    {"account_id": "kiwi-studio", "invoice_id": "inv-0001", "revision": 1, "command_id": "…", "status": "issued",
     "number": "INV-0001", "date": "2026-10-01", "due_date": "2026-10-21", "currency": "NZD",
     "line_amounts": "exclusive", "url": "https://app.kyrios.example/invoices/inv-0001", "reference": "PO 7781",
     "contact": {"id": "cus-001", "name": "…", "email": "…", "phone": "…"},
     "lines": [{"description": "…", "quantity": "3", "unit_amount": "120.00",
                "taxes": [{"id": "gst", "rate": "15", "compound": false}],
                "ledger_account_id": "…", "discount_rate": "10"}],
     "totals": {"sub_total": "324.00", "total_tax": "48.60", "total": "372.60"},
     "payments": [{"id": "pay-001", "date": "2026-10-02", "amount": "100.00"}]}

account_id (if the caller has a default), revision (1 if it is not given), command_id, status, line_amounts, reference,
email, phone, taxes, compound, ledger_account_id, the discounts (a rate in percent or an amount, not both) and payments
(in the invoice's currency) may be left out.
"""

from typing import Final

from domain.document import InvoiceDocument, InvoiceText, KyriosContact, LineAmounts, Totals
from domain.money import CENT
from services.intake import fields
from services.intake.issued import IssuedInvoice
from services.intake.json_text import JsonObject, decode
from services.intake.lines import DescribedLine, read_lines
from services.intake.payments import read_payments
from services.intake.place import Faults, Place

_REQUIRED: Final = (
    "account_id", "invoice_id", "number", "date", "due_date", "currency", "url", "contact", "lines", "totals",
)  # fmt: skip
_OPTIONAL: Final = ("command_id", "revision", "status", "line_amounts", "reference", "payments")
_LINE_AMOUNTS: Final[tuple[LineAmounts, ...]] = ("exclusive", "inclusive", "no_tax")


def read_invoice(raw: bytes, *, default_account_id: str | None = None) -> IssuedInvoice:
    """The invoice that `raw` (one JSON object, UTF-8, at most 1 MiB) describes.

    `default_account_id` stands in for an `account_id` that is not given. Raises InvalidInput with all faults, each
    with its JSON pointer.
    """
    value = decode(raw)
    if default_account_id is not None and isinstance(value, JsonObject):
        value.setdefault("account_id", default_account_id)
    faults = Faults()
    invoice = _read(Place(value, "", faults))
    faults.raise_any()
    return invoice


def _read(place: Place) -> IssuedInvoice:
    at = place.fields(_REQUIRED, _OPTIONAL)
    _check_issued(at["status"])
    contact = _read_contact(at["contact"])
    lines = read_lines(at["lines"])
    return IssuedInvoice(
        account_id=fields.identifier(at["account_id"]),
        invoice_id=fields.identifier(at["invoice_id"]),
        command_id=fields.command_id(at["command_id"]),
        revision=fields.revision(at["revision"]),
        document=_read_document(at, contact, lines),
        text=InvoiceText(
            reference=fields.text(at["reference"], least=0),
            descriptions=tuple(described.description for described in lines),
        ),
        contact=contact,
    )


def _read_document(at: dict[str, Place], contact: KyriosContact, lines: list[DescribedLine]) -> InvoiceDocument:
    faults_before = at["totals"].faults.count
    totals = _read_totals(at["totals"])
    totals_are_sound = at["totals"].faults.count == faults_before
    return InvoiceDocument(
        number=fields.invoice_number(at["number"]),
        date=fields.calendar_date(at["date"]),
        due_date=fields.calendar_date(at["due_date"]),
        currency=fields.currency(at["currency"]),
        line_amounts=fields.choice(at["line_amounts"], _LINE_AMOUNTS),
        url=fields.link(at["url"]),
        kyrios_contact_id=contact.contact_id,
        lines=tuple(described.line for described in lines),
        totals=totals,
        payments=read_payments(at["payments"], totals.total if totals_are_sound else None),
    )


def _read_contact(place: Place) -> KyriosContact:
    at = place.fields(("id", "name"), ("email", "phone"))
    return KyriosContact(
        contact_id=fields.identifier(at["id"]),
        name=fields.text(at["name"]),
        email=fields.text(at["email"], least=0),
        phone=fields.text(at["phone"], least=0),
    )


def _read_totals(place: Place) -> Totals:
    faults_before = place.faults.count
    names = ("sub_total", "total_tax", "total")
    at = place.fields(names)
    sub_total, total_tax, total = (fields.amount(at[name], places=2).quantize(CENT) for name in names)
    if place.faults.count == faults_before and sub_total + total_tax != total:
        place.refuse(f"do not add up: {sub_total} and {total_tax} make {sub_total + total_tax}, not {total}")
    return Totals(sub_total=sub_total, total_tax=total_tax, total=total)


def _check_issued(place: Place) -> None:
    if place.absent or place.value == "issued":
        return
    if isinstance(place.value, str):
        place.refuse("must be issued: drafts and invoices in any other state are not taken")
    else:
        place.refuse_kind("text")
