"""Which calls to the outside world an event asks for. Effects follow event types and nothing else.

Pure, so that the entries still open can be derived again from the log and compared with the outbox.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import msgspec

from domain.connection_events import AccessRemoved, Connected, ConnectionRemoved, Disconnected, OrganisationSelected
from domain.contact_link import ContactLinked, ContactRefused, ContactWanted
from domain.document import Payment
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
    PaymentSynced,
    RetryRequested,
    ReviewRaised,
    SyncDismissed,
    SyncFailed,
    VoidSynced,
)
from domain.invoice_payment import payment_in
from domain.streams import connection_id


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An intent to call the outside world, stored with the event that asks for it.

    `effect_key` is unique for ever; `seq` orders the entries of one stream. With `organisation_id` it is meant for that
    one's books alone. `asked` says that a person asked for it, and may have it sent out of the day's reserve.
    `searches` names an earlier delivery of the same: whether that arrived is to be found out first.
    """

    effect_key: str
    kind: EntryKind
    connection_id: UUID
    stream_id: UUID
    seq: int
    organisation_id: str | None = None
    asked: bool = False
    searches: UUID | None = None


def effects_of(event: Event) -> list[Entry]:
    """The entries an event opens; most open none."""
    match event:
        case InvoiceQueued():
            return [_entry(event, "create_invoice")]
        case InvoiceSynced() | RetryRequested():
            return [*_opened_by(event), *(_create_payment(event, payment) for payment in event.payments)]
        case ContactWanted():
            return [_entry(event, "create_contact")]
        case Disconnected():
            return [*_removal(event, event.grant_id), *_removals(event)]
        case Connected():
            return _removal(event, event.leaves)
        case OrganisationSelected():
            return [*_removal(event, event.event_id if event.leaves else None), *_removals(event)]
    return _opened_by(event)


def entries_still_open(stream: Iterable[Event]) -> dict[str, Entry]:
    """The live entries of one stream, derived from its events alone, by effect key."""
    live: dict[str, Entry] = {}
    for event in stream:
        live = {key: entry for key, entry in live.items() if not _ends(event, entry)}
        live.update((entry.effect_key, entry) for entry in effects_of(event))
    return live


def _ends(event: Event, entry: Entry) -> bool:
    """Whether an event ends an entry; one on the wire outlives the voiding of its invoice."""
    if isinstance(event, InvoiceVoided):
        return entry.effect_key != event.awaits
    if isinstance(event, AccessRemoved):
        return entry.kind == "remove_connection" and entry.stream_id == event.grant_id
    if isinstance(event, ConnectionRemoved):
        return entry.kind == "remove_connection" and entry.stream_id == event.removal
    if entry.kind == "create_payment":
        return _payment_settled_by(event) == _payment_of(entry)
    return _ends_change(event, entry.kind)


def _ends_change(event: Event, kind: EntryKind) -> bool:
    match event:
        case InvoiceSynced():
            return kind != "void_invoice"
        case SyncFailed():
            return kind == event.kind
        case ReviewRaised():
            return kind == event.closes
    return isinstance(event, _CLOSING)


def _payment_settled_by(event: Event) -> str | None:
    match event:
        case PaymentSynced():
            return event.payment.payment_id
        case ReviewRaised():
            return payment_in(event.cause)
    return None


def _payment_of(entry: Entry) -> str:
    return entry.effect_key.rpartition("/")[2]


_CLOSING: Final = (InvoiceBlocked, SyncDismissed, VoidSynced, ContactLinked, ContactRefused)
_OPENING: Final = (
    InvoiceRevised,
    InvoiceReleased,
    InvoiceSynced,
    PaymentSynced,
    SyncFailed,
    RetryRequested,
    DismissalUndone,
    ReviewRaised,
    InvoiceVoided,
)
_SEEKING: Final = (InvoiceRevised, RetryRequested, InvoiceVoided)


def _opened_by(event: Event) -> list[Entry]:
    """What an event says itself that it opens; payments are named one by one elsewhere."""
    if not isinstance(event, _OPENING) or event.opens is None or event.opens == "create_payment":
        return []
    return [_to_be_sought(event, _entry(event, event.opens))]


def _to_be_sought(event: Event, entry: Entry) -> Entry:
    """What may be in Xero already is looked for in the books where it would be."""
    if not isinstance(event, _SEEKING) or event.searches is None:
        return entry
    return msgspec.structs.replace(entry, organisation_id=event.organisation_id, searches=event.searches)


def _entry(event: Event, kind: EntryKind) -> Entry:
    return Entry(
        effect_key=f"{kind}/{event.event_id}",
        kind=kind,
        connection_id=connection_id(event.account_id),
        stream_id=event.originator_id,
        seq=event.originator_version,
        asked=isinstance(event, RetryRequested),
    )


def _removal(event: Event, removal: UUID | None) -> list[Entry]:
    """The entry's stream is what leaves, a grant or a choice: a newer one of the account has nothing to wait for."""
    if removal is None:
        return []
    return [msgspec.structs.replace(_entry(event, "remove_connection"), stream_id=removal)]


def _removals(event: OrganisationSelected | Disconnected) -> list[Entry]:
    """Of the former grants that had waited for this."""
    return [
        msgspec.structs.replace(entry, effect_key=f"{entry.effect_key}/{grant}")
        for grant in event.leaves_now
        for entry in _removal(event, grant)
    ]


def _create_payment(event: Event, payment: Payment) -> Entry:
    return Entry(
        effect_key=f"create_payment/{event.event_id}/{payment.payment_id}",
        kind="create_payment",
        connection_id=connection_id(event.account_id),
        stream_id=event.originator_id,
        seq=event.originator_version,
        organisation_id=event.organisation_id,
        asked=isinstance(event, RetryRequested),
        searches=event.payments_sought.get(payment.payment_id) if isinstance(event, RetryRequested) else None,
    )
