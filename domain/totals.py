"""Totals as Xero computes them: each line's tax rounded to the cent, then summed.

Source: Xero's page on rounding (tax is calculated and rounded per line; 25.06, 25.61 and 25.63 at 15 % give 11.44).
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from domain.document import InvoiceDocument, Line, LineAmounts, Totals
from domain.money import to_cents
from domain.tax import TaxSet

EffectiveRate = Callable[[TaxSet], Decimal]

_NOTHING = Decimal("0.00")


def line_amount(line: Line) -> Decimal:
    """Quantity × unit price less the discount, rounded to the cent, as Xero's LineAmount."""
    gross = line.quantity * line.unit_amount
    if line.discount_rate is not None:
        return to_cents(gross * (100 - line.discount_rate) / 100)
    return to_cents(gross - (line.discount_amount or 0))


def exact_tax(line: Line, line_amounts: LineAmounts, rate: Decimal) -> Decimal:
    """The tax in or on one line at `rate` percent, before it is rounded."""
    amount = line_amount(line)
    if line_amounts == "no_tax":
        return _NOTHING
    if line_amounts == "inclusive":
        return amount - amount / (1 + rate / 100)
    return amount * rate / 100


def line_tax(line: Line, line_amounts: LineAmounts, rate: Decimal) -> Decimal:
    """The tax in or on one line at `rate` percent, rounded to the cent."""
    return to_cents(exact_tax(line, line_amounts, rate))


def totals_of(document: InvoiceDocument, rate_of: EffectiveRate) -> Totals:
    """SubTotal, TotalTax and Total as Xero computes them by itself, each tax set charged at `rate_of` percent."""
    taxes = [line_tax(line, document.line_amounts, rate_of(line.tax_set)) for line in document.lines]
    return totals_with(document, taxes)


def totals_with(document: InvoiceDocument, taxes: Sequence[Decimal]) -> Totals:
    """SubTotal, TotalTax and Total where each line bears the tax given for it."""
    amounts, tax = sum(map(line_amount, document.lines), _NOTHING), sum(taxes, _NOTHING)
    if document.line_amounts == "inclusive":
        return Totals(sub_total=amounts - tax, total_tax=tax, total=amounts)
    return Totals(sub_total=amounts, total_tax=tax, total=amounts + tax)
