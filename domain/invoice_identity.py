"""By what an invoice is known outside: its Kyrios link, and its id in Xero. None belongs to two invoices of an account.

A look-up tells our invoice in Xero by its link alone, so two invoices with one link would be adopted as one.
"""

from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

import msgspec

from domain.event import Event
from domain.invoice_events import InvoiceQueued, InvoiceRevised, InvoiceSynced


class Identity(msgspec.Struct, frozen=True):
    """One name of one invoice: `link/…` or `xero/…`."""

    account_id: str
    name: str
    stream_id: UUID


def link(url: str) -> str:
    """The name a Kyrios link stands under; a link may be long, so it is a digest."""
    return f"link/{sha256(url.encode()).hexdigest()}"


def in_xero(xero_invoice_id: str) -> str:
    """The name an invoice in Xero stands under; Xero's ids are the same in any letter case."""
    return f"xero/{xero_invoice_id.lower()}"


def identities_of(events: Iterable[Event]) -> list[Identity]:
    """The names that these events give their invoices, each once."""
    names: dict[Identity, None] = {}
    for event in events:
        match event:
            case InvoiceQueued() | InvoiceRevised():
                name = link(event.document.url)
            case InvoiceSynced():
                name = in_xero(event.xero_invoice_id)
            case _:
                continue
        names[Identity(event.account_id, name, event.originator_id)] = None
    return list(names)
