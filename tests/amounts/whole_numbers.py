"""The third arithmetic: what an invoice comes to in Xero, in whole numbers only, written apart from the other two.

Quantities and unit prices are ten-thousandths, discount rates and tax rates ten-thousandths of a percent, amounts
cents. Rounding is half-up, away from zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

HUNDRED_PERCENT = 1_000_000

Basis = Literal["exclusive", "inclusive", "no_tax"]
Charge = tuple[int, bool]
"""One tax: its rate, and whether it is charged on top of those before it."""


@dataclass(frozen=True)
class Row:
    """One line: at most one of the discounts is not zero; `discount_cents` is taken off the whole line."""

    quantity: int
    unit_price: int
    charges: tuple[Charge, ...] = ()
    discount_rate: int = 0
    discount_cents: int = 0


@dataclass(frozen=True)
class Sums:
    """Totals in cents."""

    net: int
    tax: int
    gross: int


def rounded(numerator: int, denominator: int) -> int:
    """The nearest whole number; a half goes away from zero. The denominator is above zero."""
    whole, rest = divmod(abs(numerator), denominator)
    nearest = whole + (2 * rest >= denominator)
    return nearest if numerator >= 0 else -nearest


def effective_rate(charges: Sequence[Charge]) -> int:
    """What several taxes come to: simple ones added, each compound one charged on top."""
    numerator, denominator = HUNDRED_PERCENT + sum(rate for rate, compound in charges if not compound), 1
    for rate, compound in charges:
        if compound:
            numerator, denominator = numerator * (HUNDRED_PERCENT + rate), denominator * HUNDRED_PERCENT
    return rounded(numerator, denominator) - HUNDRED_PERCENT


def amount_of(row: Row) -> int:
    """The line in cents, its discount taken off."""
    # Two factors of ten thousand, and a hundred cents: a product is a millionth of a cent.
    product = row.quantity * row.unit_price * (HUNDRED_PERCENT - row.discount_rate)
    return rounded(product - row.discount_cents * 1_000_000 * HUNDRED_PERCENT, 1_000_000 * HUNDRED_PERCENT)


def tax_fraction(row: Row, basis: Basis) -> tuple[int, int]:
    """The tax of a line in cents before rounding, as a fraction."""
    rate = effective_rate(row.charges)
    if basis == "no_tax":
        return 0, 1
    return amount_of(row) * rate, HUNDRED_PERCENT + (rate if basis == "inclusive" else 0)


def sums_of(rows: Sequence[Row], basis: Basis) -> Sums:
    """The totals Xero comes to by itself."""
    return added(rows, basis, sum(rounded(*tax_fraction(row, basis)) for row in rows))


def added(rows: Sequence[Row], basis: Basis, tax: int) -> Sums:
    """The totals of an invoice whose tax is `tax`."""
    amounts = sum(map(amount_of, rows))
    return Sums(amounts - tax, tax, amounts) if basis == "inclusive" else Sums(amounts, tax, amounts + tax)


def within_reach(rows: Sequence[Row], basis: Basis, wanted: Sums) -> bool:
    """Whether moving the tax of some lines by one cent each leads to `wanted`."""
    own = sums_of(rows, basis)
    missing = wanted.tax - own.tax
    if wanted != added(rows, basis, wanted.tax):
        return False
    step = 1 if missing > 0 else -1
    return abs(missing) <= sum(_can_move(row, basis, step) for row in rows)


def _can_move(row: Row, basis: Basis, step: int) -> bool:
    """A tax may be moved if there is one, and if it does not turn against the sign of its line."""
    numerator, denominator = tax_fraction(row, basis)
    moved = rounded(numerator, denominator) + step
    return numerator != 0 and (moved == 0 or (moved > 0) == (amount_of(row) > 0))
