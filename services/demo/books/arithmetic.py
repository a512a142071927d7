"""The check's own arithmetic, written apart from the engine's and the simulator's on purpose."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from services.demo.books.sources import FileInvoice, Item, Tax, Totals

Sums = dict[str, Decimal]
"""Total per currency code."""


def recompute(invoice: FileInvoice) -> Totals:
    """The totals of an invoice from its lines: each line and its tax rounded to the cent, half up, then added."""
    amounts = tax = Decimal("0.00")
    for item in invoice.lines:
        amounts += _amount(item)
        tax += _tax(item, invoice.line_amounts)
    if invoice.line_amounts == "inclusive":
        return Totals(amounts - tax, tax, amounts)
    return Totals(amounts, tax, amounts + tax)


def is_as_its_lines_say(invoice: FileInvoice) -> bool:
    """Whether the totals of the file are those of its lines, but for a cent of tax on each taxed line.

    The file may have rounded its tax once, where line by line it comes to some cents more or less.
    """
    own, stated = recompute(invoice), invoice.totals
    if stated.sub_total + stated.total_tax != stated.total:
        return False
    inclusive = invoice.line_amounts == "inclusive"
    same = own.total == stated.total if inclusive else own.sub_total == stated.sub_total
    taxed = sum(_rate(item.taxes) > 0 and _amount(item) != 0 for item in invoice.lines)
    return same and abs(own.total_tax - stated.total_tax) * 100 <= (0 if invoice.line_amounts == "no_tax" else taxed)


def sum_by_currency(amounts: Iterable[tuple[str, Decimal]]) -> Sums:
    """Amounts with their currencies, added up per currency."""
    sums: Sums = {}
    for currency, amount in amounts:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sums


def _amount(item: Item) -> Decimal:
    gross = item.quantity * item.unit_amount
    return _cents(gross - gross * item.discount_rate / 100 - item.discount_amount)


def _tax(item: Item, line_amounts: str) -> Decimal:
    rate = _rate(item.taxes)
    if line_amounts == "no_tax":
        return Decimal(0)
    if line_amounts == "inclusive":
        return _cents(_amount(item) * rate / (100 + rate))
    return _cents(_amount(item) * rate / 100)


def _rate(taxes: list[Tax]) -> Decimal:
    """What several taxes come to in percent: plain ones added, then each compound one charged on top."""
    rate = sum((tax.rate for tax in taxes if not tax.compound), Decimal(0))
    for tax in taxes:
        if tax.compound:
            rate += tax.rate + rate * tax.rate / 100
    return rate


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
