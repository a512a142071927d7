"""Money: exact decimals, checked as text before they become numbers, rounded in one place.

No float appears anywhere. Rounding is half-up, away from zero, to the cent.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import msgspec

CENT: Final = Decimal("0.01")
_AMOUNT: Final = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,4})?", re.ASCII)
_LONGEST_SHOWN: Final = 30


class Money(msgspec.Struct, frozen=True):
    """An exact amount in one currency (ISO 4217 code)."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.currency} {self.amount:,.2f}"


class NotAnAmount(ValueError):
    """The text is no plain decimal; the message says what was expected."""


def parse_amount(text: str, *, places: int = 4) -> Decimal:
    """Read a plain decimal: ASCII digits, at most 10 before and `places` (≤ 4) after the point.

    The text is matched before `Decimal` sees it: `Decimal("1e999999")` is accepted by the constructor and takes
    minutes to expand, NaN passes comparisons silently, and `1_000` or full-width digits would count as numbers.
    Minus nothing is read as nothing, so that equal amounts are also written alike.
    """
    if not _AMOUNT.fullmatch(text):
        raise NotAnAmount(f"{_shown(text)} is not an amount: at most 10 digits, a point and {places} decimals")
    amount = Decimal(text)
    if amount.is_zero():
        amount = amount.copy_abs()
    if -int(amount.as_tuple().exponent) > places:
        raise NotAnAmount(f"{_shown(text)} has more than {places} decimals")
    return amount


def to_cents(amount: Decimal) -> Decimal:
    """Round half-up, away from zero, to two decimals.

    XERO-UNVERIFIED XU-12: that Xero rounds exact half cents this way, also for negative amounts.
    """
    return half_up(amount, CENT)


def half_up(number: Decimal, step: Decimal) -> Decimal:
    """Round half-up, away from zero, to the decimals of `step`."""
    return number.quantize(step, rounding=ROUND_HALF_UP)


def _shown(text: str) -> str:
    cut = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return repr(cut)
