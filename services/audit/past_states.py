"""What is told of a past moment: states, and the events that led to them."""

import datetime as dt
from uuid import UUID

import msgspec

from adapters.event_store.recorded_events import RecordedEvent
from domain.causes import Cause
from domain.connection import Connection
from domain.contact_link import ContactLink
from domain.event import Event
from domain.invoice import Invoice, Status
from domain.tax import TaxMapping
from projections.connection_status import ConnectionState
from projections.counters import Counter
from services.audit.until import Until
from services.audit.words import in_words


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One event: where in the log, when it was recorded and when it occurred (UTC), who caused it, what it says."""

    position: int
    recorded_at: dt.datetime
    occurred_at: dt.datetime
    actor: str
    event: str
    says: str
    event_id: UUID
    stream_id: UUID
    version: int
    correlation_id: UUID
    causation_id: UUID | None


class PastInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice as it stood: `status`, `causes` and `reviews` as the projection said, `state` all that was known."""

    account_id: str
    until: Until
    status: Status
    says: str
    causes: tuple[Cause, ...]
    reviews: tuple[Cause, ...]
    state: Invoice
    events: tuple[Happened, ...]


class PastConnection(msgspec.Struct, frozen=True, kw_only=True):
    """A connection as it stood: `status` and `held_by` as the projection said, `state` all that was known."""

    account_id: str
    until: Until
    status: ConnectionState
    says: str
    held_by: tuple[Cause, ...]
    state: Connection
    events: tuple[Happened, ...]


class PastMapping(msgspec.Struct, frozen=True, kw_only=True):
    """One tax set Kyrios offered or that was mapped, its Xero rate then, if any, and what last happened to it."""

    tax_set: str
    name: str
    mapping: TaxMapping | None
    last: Happened | None


class PastTaxes(msgspec.Struct, frozen=True, kw_only=True):
    """The tax mappings as they stood, with every event about taxes until then."""

    account_id: str
    until: Until
    mappings: tuple[PastMapping, ...]
    mapping_version: int
    events: tuple[Happened, ...]


class PastContact(msgspec.Struct, frozen=True, kw_only=True):
    """Which Xero contact stood for a Kyrios contact."""

    account_id: str
    until: Until
    state: ContactLink
    events: tuple[Happened, ...]


class PastAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A whole account: its connection, and the number and sum of its invoices by currency and state.

    `connection` is None before the first consent.
    """

    account_id: str
    until: Until
    says: str
    connection: ConnectionState | None
    held_by: tuple[Cause, ...]
    counters: tuple[Counter, ...]
    balance: str


def happened(row: RecordedEvent, event: Event, reason: str = "") -> Happened:
    """One event of the log in words, with the reason a person gave for it."""
    return Happened(
        position=row.position,
        recorded_at=row.recorded_at,
        occurred_at=event.occurred_at,
        actor=str(event.actor),
        event=type(event).__name__,
        says=in_words(event, reason),
        event_id=event.event_id,
        stream_id=event.originator_id,
        version=event.originator_version,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
    )
