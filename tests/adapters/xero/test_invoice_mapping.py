"""Invoices to Xero's JSON and back. Expected JSON is written out by hand."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapters.xero.errors import OutcomeUnclear
from adapters.xero.invoice_mapping import body_of, in_order, read_element, render_invoice
from domain.document import InvoiceDocument, InvoiceText
from tests.examples import DOCUMENT, UNTAXED, XERO_CONTACT, line, totals

ZERO = "00000000-0000-0000-0000-000000000000"
SAVED = {
    "InvoiceID": "D4000000-0000-4000-8000-000000000001",
    "InvoiceNumber": "INV-0001",
    "Type": "ACCREC",
    "Status": "AUTHORISED",
    "Contact": {"ContactID": XERO_CONTACT.upper(), "Name": "Harbour View Cafe Ltd"},
    "DateString": "2026-10-01T00:00:00",
    "Date": "/Date(1790812800000+0000)/",
    "CurrencyCode": "NZD",
    "Url": "https://app.kyrios.example/invoices/inv-0001",
    "SubTotal": Decimal("100.0"),
    "TotalTax": 15,
    "Total": "115.00",
    "StatusAttributeString": "OK",
}


def rendered(document: InvoiceDocument, reference: str = "") -> bytes:
    text = InvoiceText(reference=reference, descriptions=tuple(f"Line {n}" for n, _ in enumerate(document.lines, 1)))
    return render_invoice(document, text, XERO_CONTACT, lambda _: "account-1", lambda taxes: f"RATE-{taxes.key}")


def document(**more: Any) -> InvoiceDocument:
    return msgspec.structs.replace(
        DOCUMENT,
        **{
            "date": dt.date(2026, 10, 1),
            "due_date": dt.date(2026, 10, 21),
            "lines": (line("2", "50.00"),),
            "url": "https://app.kyrios.example/invoices/inv-0001",
            **more,
        },
    )


@pytest.mark.article("R7")
def test_an_invoice_is_rendered_byte_for_byte() -> None:
    assert rendered(document(), "PO 7781").decode() == (
        '{"Type":"ACCREC","Status":"AUTHORISED","Contact":{"ContactID":"' + XERO_CONTACT + '"},'
        '"Date":"2026-10-01","DueDate":"2026-10-21","LineAmountTypes":"Exclusive","InvoiceNumber":"INV-0001",'
        '"Reference":"PO 7781","Url":"https://app.kyrios.example/invoices/inv-0001","CurrencyCode":"NZD",'
        '"LineItems":[{"Description":"Line 1","Quantity":2,"UnitAmount":50,"AccountID":"account-1",'
        '"TaxType":"RATE-gst@15"}]}'
    )


def test_a_tax_amount_is_sent_for_the_lines_that_are_given_one_and_no_other() -> None:
    issued = document(lines=(line("1", "25.06"), line("-1", "10.03")))
    text = InvoiceText(reference="", descriptions=("a", "b"))
    sent = json.loads(
        render_invoice(issued, text, XERO_CONTACT, lambda _: "1", lambda _: "T", (None, Decimal("-1.51"))),
        parse_float=str,
    )
    assert [each.get("TaxAmount") for each in sent["LineItems"]] == [None, "-1.51"]


def test_rendering_again_gives_the_same_bytes() -> None:
    assert rendered(document(), "PO") == rendered(document(), "PO")


def test_a_reference_that_is_empty_is_left_out() -> None:
    assert b"Reference" not in rendered(document())


@pytest.mark.parametrize(
    ("amounts", "written"), [("exclusive", "Exclusive"), ("inclusive", "Inclusive"), ("no_tax", "NoTax")]
)
def test_line_amount_types_are_named_as_xero_does(amounts: Any, written: str) -> None:
    assert json.loads(rendered(document(line_amounts=amounts)))["LineAmountTypes"] == written


def test_untaxed_lines_say_so_and_need_no_mapping() -> None:
    untaxed = json.loads(rendered(document(lines=(line("1", "10", UNTAXED),))))
    no_tax = json.loads(rendered(document(line_amounts="no_tax")))
    assert untaxed["LineItems"][0]["TaxType"] == "NONE"
    assert no_tax["LineItems"][0]["TaxType"] == "NONE"


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Decimal("1E+5"), "100000"),
        (Decimal("0.0001"), "0.0001"),
        (Decimal("1E-4"), "0.0001"),
        (Decimal("9999999999.9999"), "9999999999.9999"),
        (Decimal("-12.50"), "-12.5"),
        (Decimal("0E+3"), "0000"),
    ],
)
def test_amounts_are_plain_numbers_without_exponent(amount: Decimal, written: str) -> None:
    if written == "0000":
        written = "0"
    plain_line = msgspec.structs.replace(line("1", "1"), unit_amount=amount)
    assert f'"UnitAmount":{written},' in rendered(document(lines=(plain_line,))).decode()


def test_discounts_are_sent_as_rate_or_amount() -> None:
    lines = (line("1", "10", discount_rate=Decimal("12.5")), line("1", "10", discount_amount=Decimal("2.50")))
    first, second = json.loads(rendered(document(lines=lines)))["LineItems"]
    assert (first["DiscountRate"], "DiscountAmount" in first) == (12.5, False)
    assert (second["DiscountAmount"], "DiscountRate" in second) == (2.5, False)


def test_what_xero_computes_itself_is_never_sent() -> None:
    body = rendered(document())
    for name in (b"SubTotal", b"TotalTax", b'"Total"', b'LineAmount"', b"TaxAmount", b"AccountCode", b'"Name"'):
        assert name not in body


def test_text_of_any_script_survives_and_cannot_leave_its_place() -> None:
    text = InvoiceText(reference='"},{"Type":"ACCPAY', descriptions=('Café – 東京 \u2028 \\ " \n',))
    body = body_of([render_invoice(document(), text, XERO_CONTACT, lambda _: "a", lambda _: "t")])
    read = json.loads(body)["Invoices"]
    assert len(read) == 1
    assert read[0]["Reference"] == text.reference
    assert read[0]["LineItems"][0]["Description"] == text.descriptions[0]


def test_a_body_is_its_fragments_joined() -> None:
    one, two = rendered(document(number="A")), rendered(document(number="B"))
    body = body_of([one, two])
    assert body == b'{"Invoices":[' + one + b"," + two + b"]}"
    assert [invoice["InvoiceNumber"] for invoice in json.loads(body)["Invoices"]] == ["A", "B"]


def test_a_line_without_description_is_refused_before_anything_is_rendered() -> None:
    with pytest.raises(ValueError, match="one description per line"):
        render_invoice(
            document(), InvoiceText(reference="", descriptions=()), XERO_CONTACT, lambda _: "a", lambda _: "t"
        )


def test_a_saved_element_is_read() -> None:
    read = read_element(SAVED)
    assert read.invoice_id == "d4000000-0000-4000-8000-000000000001"
    assert (read.number, read.type, read.status, read.contact_id) == ("INV-0001", "ACCREC", "AUTHORISED", XERO_CONTACT)
    assert (read.date, read.currency) == (dt.date(2026, 10, 1), "NZD")
    assert read.totals == totals("100.00", "15.00", "115.00")
    assert read.totals is not None
    assert str(read.totals.total) == "115.00"
    assert not read.has_errors


def test_a_refused_element_is_read_with_xeros_words() -> None:
    read = read_element(
        {
            "InvoiceID": ZERO,
            "InvoiceNumber": "INV-0001",
            "HasErrors": "true",
            "ValidationErrors": [{"Message": "Account must be valid."}, {"Other": 1}, "odd"],
            "Warnings": [{"Message": "The exchange rate is doubtful"}],
        }
    )
    assert (read.invoice_id, read.has_errors) == ("", True)
    assert read.messages == ("Account must be valid.",)
    assert read.warnings == ("The exchange rate is doubtful",)


@pytest.mark.parametrize(
    "sign", [{"HasErrors": True}, {"StatusAttributeString": "ERROR"}, {"ValidationErrors": [{"Message": "x"}]}]
)
def test_any_sign_of_an_error_is_one(sign: dict[str, Any]) -> None:
    assert read_element({**SAVED, **sign}).has_errors


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"Contact": None, "Date": None, "Total": None, "ValidationErrors": None},
        {"Contact": [], "Date": 7, "Total": True, "Status": {"new": 1}, "Warnings": "text"},
        {"Date": "/Date(99999999999999999)/", "Total": Decimal("1E+300"), "SubTotal": "1_000", "TotalTax": "１"},
        {"Date": "/Date(999999999999999)/", "DateString": "2026-13-45T00:00:00"},
    ],
)
def test_an_element_of_any_shape_is_read_without_complaint(odd: dict[str, Any]) -> None:
    read = read_element(odd)
    assert read.totals is None
    assert read.date is None


def test_answers_are_taken_only_in_the_order_of_what_was_sent() -> None:
    one, two = read_element({**SAVED, "InvoiceNumber": "A"}), read_element({**SAVED, "InvoiceNumber": "B"})
    nameless = read_element({"HasErrors": True})
    assert in_order(["A", "B"], [one, two]) == (one, two)
    assert in_order(["A", "B"], [one, nameless]) == (one, nameless)
    saved_but_nameless = read_element({k: v for k, v in SAVED.items() if k != "InvoiceNumber"})
    for elements in ([two, one], [one], [one, two, two], [], [one, saved_but_nameless]):
        with pytest.raises(OutcomeUnclear):
            in_order(["A", "B"], elements)
