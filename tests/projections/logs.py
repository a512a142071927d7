"""Logs for tests of the projections: events as they lie in the log, and random histories of invoices."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any, Final

import msgspec

from domain import invoice
from domain.causes import Cause
from domain.event import Event
from domain.topics import TOPIC_OF
from projections.recorded import Recorded
from tests.domain.every_event import EVERY_EVENT
from tests.examples import document, queued_invoice, totals

CAUSES: Final = (
    Cause("contact_missing", key="cus-001"),
    Cause("contact_missing", key="cus-002"),
    Cause("tax_set_unmapped", key="lux@12.5", facts={"tax_set": 'Luxury "12.5%"'}),
    Cause("total_differs_in_xero", key="total", facts={"difference": "NZD 0.01"}),
)
LATER: Final = tuple(event_type for event_type in invoice.EVENTS if event_type is not invoice.InvoiceQueued)


def recorded(events: Iterable[Event], first: int = 1) -> list[Recorded]:
    """These events as rows of the log, from position `first` on."""
    return [
        (position, event.originator_id, event.originator_version, TOPIC_OF[type(event)], msgspec.json.encode(event))
        for position, event in enumerate(events, start=first)
    ]


def renumbered(events: Sequence[Event]) -> list[Event]:
    """The events as one stream: that of the first, without a gap."""
    stream = events[0].originator_id
    return [
        msgspec.structs.replace(event, originator_id=stream, originator_version=version)
        for version, event in enumerate(events, start=1)
    ]


def random_history(chance: Random, kyrios_invoice_id: str, account_id: str, length: int) -> list[Event]:
    """An invoice and whatever may happen to it, in any order; causes, amounts and currencies vary."""
    cents = chance.randrange(1, 10_000)
    issued = document(
        number=kyrios_invoice_id.upper(), totals=totals("0.01", "0.00", f"{cents // 100}.{cents % 100:02}")
    )
    first = queued_invoice(kyrios_invoice_id, account_id, issued)
    rest = [_varied(chance, EVERY_EVENT[chance.choice(LATER)]) for _ in range(length)]
    later = [msgspec.structs.replace(event, account_id=account_id) for event in rest]
    return renumbered([*first, *later])


def _varied(chance: Random, event: Event) -> Event:
    changes: dict[str, Any] = {}
    if isinstance(event, invoice.InvoiceBlocked):
        changes["causes"] = tuple(chance.sample(CAUSES, chance.randrange(1, 4)))
    if isinstance(event, invoice.SyncFailed | invoice.ReviewRaised | invoice.ReviewCleared):
        changes["cause"] = chance.choice(CAUSES)
    if isinstance(event, invoice.InvoiceRevised):
        changes["document"] = document(currency=chance.choice(["NZD", "AUD"]), totals=totals("7.00", "1.05", "8.05"))
    return msgspec.structs.replace(event, **changes)


def interleaved(chance: Random, streams: Sequence[Sequence[Event]]) -> list[Event]:
    """The events of many streams in one order that keeps each stream's own."""
    left = [list(stream) for stream in streams if stream]
    events = []
    while left:
        stream = chance.choice(left)
        events.append(stream.pop(0))
        left = [stream for stream in left if stream]
    return events
