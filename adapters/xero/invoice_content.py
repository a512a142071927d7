"""What of an invoice a revision may change besides its number, contact, date, currency and totals. Pure.

One canonical form for what we sent and for what Xero shows, so that both can be compared. Whatever is not exactly the
same counts as different: an update that is made once more changes nothing, one that is forgotten is lost.
"""

from decimal import Decimal
from typing import Any, Final

import msgspec

from adapters.xero import fields
from adapters.xero.fields import Json

_AMOUNTS: Final = ("Quantity", "UnitAmount", "DiscountRate", "DiscountAmount")


def content_of(element: Json) -> bytes:
    """The due date, the reference, how amounts are meant, and the lines in their order; without ids of lines."""
    due = fields.day(element, "DueDate")
    return msgspec.json.encode(
        [
            due.isoformat() if due else "",
            fields.text(element, "Reference"),
            fields.text(element, "LineAmountTypes").upper(),
            [_line(line) for line in fields.objects(element.get("LineItems"))],
        ]
    )


def content_of_fragment(fragment: bytes) -> bytes:
    """The same of an invoice as it was rendered."""
    return content_of(msgspec.json.decode(fragment))


def _line(line: Json) -> list[Any]:
    amounts = [_plain(fields.number(_exact(line.get(name)))) for name in _AMOUNTS]
    return [
        fields.text(line, "Description"),
        fields.identifier(line, "AccountID"),
        fields.text(line, "TaxType").upper(),
        *amounts,
    ]


def _exact(value: object) -> object:
    return str(value) if isinstance(value, float) else value


def _plain(amount: Decimal | None) -> str:
    """An amount as digits; none and zero are the same, since Xero shows a discount of zero where there is none."""
    return format(amount.normalize(), "f") if amount else ""
