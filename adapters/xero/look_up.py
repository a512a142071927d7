"""Whether what Xero holds under a number is the invoice we sent. Pure.

Ours: its Url is the Kyrios link. Equal: number, contact, date, currency and total. What was created is ours or it is
not: an invoice of ours that somebody edited in Xero is still ours. Whether a change has arrived needs both.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from adapters.xero.answers import XeroInvoice
from domain.document import InvoiceDocument

Verdict = Literal["absent", "ours", "conflict"]
_GONE: Final = frozenset({"VOIDED", "DELETED"})


class Found(msgspec.Struct, frozen=True):
    """What a search came to, and the invoice it is about; None if there is none."""

    verdict: Verdict
    invoice: XeroInvoice | None = None


def is_ours(document: InvoiceDocument, found: XeroInvoice) -> bool:
    """Whether an invoice found in Xero is the one we sent, whatever became of it there.

    XERO-UNVERIFIED XU-03: whether a voided or deleted invoice frees its number; until known, a person decides.
    """
    return found.url == document.url and found.status.upper() not in _GONE


def is_as_sent(document: InvoiceDocument, xero_contact_id: str, found: XeroInvoice) -> bool:
    """Whether an invoice found in Xero is ours, and equal to what we sent."""
    return (
        is_ours(document, found)
        and found.number == document.number
        and found.contact_id == xero_contact_id.lower()
        and found.date == document.date
        and found.currency == document.currency
        and found.totals is not None
        and found.totals.total == document.totals.total
    )


def search(document: InvoiceDocument, elements: Sequence[XeroInvoice]) -> Found:
    """Judge everything a look-up answered. Purchase bills do not count: they may bear any number.

    Numbers that differ only in case or outer blanks are taken for the same, as Xero may refuse them for each other.
    """
    wanted = _folded(document.number)
    held = [e for e in elements if _folded(e.number) == wanted and e.type.upper() != "ACCPAY"]
    for element in held:
        if is_ours(document, element):
            return Found("ours", element)
    alive = [element for element in held if element.status.upper() not in _GONE]
    return Found("conflict", (alive or held)[0]) if held else Found("absent")


def _folded(number: str) -> str:
    return number.strip().casefold()
