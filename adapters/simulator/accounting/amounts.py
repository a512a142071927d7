"""The simulator's own arithmetic: what an invoice comes to at Xero.

Written from Xero's rounding page, not from the engine: tax is computed per line, rounded to two decimals, then summed;
unit prices are rounded to two decimals first unless four were asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
FOUR = Decimal("0.0001")
HUNDRED = Decimal(100)
ZERO = Decimal("0.00")
LARGEST = Decimal("9999999999.99")


@dataclass(frozen=True, slots=True)
class Rounding:
    """How a half is rounded. XERO-UNVERIFIED XU-12: half-up away from zero, also for negatives and inclusive tax."""

    to_even: bool = False

    def to(self, step: Decimal, value: Decimal) -> Decimal:
        """The value in whole steps (0.01: two decimals); never a negative zero."""
        return value.quantize(step, ROUND_HALF_EVEN if self.to_even else ROUND_HALF_UP) + 0


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """One line: price and quantity as kept, its amount, its tax, and what discount took off."""

    unit_amount: Decimal
    quantity: Decimal
    line_amount: Decimal
    tax_amount: Decimal
    discount: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The invoice: ``total`` is what the customer owes."""

    sub_total: Decimal
    total_tax: Decimal
    total: Decimal
    total_discount: Decimal


def line_amounts(
    quantity: Decimal,
    unit_amount: Decimal,
    discount_rate: Decimal | None,
    discount_amount: Decimal | None,
    rate: Decimal,
    amount_type: str,
    unit_step: Decimal,
    rounding: Rounding,
) -> LineAmounts:
    """Compute a line; ``rate`` in percent, ``amount_type`` Exclusive, Inclusive or NoTax."""
    unit = rounding.to(unit_step, unit_amount)
    count = rounding.to(FOUR, quantity)
    gross = rounding.to(CENT, count * unit)
    amount = gross
    if discount_rate is not None:
        amount = rounding.to(CENT, count * unit * (HUNDRED - discount_rate) / HUNDRED)
    elif discount_amount is not None:
        amount = rounding.to(CENT, gross - discount_amount)
    return LineAmounts(unit, count, amount, tax_on(amount, rate, amount_type, rounding), gross - amount)


def tax_on(amount: Decimal, rate: Decimal, amount_type: str, rounding: Rounding) -> Decimal:
    """Tax of one line in cents; an inclusive amount contains it."""
    if amount_type == "NoTax":
        return ZERO
    if amount_type == "Inclusive":
        return rounding.to(CENT, amount - amount / (1 + rate / HUNDRED))
    return rounding.to(CENT, amount * rate / HUNDRED)


def totals(lines: Sequence[tuple[Decimal, Decimal, Decimal]], amount_type: str) -> Totals:
    """Sum up lines of (amount, tax, discount)."""
    amount = sum((line[0] for line in lines), ZERO)
    tax = sum((line[1] for line in lines), ZERO)
    discount = sum((line[2] for line in lines), ZERO)
    if amount_type == "Inclusive":
        return Totals(amount - tax, tax, amount, discount)
    return Totals(amount, tax, amount + tax, discount)


def effective_rate(components: Sequence[dict[str, Any]]) -> Decimal:
    """Percent, four decimals. XERO-UNVERIFIED XU-13: compound components work on top of the simple ones' sum."""
    simple = sum((_rate(c) for c in components if not c.get("IsCompound")), Decimal(0))
    factor = 1 + simple / HUNDRED
    for component in components:
        if component.get("IsCompound"):
            factor *= 1 + _rate(component) / HUNDRED
    return ((factor - 1) * HUNDRED).quantize(FOUR, ROUND_HALF_UP)


def _rate(component: dict[str, Any]) -> Decimal:
    return Decimal(str(component.get("Rate", 0)))
