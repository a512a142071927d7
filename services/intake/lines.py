"""The lines of an invoice: what was sold, at what price, with which taxes."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from domain.document import Line
from domain.tax import TaxComponent, TaxSet
from domain.totals import line_amount
from services.intake import fields
from services.intake.place import Place

MOST_LINES: Final = 500
MOST_TAXES: Final = 10
LARGEST_LINE: Final = Decimal("9999999999.99")
"""Source: Xero's line item schema (LineAmount)."""

_REQUIRED: Final = ("description", "quantity", "unit_amount")
_OPTIONAL: Final = ("taxes", "ledger_account_id", "discount_rate", "discount_amount")


@dataclass(frozen=True)
class DescribedLine:
    """A line and its free text, which part ways right after: only the first may stand in an event."""

    line: Line
    description: str


def read_lines(place: Place) -> list[DescribedLine]:
    """All lines, 1 to 500."""
    if isinstance(place.value, list) and not 1 <= len(place.value) <= MOST_LINES:
        place.refuse(f"has {len(place.value)} lines; 1 to {MOST_LINES} are allowed")
        return []
    return [_read_line(item) for item in place.items()]


def _read_line(place: Place) -> DescribedLine:
    faults_before = place.faults.count
    at = place.fields(_REQUIRED, _OPTIONAL)
    line = Line(
        quantity=fields.amount(at["quantity"]),
        unit_amount=fields.amount(at["unit_amount"]),
        tax_set=_read_taxes(at["taxes"]),
        ledger_account_id=fields.guid(at["ledger_account_id"]),
        discount_rate=None if at["discount_rate"].absent else fields.percentage(at["discount_rate"]),
        discount_amount=None if at["discount_amount"].absent else _read_discount(at["discount_amount"]),
    )
    described = DescribedLine(line, fields.text(at["description"], most=4000, lines=True))
    if place.faults.count == faults_before:
        _check_amounts(place, line)
    return described


def _read_discount(place: Place) -> Decimal:
    found = fields.amount(place, places=2)
    if found < 0:
        place.refuse("is below zero; a surcharge is a line of its own")
    return found


def _check_amounts(place: Place, line: Line) -> None:
    gross = line.quantity * line.unit_amount
    if line.discount_rate is not None and line.discount_amount is not None:
        place.refuse("has a discount_rate and a discount_amount; only one of them is allowed")
    elif abs(gross) > LARGEST_LINE:
        place.refuse(f"comes to more than {LARGEST_LINE:,}, the most Xero holds in one line")
    elif line.discount_amount and line.discount_amount > abs(gross):
        place.refuse("has a discount_amount greater than the line")
    elif abs(line_amount(line)) > LARGEST_LINE:
        place.refuse(f"comes to more than {LARGEST_LINE:,}, the most Xero holds in one line")


def _read_taxes(place: Place) -> TaxSet:
    if isinstance(place.value, list) and len(place.value) > MOST_TAXES:
        place.refuse(f"has {len(place.value)} taxes; at most {MOST_TAXES} are allowed")
        return TaxSet()
    components = tuple(_read_tax(item) for item in place.items())
    ids = [component.tax_id for component in components if component.tax_id]
    if len(set(ids)) < len(ids):
        place.refuse("names the same tax more than once")
    return TaxSet(components)


def _read_tax(place: Place) -> TaxComponent:
    at = place.fields(("id", "rate"), ("compound",))
    return TaxComponent(
        tax_id=fields.identifier(at["id"]), rate=fields.percentage(at["rate"]), compound=fields.flag(at["compound"])
    )
