"""Which lines a write wants: those it brings and, of an invoice that exists, what it leaves of the others.

Xero's invoices page: a line with its LineItemID is updated, one without is created, one left out is deleted.
"""

import uuid
from dataclasses import dataclass, field

from adapters.simulator.ledger.documents import Document

KEPT = ("Description", "Quantity", "UnitAmount", "AccountCode", "AccountID", "TaxType", "Tracking")
AMOUNTS = ("Quantity", "UnitAmount", "DiscountRate", "DiscountAmount", "TaxType", "LineAmount", "TaxAmount")
INSTEAD = {
    "AccountCode": "AccountID",
    "AccountID": "AccountCode",
    "DiscountRate": "DiscountAmount",
    "DiscountAmount": "DiscountRate",
}


@dataclass(slots=True)
class WantedLines:
    """The lines to be judged, each with the id it will have, and what is wrong with the ids that were sent."""

    lines: list[tuple[str, Document]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def merged_lines(given: Document, held: Document | None) -> WantedLines:
    """The lines of a write to an invoice that is new or ``held``."""
    wanted = WantedLines()
    if held is None:
        wanted.lines = [(str(uuid.uuid4()), line) for line in given.get("LineItems", [])]
        return wanted
    known = {line["LineItemID"]: line for line in held["LineItems"]}
    taxes_anew = given.get("LineAmountTypes", held["LineAmountTypes"]) != held["LineAmountTypes"]
    for line in given.get("LineItems", [{"LineItemID": line_id} for line_id in known]):
        line_id = line.get("LineItemID")
        if line_id is None:
            wanted.lines.append((str(uuid.uuid4()), line))
        elif line_id in known:
            wanted.lines.append((line_id, _merged(line, known.pop(line_id), taxes_anew)))
        else:
            # XERO-UNVERIFIED XU-29: the text for a line that is not on the invoice, or is named twice.
            wanted.messages.append(f"The LineItemID {line_id} is not on this invoice.")
    return wanted


def _merged(line: Document, held: Document, taxes_anew: bool) -> Document:
    """A line over the one it updates; its own tax amount stays only while nothing that makes it has changed."""
    base = {name: held[name] for name in (*KEPT, "DiscountRate", "DiscountAmount") if name in held}
    same = all(name not in line or line[name] == held.get(name) for name in AMOUNTS)
    if same and not taxes_anew and "TaxAmount" in held and "Quantity" in held:
        base["TaxAmount"] = held["TaxAmount"]
    for name, other in INSTEAD.items():
        if name in line and other not in line:
            base.pop(other, None)
    return base | line
