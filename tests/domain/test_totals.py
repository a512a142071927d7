"""Totals as Xero computes them.

Checked against published and hand-computed figures, and against a second arithmetic in whole numbers.
"""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.document import InvoiceDocument, Line, LineAmounts, Totals
from domain.tax import TaxComponent, TaxSet
from domain.totals import line_amount, line_tax, totals_of
from tests.examples import DOCUMENT, GST, GST_AND_QST, UNTAXED, ZERO, document, line, totals


def charged(issued: InvoiceDocument) -> Totals:
    """The totals if each tax set is charged at its own effective rate."""
    return totals_of(issued, lambda tax_set: tax_set.effective_rate)


def test_each_lines_tax_is_rounded_before_the_sum_as_in_xeros_published_example() -> None:
    lines = (line("1", "25.06"), line("1", "25.61"), line("1", "25.63"))
    assert charged(document(lines=lines)) == totals("76.30", "11.44", "87.74")


def test_the_example_invoice_adds_up() -> None:
    assert charged(DOCUMENT) == DOCUMENT.totals


@pytest.mark.parametrize(
    ("quantity", "unit_amount", "discount", "amount"),
    [
        ("3", "120.00", {}, "360.00"),
        ("0.3333", "10.00", {}, "3.33"),
        ("0.3335", "10.00", {}, "3.34"),
        ("1.2345", "9.8765", {}, "12.19"),
        ("0.0001", "0.0001", {}, "0.00"),
        ("-1", "20.005", {}, "-20.01"),
        ("2.5", "119.9999", {"discount_rate": Decimal("10")}, "270.00"),
        ("1", "99.99", {"discount_rate": Decimal("33.3333")}, "66.66"),
        ("1", "99.99", {"discount_rate": Decimal("0")}, "99.99"),
        ("1", "99.99", {"discount_rate": Decimal("100")}, "0.00"),
        ("3", "33.335", {"discount_amount": Decimal("0.01")}, "100.00"),
        ("1", "10.00", {"discount_amount": Decimal("10.00")}, "0.00"),
    ],
)
def test_a_line_is_quantity_times_price_less_the_discount_to_the_cent(
    quantity: str, unit_amount: str, discount: dict[str, Any], amount: str
) -> None:
    assert line_amount(line(quantity, unit_amount, **discount)) == Decimal(amount)


@pytest.mark.parametrize(
    ("line_amounts", "rate", "tax"),
    [
        ("exclusive", "15", "15.00"),
        ("exclusive", "12.5", "12.50"),
        ("exclusive", "8.125", "8.13"),
        ("inclusive", "15", "13.04"),
        ("inclusive", "0", "0.00"),
        ("inclusive", "25", "20.00"),
        ("no_tax", "15", "0.00"),
    ],
)
def test_tax_is_on_in_or_not_at_all_in_the_amount(line_amounts: LineAmounts, rate: str, tax: str) -> None:
    assert line_tax(line("1", "100.00"), line_amounts, Decimal(rate)) == Decimal(tax)


@pytest.mark.parametrize(
    ("unit_amount", "tax"), [("0.10", "0.02"), ("0.30", "0.05"), ("-0.10", "-0.02"), ("-0.30", "-0.05")]
)
def test_half_a_cent_of_tax_is_rounded_away_from_zero(unit_amount: str, tax: str) -> None:
    # 0.015 and 0.045.
    assert line_tax(line("1", unit_amount), "exclusive", Decimal("15")) == Decimal(tax)


def test_inclusive_amounts_keep_the_total_and_split_off_the_tax() -> None:
    lines = (line("1", "25.06"), line("1", "25.61"), line("1", "25.63"))
    # 3.2687, 3.3404 and 3.3430 of tax are in them.
    assert charged(document(lines=lines, line_amounts="inclusive")) == totals("66.35", "9.95", "76.30")


def test_without_tax_the_total_is_the_sum_of_the_lines() -> None:
    lines = (line("1", "25.06"), line("2", "0.50", UNTAXED))
    assert charged(document(lines=lines, line_amounts="no_tax")) == totals("26.06", "0.00", "26.06")


def test_mixed_lines_are_each_charged_at_their_own_rate() -> None:
    lines = (line("1", "100.00", GST), line("1", "100.00", ZERO), line("1", "100.00", UNTAXED))
    compound = line("1", "100.00", GST_AND_QST)
    assert charged(document(lines=(*lines, compound))) == totals("400.00", "30.47", "430.47")


def test_an_invoice_may_add_up_to_nothing() -> None:
    lines = (line("1", "80.00"), line("-1", "80.00"))
    assert charged(document(lines=lines)) == totals("0.00", "0.00", "0.00")


# Everything in whole numbers: quantities and prices in ten-thousandths, rates in ten-thousandths of a percent.
_FULL = 1_000_000
_amounts = st.integers(-(10**9), 10**9)
_rates = st.integers(0, _FULL)
_lines = st.lists(st.tuples(_amounts, _amounts, st.none() | _rates, _rates), min_size=1, max_size=6)


@given(_lines, st.sampled_from(["exclusive", "inclusive", "no_tax"]))
def test_totals_agree_with_a_second_arithmetic_in_whole_numbers(
    drawn: list[tuple[int, int, int | None, int]], line_amounts: LineAmounts
) -> None:
    rates = {str(number): Decimal(rate).scaleb(-4) for number, (*_, rate) in enumerate(drawn)}
    lines = tuple(_line(number, q, p, discount) for number, (q, p, discount, _) in enumerate(drawn))
    issued = document(lines=lines, line_amounts=line_amounts)
    found = totals_of(issued, lambda tax_set: rates[tax_set.components[0].tax_id])
    cents = tuple(int(value.scaleb(2)) for value in (found.sub_total, found.total_tax, found.total))
    assert cents == _in_cents(drawn, line_amounts)
    assert found.sub_total + found.total_tax == found.total


@given(_amounts, _amounts, st.integers(0, 10**9))
def test_a_discount_amount_agrees_with_whole_numbers(quantity: int, price: int, discount: int) -> None:
    discounted = Line(quantity=_scaled(quantity), unit_amount=_scaled(price), discount_amount=_scaled(discount))
    assert int(line_amount(discounted).scaleb(2)) == _away(quantity * price - discount * 10**4, 10**6)


def _line(number: int, quantity: int, price: int, discount: int | None) -> Line:
    tax_set = TaxSet((TaxComponent(tax_id=str(number), rate=Decimal(0)),))
    rate = None if discount is None else _scaled(discount)
    return Line(quantity=_scaled(quantity), unit_amount=_scaled(price), tax_set=tax_set, discount_rate=rate)


def _scaled(units: int) -> Decimal:
    return Decimal(units).scaleb(-4)


def _in_cents(drawn: list[tuple[int, int, int | None, int]], line_amounts: LineAmounts) -> tuple[int, int, int]:
    amounts = [_away(q * p * (_FULL - (d or 0)), 10**6 * _FULL) for q, p, d, _ in drawn]
    taxes = [0 for _ in drawn]
    if line_amounts == "exclusive":
        taxes = [_away(amount * rate, _FULL) for amount, (*_, rate) in zip(amounts, drawn, strict=True)]
    if line_amounts == "inclusive":
        taxes = [_away(amount * rate, _FULL + rate) for amount, (*_, rate) in zip(amounts, drawn, strict=True)]
        return sum(amounts) - sum(taxes), sum(taxes), sum(amounts)
    return sum(amounts), sum(taxes), sum(amounts) + sum(taxes)


def _away(numerator: int, denominator: int) -> int:
    """The quotient, rounded half away from zero."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude
