"""Any past state: an invoice, a connection, its tax mappings, a contact's link, a whole account, as of a moment.

Folded from the log alone, by the folds of the projections and of the domain, so it is what the projections said then.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import Engine

from adapters.event_store import recorded_events
from adapters.event_store.bounded import unhurried
from adapters.event_store.mapper import RegistryMapper
from adapters.event_store.recorded_events import RecordedEvent
from adapters.event_store.store import EventStore
from domain import connection as connections
from domain import contact_link
from domain import invoice as invoices
from domain.event import Event, Evolve
from domain.refusals import NotPossible
from domain.state_words import invoice_words
from domain.streams import connection_id, contact_link_stream, invoice_stream
from projections import invoice_list
from projections.batch import Batch
from projections.connection_status import NOT_CONNECTED
from projections.invoice_status import causes_of
from services.audit.past_states import (
    Happened,
    PastAccount,
    PastConnection,
    PastContact,
    PastInvoice,
    PastMapping,
    PastTaxes,
    happened,
)
from services.audit.until import Until, find
from services.proof import conservation
from services.reasons import Words, reason_of
from services.views.row_in_words import row_in_words

_AT_ONCE: Final = 1_000
_ONE_MOMENT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Past:
    """Answers for any moment of the log."""

    def __init__(self, store: EventStore, read: Engine, said: Words) -> None:
        """`read` only helps to find invoices by number, and the invoices of an account; `said` opens reasons."""
        self._store, self._read, self._said, self._mapper = store, read, said, RegistryMapper()

    def invoice(self, account_id: str, asked: str, until: str | None = None) -> PastInvoice:
        """An invoice, by its Kyrios id or by its number. Raises NotPossible if there was none then."""
        with self._moment(until) as (cursor, then):
            recorded = self._of(cursor, invoice_stream(account_id, asked), then)
            for other in () if recorded else self._by_number(account_id, asked):
                recorded = recorded or self._of(cursor, invoice_stream(account_id, other), then)
        events, batch = self._told(recorded, f"account {account_id} had no invoice {asked}", then)
        (row,) = batch.invoices.values()
        causes, reviews = tuple(causes_of(row.causes)), tuple(causes_of(row.reviews))
        in_xero = row.xero_invoice_id is not None
        return PastInvoice(
            account_id=account_id,
            until=then,
            status=row.status,
            says=invoice_words(row.status, row.number, row.currency, in_xero=in_xero, causes=causes, reviews=reviews),
            causes=causes,
            reviews=reviews,
            state=_folded(events, invoices.evolve),
            events=self._history(recorded, events),
        )

    def connection(self, account_id: str, until: str | None = None) -> PastConnection:
        """The connection of an account. Raises NotPossible before its first event."""
        recorded, events, batch, then = self._connection(account_id, until)
        (row,) = batch.connections.values()
        return PastConnection(
            account_id=account_id,
            until=then,
            status=row.status,
            says=row_in_words(row),
            held_by=row.causes,
            state=_folded(events, connections.evolve),
            events=self._history(recorded, events),
        )

    def taxes(self, account_id: str, until: str | None = None) -> PastTaxes:
        """The tax mappings of an account. Raises NotPossible before the first event of its connection."""
        recorded, events, _, then = self._connection(account_id, until)
        state = _folded(events, connections.evolve)
        about = [
            (row, event)
            for row, event in zip(recorded, events, strict=True)
            if isinstance(event, connections.TaxRatesDeclared | connections.TaxMapped | connections.TaxUnmapped)
        ]
        history = tuple(self._happened(row, event) for row, event in about)
        last = {
            event.tax_set.key: happened
            for happened, (_, event) in zip(history, about, strict=True)
            if not isinstance(event, connections.TaxRatesDeclared)
        }
        offered = {one.tax_set.key: one.name for one in state.declared or ()}
        mapped = {key: state.mappings[key].tax_set.key for key in state.mappings if key not in offered}
        return PastTaxes(
            account_id=account_id,
            until=then,
            mappings=tuple(
                PastMapping(tax_set=key, name=name, mapping=state.mappings.get(key), last=last.get(key))
                for key, name in (offered | mapped).items()
            ),
            mapping_version=state.mapping_version,
            events=history,
        )

    def contact(self, account_id: str, kyrios_contact_id: str, until: str | None = None) -> PastContact:
        """The link of a Kyrios contact. Raises NotPossible before its first event."""
        with self._moment(until) as (cursor, then):
            recorded = self._of(cursor, contact_link_stream(account_id, kyrios_contact_id), then)
        nothing = f"nothing had happened to contact {kyrios_contact_id} of account {account_id}"
        events, _ = self._told(recorded, nothing, then)
        state = _folded(events, contact_link.evolve)
        return PastContact(account_id=account_id, until=then, state=state, events=self._history(recorded, events))

    def account(self, account_id: str, until: str | None = None) -> PastAccount:
        """An account as a whole. Raises NotPossible if nothing of it was known then."""
        lane = connection_id(account_id)
        with self._read.connect() as connection:
            streams = invoice_list.streams_of(connection, lane)
        with self._moment(until) as (cursor, then):
            batch = self.batch(cursor, [lane, *streams], then.position)
        row = batch.connections.get(lane)
        if row is None and not batch.invoices:
            raise NotPossible(f"nothing was known of account {account_id} {_when(then)}")
        held, counted = row.causes if row else NOT_CONNECTED, batch.counter_changes()
        return PastAccount(
            account_id=account_id,
            until=then,
            says=row_in_words(row),
            connection=row.status if row else None,
            held_by=held,
            counters=tuple(sorted(counted)),
            balance=str(conservation.from_counters(lane, account_id, counted, gate_open=not held)),
        )

    def batch(self, cursor: Cursor[Any], streams: Sequence[UUID], until: int) -> Batch:
        """The projections' rows of these streams as of a position, folded from the log."""
        batch = Batch({}, {}, {})
        for start in range(0, len(streams), _AT_ONCE):
            portion = recorded_events.of_streams(cursor, streams[start : start + _AT_ONCE], until)
            batch.fold((row.position, row.stream_id, row.version, row.topic, row.state) for row in portion)
        return batch

    @contextmanager
    def _moment(self, until: str | None) -> Iterator[tuple[Cursor[Any], Until]]:
        with self._store.cursor() as cursor:
            cursor.execute(_ONE_MOMENT)
            unhurried(cursor)
            yield cursor, find(cursor, until)

    def _of(self, cursor: Cursor[Any], stream: UUID, then: Until) -> list[RecordedEvent]:
        return recorded_events.of_stream(cursor, stream, then.position)

    def _by_number(self, account_id: str, number: str) -> list[str]:
        with self._read.connect() as connection:
            return invoice_list.by_number(connection, connection_id(account_id), number)

    def _connection(self, account_id: str, until: str | None) -> tuple[list[RecordedEvent], list[Event], Batch, Until]:
        with self._moment(until) as (cursor, then):
            recorded = self._of(cursor, connection_id(account_id), then)
        events, batch = self._told(recorded, f"account {account_id} had no connection", then)
        return recorded, events, batch, then

    def _told(self, recorded: list[RecordedEvent], otherwise: str, then: Until) -> tuple[list[Event], Batch]:
        if not recorded:
            raise NotPossible(f"{otherwise} {_when(then)}")
        batch = Batch({}, {}, {})
        batch.fold((row.position, row.stream_id, row.version, row.topic, row.state) for row in recorded)
        return [self._mapper.event_of(e.stream_id, e.version, e.topic, e.state) for e in recorded], batch

    def _history(self, recorded: Sequence[RecordedEvent], events: Sequence[Event]) -> tuple[Happened, ...]:
        return tuple(self._happened(row, event) for row, event in zip(recorded, events, strict=True))

    def _happened(self, row: RecordedEvent, event: Event) -> Happened:
        kept = reason_of(event)
        return happened(row, event, self._said(kept, event.account_id) if kept else "")


def _folded(events: Sequence[Event], evolve: Evolve[Any]) -> Any:
    state = None
    for event in events:
        state = evolve(state, event)
    return state


def _when(then: Until) -> str:
    if then.position == then.head:
        return "so far"
    clock = f", {then.recorded_at:%Y-%m-%d %H:%M:%S} UTC" if then.recorded_at else ""
    return f"at position {then.position} of the log{clock}"
