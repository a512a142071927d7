"""What a faultless invoice becomes."""

import datetime as dt
from decimal import Decimal

from domain.document import InvoiceDocument, InvoiceText, KyriosContact, Line, Totals
from domain.tax import TaxComponent, TaxSet
from services.intake import IssuedInvoice, read_invoice
from tests.services.intake.sent import invoice, line, raw

GST = TaxSet((TaxComponent(tax_id="gst", rate=Decimal("15")),))


def test_the_shortest_invoice_becomes_a_document_with_its_text_and_contact_apart() -> None:
    assert read_invoice(raw(invoice())) == IssuedInvoice(
        account_id="kiwi-studio",
        invoice_id="inv-0001",
        command_id=None,
        document=InvoiceDocument(
            number="INV-0001",
            date=dt.date(2026, 10, 1),
            due_date=dt.date(2026, 10, 21),
            currency="NZD",
            line_amounts="exclusive",
            url="https://app.kyrios.example/invoices/inv-0001",
            kyrios_contact_id="cus-001",
            lines=(Line(quantity=Decimal(3), unit_amount=Decimal(120), tax_set=GST),),
            totals=Totals(sub_total=Decimal(360), total_tax=Decimal(54), total=Decimal(414)),
        ),
        text=InvoiceText(reference="", descriptions=("Website design",)),
        contact=KyriosContact(contact_id="cus-001", name="Northgate Wines"),
    )


def test_everything_optional_is_read() -> None:
    full = line(
        taxes=[{"id": "gst", "rate": "5", "compound": False}, {"id": "qst", "rate": "9.975", "compound": True}],
        ledger_account_id="B4A1C7D2-5E0F-4D3A-9C86-2F7E81D05A60",
        discount_rate="12.5",
    )
    sent = invoice(
        command_id="issue inv-0001/1",
        status="issued",
        line_amounts="inclusive",
        reference="PO 7781",
        contact={"id": "cus-001", "name": "Café Tūī", "email": "a@tui.example", "phone": "+64 4 555 0100"},
        lines=[full, line(description="Discount in money\n\tas agreed", discount_amount="5.00", taxes=[])],
        payments=[],
    )
    read = read_invoice(raw(sent))
    first, second = read.document.lines
    assert read.command_id == "issue inv-0001/1"
    assert read.document.line_amounts == "inclusive"
    assert read.text == InvoiceText(
        reference="PO 7781", descriptions=("Website design", "Discount in money\n\tas agreed")
    )
    assert read.contact == KyriosContact(
        contact_id="cus-001", name="Café Tūī", email="a@tui.example", phone="+64 4 555 0100"
    )
    assert first.tax_set.key == "gst@5+qst@9.975c"
    assert first.ledger_account_id == "b4a1c7d2-5e0f-4d3a-9c86-2f7e81d05a60"
    assert (first.discount_rate, first.discount_amount) == (Decimal("12.5"), None)
    assert (second.discount_rate, second.discount_amount) == (None, Decimal("5.00"))
    assert second.tax_set == TaxSet()


def test_the_account_may_be_given_by_the_caller() -> None:
    assert read_invoice(raw(invoice(account_id=...)), default_account_id="mine").account_id == "mine"


def test_the_account_in_the_invoice_wins_over_the_callers() -> None:
    assert read_invoice(raw(invoice()), default_account_id="mine").account_id == "kiwi-studio"


def test_a_byte_order_mark_is_tolerated() -> None:
    assert read_invoice(b"\xef\xbb\xbf" + raw(invoice())).invoice_id == "inv-0001"


def test_totals_always_have_two_decimals() -> None:
    read = read_invoice(raw(invoice(totals={"sub_total": "360", "total_tax": "54.0", "total": "414.00"})))
    assert str(read.document.totals.sub_total) == "360.00"


def test_minus_zero_is_zero() -> None:
    zero = {"sub_total": "-0.00", "total_tax": "0.00", "total": "-0"}
    read = read_invoice(raw(invoice(lines=[line(unit_amount="-0.00")], totals=zero)))
    assert str(read.document.totals.total) == "0.00"
    assert str(read.document.lines[0].unit_amount) == "0.00"


def test_a_total_below_zero_is_read_since_preflight_explains_it() -> None:
    below = {"sub_total": "-100.00", "total_tax": "-15.00", "total": "-115.00"}
    assert read_invoice(raw(invoice(totals=below))).document.totals.total == Decimal(-115)


def test_500_lines_are_taken() -> None:
    assert len(read_invoice(raw(invoice(lines=[line()] * 500))).document.lines) == 500


def test_a_due_date_may_lie_before_the_date() -> None:
    assert read_invoice(raw(invoice(due_date="2026-09-01"))).document.due_date == dt.date(2026, 9, 1)


def test_ten_integer_digits_and_four_decimals_are_exact() -> None:
    read = read_invoice(raw(invoice(lines=[line(quantity="0.0001", unit_amount="9999999999.9999")])))
    assert read.document.lines[0].unit_amount == Decimal("9999999999.9999")
