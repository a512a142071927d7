"""Which calls to the outside world an event asks for. Effects follow event types and nothing else.

Pure, so that the entries still open can be derived again from the log and compared with the outbox.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import msgspec

from domain.event import Event
from domain.invoice_events import (
    DismissalUndone,
    EntryKind,
    InvoiceBlocked,
    InvoiceQueued,
    InvoiceReleased,
    InvoiceRevised,
    InvoiceSynced,
    InvoiceVoided,
    RetryRequested,
    SyncDismissed,
    SyncFailed,
)
from domain.streams import connection_id


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An intent to call the outside world, stored with the event that asks for it.

    `effect_key` is unique for ever; `seq` orders the entries of one stream.
    """

    effect_key: str
    kind: EntryKind
    connection_id: UUID
    stream_id: UUID
    seq: int


def effects_of(event: Event) -> list[Entry]:
    """The entries an event opens; most open none."""
    match event:
        case InvoiceQueued():
            return [_create(event)]
        case InvoiceRevised() | InvoiceReleased() | RetryRequested() | DismissalUndone() if (
            event.opens == "create_invoice"
        ):
            return [_create(event)]
    return []


def entries_still_open(stream: Iterable[Event]) -> dict[str, Entry]:
    """The live entries of one stream, derived from its events alone, by effect key."""
    live: dict[str, Entry] = {}
    for event in stream:
        if isinstance(event, _CLOSING):
            live.clear()
        live.update((entry.effect_key, entry) for entry in effects_of(event))
    return live


_CLOSING: Final = (InvoiceSynced, SyncFailed, InvoiceBlocked, SyncDismissed, InvoiceVoided, InvoiceRevised)


def _create(event: Event) -> Entry:
    return Entry(
        effect_key=f"create_invoice/{event.event_id}",
        kind="create_invoice",
        connection_id=connection_id(event.account_id),
        stream_id=event.originator_id,
        seq=event.originator_version,
    )
