"""The simulator's arithmetic, against numbers computed by hand."""

from decimal import Decimal
from typing import Any

import pytest

from tests.adapters.simulator.visitor import TENANT, Json, Visitor, a_line, an_invoice, read

TOTALS = ("SubTotal", "TotalTax", "Total")


def created(xero: Visitor, invoice: Json, **parameters: Any) -> Json:
    """The one invoice, accepted."""
    (element,) = read(xero.put(invoice, **parameters))["Invoices"]
    assert "ValidationErrors" not in element, element["ValidationErrors"]
    found: Json = element
    return found


@pytest.mark.parametrize(
    ("amount_type", "lines", "sums"),
    [
        # Xero's own example: 3.76 + 3.84 + 3.84, not 11.45.
        ("Exclusive", [a_line("25.06"), a_line("25.61"), a_line("25.63")], "76.30 11.44 87.74"),
        ("Inclusive", [a_line("115.00"), a_line("10.00")], "108.70 16.30 125.00"),
        ("NoTax", [a_line("25.06"), a_line("25.61")], "50.67 0.00 50.67"),
        ("Exclusive", [a_line("200.00", TaxType="TAX001")], "200.00 16.25 216.25"),
        ("Exclusive", [a_line("100.00", TaxType="TAX002")], "100.00 17.30 117.30"),
        ("Exclusive", [a_line("100.00", TaxType="ZERORATED")], "100.00 0.00 100.00"),
        ("Exclusive", [a_line("0.70")], "0.70 0.11 0.81"),  # 0.105 goes up
        ("Exclusive", [a_line("100.00"), a_line("-0.70")], "99.30 14.89 114.19"),  # -0.105 away from zero
        ("Exclusive", [a_line("19.9999", Quantity="2.5")], "50.00 7.50 57.50"),
        ("Exclusive", [a_line("33.3333", Quantity=3)], "100.00 15.00 115.00"),
        ("Exclusive", [a_line("100.00", DiscountRate="27.83")], "72.17 10.83 83.00"),
        ("Exclusive", [a_line("100.00", DiscountAmount="0.01")], "99.99 15.00 114.99"),
        ("Exclusive", [a_line("100.00"), {"Description": "just words"}], "100.00 15.00 115.00"),
    ],
)
def test_totals(connected: Visitor, amount_type: str, lines: list[Json], sums: str) -> None:
    found = created(connected, an_invoice(LineAmountTypes=amount_type, LineItems=lines))
    assert [str(found[name]) for name in TOTALS] == sums.split()
    assert found["AmountDue"] == found["Total"]


@pytest.mark.parametrize(("price", "tax"), [("100.00", "15.47"), ("30000.00", "4642.14")])
def test_a_compound_rate_taxes_by_its_effective_rate_of_four_decimals(connected: Visitor, price: str, tax: str) -> None:
    """XERO-UNVERIFIED XU-13: 5 % and 9.975 % on top are 15.47375 %, which the rate shows as 15.4738."""
    parts = [{"Name": "GST", "Rate": 5, "IsCompound": False}, {"Name": "QST", "Rate": "9.975", "IsCompound": True}]
    rate = {"TaxType": "TAX010", "Name": "GST and QST", "CanApplyToRevenue": True, "TaxComponents": parts}
    connected.steer("POST", f"/organisations/{TENANT}/tax_rates", rate)
    assert str(created(connected, an_invoice(LineItems=[a_line(price, TaxType="TAX010")]))["TotalTax"]) == tax


def test_a_rate_may_be_given_as_it_is_instead_of_being_computed(connected: Visitor) -> None:
    rate = {"TaxType": "TAX010", "Name": "Given", "CanApplyToRevenue": True, "EffectiveRate": 12, "TaxComponents": []}
    connected.steer("POST", f"/organisations/{TENANT}/tax_rates", rate)
    assert str(created(connected, an_invoice(LineItems=[a_line(TaxType="TAX010")]))["TotalTax"]) == "12.00"


def test_unit_prices_are_rounded_to_two_decimals_unless_four_are_asked_for(connected: Visitor) -> None:
    lines = [a_line("0.1250", Quantity=1000)]
    four = created(connected, an_invoice("K-4", LineItems=lines))
    two = created(connected, an_invoice("K-2", LineItems=lines), unitdp="2")
    assert (str(four["SubTotal"]), str(four["LineItems"][0]["UnitAmount"])) == ("125.00", "0.1250")
    assert (str(two["SubTotal"]), str(two["LineItems"][0]["UnitAmount"])) == ("130.00", "0.13")
    shown = read(connected.get("Invoices/K-4"))["Invoices"][0]["LineItems"][0]
    assert str(shown["UnitAmount"]) == "0.13"


def test_half_cents_can_go_to_even(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"half_cents": "to_even"})
    found = created(connected, an_invoice(LineItems=[a_line("0.70")]))
    assert found["TotalTax"] == Decimal("0.10")


def test_a_tax_amount_a_cent_off_is_kept(connected: Visitor) -> None:
    found = created(connected, an_invoice(LineItems=[a_line("100.00", TaxAmount="15.01")]))
    assert [str(found[name]) for name in TOTALS] == ["100.00", "15.01", "115.01"]


@pytest.mark.parametrize(
    "line",
    [
        a_line("100.00", TaxAmount="15.02"),
        a_line("100.00", TaxType="ZERORATED", TaxAmount="0.01"),
        a_line("100.00", LineAmount="99.99"),
    ],
)
def test_a_line_whose_own_amounts_disagree_is_refused(connected: Visitor, line: Json) -> None:
    assert connected.messages(an_invoice(LineItems=[line])) == [
        ["The invoice total does not equal the sum of the lines."]
    ]


@pytest.mark.parametrize("total", [{"Total": "115.01"}, {"SubTotal": "99.99"}, {"TotalTax": "14.99"}])
def test_totals_that_disagree_are_refused(connected: Visitor, total: Json) -> None:
    assert connected.messages(an_invoice(**total)) == [["The invoice total does not equal the sum of the lines."]]


def test_totals_that_agree_are_accepted(connected: Visitor) -> None:
    created(connected, an_invoice(SubTotal=100, TotalTax="15.00", Total=115))


@pytest.mark.parametrize("discount", [{"DiscountRate": "100.01"}, {"DiscountAmount": "100.01"}, {"DiscountRate": -1}])
def test_a_discount_beyond_the_line_is_refused(connected: Visitor, discount: Json) -> None:
    ((message,),) = connected.messages(an_invoice(LineItems=[a_line("100.00", **discount)]))
    assert message.endswith("is invalid. Discount must not be greater than the line total.")


def test_amounts_are_numbers_without_exponent(connected: Visitor) -> None:
    body = connected.put(an_invoice(LineItems=[a_line("0.0001", Quantity="0.0001")])).text
    assert '"Quantity":0.0001,"UnitAmount":0.0001,"LineAmount":0.00' in body


def test_a_foreign_currency_takes_the_given_rate_or_that_of_the_day(connected: Visitor) -> None:
    given = created(connected, an_invoice("K-1", CurrencyCode="USD", CurrencyRate="0.61"))
    left_out = created(connected, an_invoice("K-2", CurrencyCode="AUD"))
    assert (str(given["CurrencyRate"]), str(left_out["CurrencyRate"])) == ("0.610000", "0.920000")


def test_the_ledger_sums_by_currency(connected: Visitor) -> None:
    connected.put(an_invoice("K-1"), an_invoice("K-2"), an_invoice("K-3", CurrencyCode="USD"))
    connected.steer("POST", f"/organisations/{TENANT}/invoices", {"InvoiceNumber": "K-2", "Status": "VOIDED"})
    rows = connected.steer("GET", "/ledger/summary")["summary"]
    assert [(row["currency"], row["count"], str(row["total"])) for row in rows] == [
        ("NZD", 1, "115.00"),
        ("USD", 1, "115.00"),
    ]
