"""Cents between Kyrios and Xero: which lines must bear a tax of their own, so that Xero's totals equal Kyrios's.

Xero rounds the tax of each line; Kyrios may have rounded the sum, or each component. Where that makes a difference of
at most one cent per taxed line, single lines are sent with a TaxAmount one cent beside Xero's own, and only those.

XERO-UNVERIFIED XU-30: that Xero keeps a TaxAmount that is a cent beside its own calculation. Its answer is compared.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from domain.document import InvoiceDocument, Line, Totals
from domain.money import CENT, to_cents
from domain.totals import EffectiveRate, exact_tax, line_amount, totals_with

Rounding = Literal["line_tax", "block"]
"""What an account wants done about such a cent: send tax amounts of lines, or hold the invoice back."""


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """What an invoice will come to in Xero, and the tax each line must be sent with; None leaves it to Xero.

    If `totals` are not the document's own, no tax we may send makes them so.
    """

    totals: Totals
    line_taxes: tuple[Decimal | None, ...]


def amounts_of(document: InvoiceDocument, rate_of: EffectiveRate, rounding: Rounding) -> Amounts:
    """Xero's totals of `document`, each tax set charged at `rate_of` percent, met to the cent if that can be done."""
    exact = [exact_tax(line, document.line_amounts, rate_of(line.tax_set)) for line in document.lines]
    own = [to_cents(tax) for tax in exact]
    totals = totals_with(document, own)
    left_to_xero = Amounts(totals=totals, line_taxes=(None,) * len(own))
    missing = document.totals.total_tax - totals.total_tax
    if rounding == "block" or not missing or not _only_tax_differs(document, totals):
        return left_to_xero
    step = CENT if missing > 0 else -CENT
    movable = _nearest_first(document.lines, exact, own, step)
    wanted = int(missing / step)
    if wanted > len(movable):
        return left_to_xero
    moved = set(movable[:wanted])
    taxes = [tax + step if index in moved else tax for index, tax in enumerate(own)]
    return Amounts(
        totals=totals_with(document, taxes),
        line_taxes=tuple(tax if index in moved else None for index, tax in enumerate(taxes)),
    )


def _only_tax_differs(document: InvoiceDocument, totals: Totals) -> bool:
    if document.line_amounts == "inclusive":
        return document.totals.total == totals.total
    return document.totals.sub_total == totals.sub_total


def _nearest_first(lines: Sequence[Line], exact: Sequence[Decimal], own: Sequence[Decimal], step: Decimal) -> list[int]:
    """The lines whose tax may be moved by one step, those first whose exact tax lies nearest to the cent moved to.

    Only a taxed line may be moved, and never across zero: a tax against the sign of its line is none.
    """
    movable = [
        index for index, line in enumerate(lines) if exact[index] and (own[index] + step) * line_amount(line) >= 0
    ]
    return sorted(movable, key=lambda index: abs(own[index] + step - exact[index]))
