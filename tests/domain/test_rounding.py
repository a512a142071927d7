"""Cents between Kyrios and Xero: which lines are sent with a tax of their own, and when nothing can be done."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.document import InvoiceDocument, Line, LineAmounts
from domain.money import CENT
from domain.rounding import Amounts, amounts_of
from domain.totals import exact_tax, line_amount, line_tax, totals_of, totals_with
from tests.examples import GST, UNTAXED, ZERO, document, line, percent, totals

PUBLISHED = (line("1", "25.06"), line("1", "25.61"), line("1", "25.63"))
"""Exact taxes 3.759, 3.8415 and 3.8445; Xero's page makes 3.76, 3.84 and 3.84 of them."""


def fitted(issued: InvoiceDocument, rounding: Any = "line_tax") -> Amounts:
    """The amounts if each tax set is charged at its own rate."""
    return amounts_of(issued, lambda tax_set: tax_set.effective_rate, rounding)


def said(lines: tuple[Line, ...], sub_total: str, total_tax: str, total: str, **more: Any) -> InvoiceDocument:
    return document(lines=lines, totals=totals(sub_total, total_tax, total), **more)


def taxes(amounts: Amounts) -> list[str | None]:
    return [None if tax is None else str(tax) for tax in amounts.line_taxes]


def test_where_xero_agrees_no_tax_is_sent() -> None:
    issued = said(PUBLISHED, "76.30", "11.44", "87.74")
    assert fitted(issued) == Amounts(totals=issued.totals, line_taxes=(None, None, None))


def test_a_cent_more_goes_to_the_line_whose_tax_lies_nearest_to_it() -> None:
    # 15 % of 76.30 is 11.445, which Kyrios may round to 11.45; 3.8445 lies nearest to the next cent.
    issued = said(PUBLISHED, "76.30", "11.45", "87.75")
    assert fitted(issued).totals == issued.totals
    assert taxes(fitted(issued)) == [None, None, "3.85"]


def test_a_cent_less_goes_to_the_line_whose_tax_lies_nearest_to_it() -> None:
    issued = said(PUBLISHED, "76.30", "11.43", "87.73")
    assert fitted(issued).totals == issued.totals
    assert taxes(fitted(issued)) == ["3.75", None, None]


def test_as_many_lines_as_there_are_cents_bear_one_each() -> None:
    assert taxes(fitted(said(PUBLISHED, "76.30", "11.46", "87.76"))) == [None, "3.85", "3.85"]
    assert taxes(fitted(said(PUBLISHED, "76.30", "11.47", "87.77"))) == ["3.77", "3.85", "3.85"]


def test_more_cents_than_taxed_lines_are_left_to_a_person() -> None:
    amounts = fitted(said(PUBLISHED, "76.30", "11.48", "87.78"))
    assert amounts == Amounts(totals=totals("76.30", "11.44", "87.74"), line_taxes=(None, None, None))


def test_an_account_that_wants_no_taxes_sent_gets_xeros_own_totals() -> None:
    amounts = fitted(said(PUBLISHED, "76.30", "11.45", "87.75"), "block")
    assert amounts == Amounts(totals=totals("76.30", "11.44", "87.74"), line_taxes=(None, None, None))


def test_of_lines_equally_near_the_first_is_taken() -> None:
    lines = (line("1", "10.03"), line("1", "10.03"))
    # Each 1.5045.
    assert taxes(fitted(said(lines, "20.06", "3.01", "23.07"))) == ["1.51", None]


@pytest.mark.parametrize("tax_set", [UNTAXED, ZERO])
def test_a_line_without_tax_never_gets_one(tax_set: Any) -> None:
    issued = said((line("1", "10.00", tax_set),), "10.00", "0.01", "10.01")
    assert fitted(issued).totals == totals("10.00", "0.00", "10.00")


def test_a_line_of_nothing_never_gets_a_tax() -> None:
    issued = said((line("1", "10.00", discount_rate=Decimal(100)),), "0.00", "0.01", "0.01")
    assert fitted(issued).totals == totals("0.00", "0.00", "0.00")


def test_a_tax_is_never_moved_across_zero() -> None:
    issued = said((line("1", "0.02", percent("5")),), "0.02", "-0.01", "0.01")
    assert fitted(issued).totals == totals("0.02", "0.00", "0.02")


def test_the_tax_of_a_deduction_may_be_moved_too() -> None:
    lines = (line("1", "100.00"), line("-1", "10.03"))
    # 15.00 and -1.5045.
    assert taxes(fitted(said(lines, "89.97", "13.49", "103.46"))) == [None, "-1.51"]


def test_within_an_inclusive_total_tax_and_net_are_moved_together() -> None:
    # 13.0435 and 1.3043 of tax, 13.04 and 1.30.
    issued = said((line("1", "100.00"), line("1", "10.00")), "95.65", "14.35", "110.00", line_amounts="inclusive")
    assert fitted(issued).totals == issued.totals
    assert taxes(fitted(issued)) == [None, "1.31"]


@pytest.mark.parametrize("sub_total", ["76.29", "76.31"])
def test_a_net_amount_that_differs_is_never_made_up_by_tax(sub_total: str) -> None:
    issued = said(PUBLISHED, sub_total, "11.45", str(Decimal(sub_total) + Decimal("11.45")))
    assert fitted(issued).totals == totals("76.30", "11.44", "87.74")


@pytest.mark.parametrize(("rate", "tax"), [("100", "0.00"), ("0", "1.50")])
def test_a_discount_of_everything_and_of_nothing(rate: str, tax: str) -> None:
    net = Decimal("10.00") if rate == "0" else Decimal("0.00")
    issued = said((line("1", "10.00", GST, discount_rate=Decimal(rate)),), str(net), tax, str(net + Decimal(tax)))
    assert fitted(issued) == Amounts(totals=issued.totals, line_taxes=(None,))


PRICES = st.decimals("-50", "500", places=4)
LINES = st.builds(
    lambda quantity, price, rate: line(str(quantity), str(price), percent(str(rate))),
    st.decimals("0.0001", "40", places=4),
    PRICES,
    st.sampled_from(["0", "5", "12.5", "15", "20", "8.875"]),
)
MANY = st.lists(LINES, min_size=1, max_size=8).map(tuple)
BASES = st.sampled_from(["exclusive", "inclusive", "no_tax"])


def stated(lines: tuple[Line, ...], basis: LineAmounts, cents: int) -> InvoiceDocument:
    """An invoice whose stated tax is so many cents beside Xero's."""
    issued = document(lines=lines, line_amounts=basis)
    own = [line_tax(each, basis, each.tax_set.effective_rate) for each in lines]
    return document(lines=lines, line_amounts=basis, totals=totals_with(issued, [*own, cents * CENT]))


@given(MANY, BASES, st.integers(-9, 9))
def test_what_is_sent_leads_to_kyrios_totals_or_nothing_is_sent(
    lines: tuple[Line, ...], basis: LineAmounts, cents: int
) -> None:
    issued = stated(lines, basis, cents)
    amounts = fitted(issued)
    own = [line_tax(each, basis, each.tax_set.effective_rate) for each in lines]
    sent = [tax if kept is None else kept for tax, kept in zip(own, amounts.line_taxes, strict=True)]
    assert totals_with(issued, sent) == amounts.totals
    assert (amounts.totals == issued.totals) == (amounts.line_taxes.count(None) == len(lines) - abs(cents))
    assert all(abs(tax - alone) <= CENT for tax, alone in zip(sent, own, strict=True))


@given(MANY, BASES, st.integers(-9, 9))
def test_no_line_that_was_left_alone_lay_nearer(lines: tuple[Line, ...], basis: LineAmounts, cents: int) -> None:
    amounts, step = fitted(stated(lines, basis, cents)), CENT if cents > 0 else -CENT
    reach = {True: [Decimal(0)], False: [Decimal(1)]}
    for each, kept in zip(lines, amounts.line_taxes, strict=True):
        rate = each.tax_set.effective_rate
        moved = line_tax(each, basis, rate) + step
        if exact_tax(each, basis, rate) and moved * line_amount(each) >= 0:
            reach[kept is not None].append(abs(moved - exact_tax(each, basis, rate)))
    if any(tax is not None for tax in amounts.line_taxes):
        assert max(reach[True]) <= min(reach[False])


@given(MANY, BASES)
def test_xeros_own_totals_need_nothing(lines: tuple[Line, ...], basis: LineAmounts) -> None:
    issued = stated(lines, basis, 0)
    assert issued.totals == totals_of(issued, lambda tax_set: tax_set.effective_rate)
    assert set(fitted(issued).line_taxes) == {None}
