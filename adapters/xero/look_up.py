"""Whether what Xero holds under a number is the invoice we sent. Pure.

Ours: its Url is the Kyrios link. Equal: number, contact, date, currency and total.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from adapters.xero.answers import XeroInvoice
from domain.document import InvoiceDocument

Verdict = Literal["absent", "ours_equal", "conflict"]
_GONE: Final = frozenset({"VOIDED", "DELETED"})


class Found(msgspec.Struct, frozen=True):
    """What a search came to, and the invoice it is about; None if there is none."""

    verdict: Verdict
    invoice: XeroInvoice | None = None


def same_invoice(
    document: InvoiceDocument, xero_contact_id: str, found: XeroInvoice
) -> Literal["ours_equal", "conflict"]:
    """Compare one invoice found in Xero with ours.

    XERO-UNVERIFIED XU-03: whether a voided or deleted invoice frees its number; until known, a person decides.
    """
    ours = found.url == document.url and found.status.upper() not in _GONE
    equal = (
        found.number == document.number
        and found.contact_id == xero_contact_id.lower()
        and found.date == document.date
        and found.currency == document.currency
        and found.totals is not None
        and found.totals.total == document.totals.total
    )
    return "ours_equal" if ours and equal else "conflict"


def search(document: InvoiceDocument, xero_contact_id: str, elements: Sequence[XeroInvoice]) -> Found:
    """Judge everything a look-up answered. Purchase bills do not count: they may bear any number.

    Numbers that differ only in case or outer blanks are taken for the same, as Xero may refuse them for each other.
    """
    wanted = _folded(document.number)
    held = [e for e in elements if _folded(e.number) == wanted and e.type.upper() != "ACCPAY"]
    for element in held:
        if same_invoice(document, xero_contact_id, element) == "ours_equal":
            return Found("ours_equal", element)
    alive = [element for element in held if element.status.upper() not in _GONE]
    return Found("conflict", (alive or held)[0]) if held else Found("absent")


def _folded(number: str) -> str:
    return number.strip().casefold()
