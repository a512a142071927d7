"""Amounts are checked as text before they become numbers, and rounded in one place."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money, NotAnAmount, half_up, parse_amount, to_cents


@pytest.mark.parametrize(
    "text",
    ["0", "7", "12.5", "-12.50", "0.0001", "-0.0001", "9999999999.9999", "-9999999999.9999", "0000000001", "00.10"],
)
def test_a_plain_decimal_is_read_as_written(text: str) -> None:
    assert parse_amount(text) == Decimal(text)
    assert parse_amount(text).as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "NaN",
        "sNaN",
        "nan",
        "Infinity",
        "-inf",
        "1e5",
        "1E-2",
        "1e999999",
        "-1e999999999",
        "1_000",
        "1,000",
        "1.000,00",
        "+1",
        " 1",
        "1 ",
        "1\n",
        "1\x00",
        "--1",
        "-",
        ".",
        "1.",
        ".5",
        "1.2.3",
        "0x10",
        "１２",
        "１.5",
        "١٢",
        "1٫5",
        "²",
        "−1",
        "$1",
        "12345678901",
        "00000000001",
        "0.12345",
        "1.00000",
        "9" * 1_000_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_amount(text)


def test_a_refusal_says_what_was_expected_and_shows_what_came() -> None:
    with pytest.raises(NotAnAmount, match=r"'12\.3\.4' is not an amount: at most 10 digits, a point and 4 decimals"):
        parse_amount("12.3.4")


def test_a_refusal_shows_only_the_beginning_of_a_long_text() -> None:
    with pytest.raises(NotAnAmount) as refused:
        parse_amount("9" * 100_000)
    assert len(str(refused.value)) < 150


@pytest.mark.parametrize("text", ["12.345", "0.001", "-1.000", "1.0000"])
def test_more_decimals_than_asked_for_are_refused_even_zeros(text: str) -> None:
    with pytest.raises(NotAnAmount, match=r"more than 2 decimals"):
        parse_amount(text, places=2)


@pytest.mark.parametrize(("text", "written"), [("-0", "0"), ("-0.00", "0.00"), ("-0000.0", "0.0")])
def test_minus_nothing_is_nothing(text: str, written: str) -> None:
    assert str(parse_amount(text)) == written


@given(st.integers(-(10**14) + 1, 10**14 - 1), st.integers(0, 4))
def test_every_amount_in_bounds_is_read_exactly(units: int, places: int) -> None:
    amount = Decimal(units).scaleb(-4).quantize(Decimal(1).scaleb(-places), rounding="ROUND_DOWN")
    assert parse_amount(format(amount, "f"), places=places) == amount


@given(st.text(max_size=30))
def test_reading_any_text_gives_an_amount_or_a_refusal(text: str) -> None:
    try:
        amount = parse_amount(text)
    except NotAnAmount:
        return
    assert amount.is_finite()
    assert abs(amount) < 10**10


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("0.005", "0.01"),
        ("0.0049999999", "0.00"),
        ("0.015", "0.02"),
        ("0.025", "0.03"),
        ("2.675", "2.68"),
        ("1.004", "1.00"),
        ("-0.005", "-0.01"),
        ("-0.015", "-0.02"),
        ("-0.025", "-0.03"),
        ("-0.004", "0.00"),
        ("-1.0049", "-1.00"),
        ("9999999999.995", "10000000000.00"),
        ("7", "7.00"),
    ],
)
def test_half_a_cent_is_rounded_away_from_zero(amount: str, cents: str) -> None:
    assert to_cents(Decimal(amount)) == Decimal(cents)
    assert to_cents(Decimal(amount)).as_tuple().exponent == -2


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**10), max_value=10**10))
def test_rounding_is_the_same_on_both_sides_of_zero(amount: Decimal) -> None:
    assert to_cents(-amount) == -to_cents(amount)
    assert abs(to_cents(amount) - amount) <= Decimal("0.005")


def test_the_same_rounding_serves_finer_steps() -> None:
    assert half_up(Decimal("15.47365"), Decimal("0.0001")) == Decimal("15.4737")


@pytest.mark.parametrize(
    ("amount", "shown"), [("48210.17", "NZD 48,210.17"), ("-1234.5", "NZD -1,234.50"), ("0", "NZD 0.00")]
)
def test_money_is_shown_with_its_currency_and_two_decimals(amount: str, shown: str) -> None:
    assert str(Money(Decimal(amount), "NZD")) == shown
