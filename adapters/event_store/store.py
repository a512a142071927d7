"""The event store as the rest of the engine sees it: load streams, append events, and work inside one transaction.

Entries and gates are derived from the events themselves, so no caller can forget them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import groupby
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory, IntegrityError, Mapper, PersistenceError, StoredEvent
from eventsourcing.postgres import PostgresFactory
from eventsourcing.utils import Environment
from psycopg import Cursor
from psycopg.conninfo import conninfo_to_dict

from adapters.event_store import log, recorded_events
from adapters.event_store.bounded import BoundedConnection
from adapters.event_store.mapper import RegistryMapper
from adapters.event_store.outbox import LeaseLost
from adapters.event_store.recorder import OutboxRecorder
from adapters.event_store.writes import Writes
from domain.alert_entries import alerts_of, each_once
from domain.connection import (
    AccessRemoved,
    AlertRecipientsSet,
    ConnectionRemoved,
    Disconnected,
    GateClosed,
    GateOpened,
    OrganisationSelected,
)
from domain.contact_link import ContactLinked, ContactUnlinked
from domain.effects import effects_of
from domain.event import Event
from domain.inactivity import is_activity
from domain.refusals import ConcurrentChange, OnlyACopy
from domain.streams import connection_id

Row = dict[str, Any]
S = TypeVar("S")
Evolve = Callable[[S | None, Any], S]

_RECORDER: Final = "adapters.event_store.recorder:OutboxRecorder"
_ADDRESS: Final = "DATABASE_URL"
_PARTS: Final = ("dbname", "host", "port", "user", "password")
NOTHING: Final = Writes()


class SyncLog(Application[UUID]):
    """The library's application object over our mapper and recorder; its events lie in `es.sync_events`."""

    name = "sync"

    def construct_env(self, name: str, env: Mapping[str, str] | None = None) -> Environment:
        """Only what we pass counts: a stray variable of the process must not change how events are stored."""
        return Environment(name, dict(env or {}))

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """The library knows some parameters of an address; all others are set before its pool makes a connection.

        So is how long its transactions may last.
        """
        factory = super().construct_factory(env)
        if isinstance(factory, PostgresFactory):
            _pass_other_parameters(factory.datastore.pool.kwargs, env[_ADDRESS])
            factory.datastore.pool.connection_class = BoundedConnection
        return factory

    def construct_mapper(self) -> Mapper[UUID]:
        """Events are mapped by the closed registry."""
        return RegistryMapper()


class _NothingStays(Exception):
    """Ends a rehearsal."""


class Transaction:
    """One open transaction: a cursor for reads and claims, and `append` for events that belong to them."""

    def __init__(self, store: "EventStore", cursor: Cursor[Row]) -> None:
        self.cursor = cursor
        self._store = store

    def now(self) -> datetime:
        """The engine's one clock, without a round trip to another connection (UTC)."""
        return _now(self.cursor)

    def append(self, events: Sequence[Event], writes: Writes = NOTHING) -> None:
        """Append events and what belongs to them; they are there once the transaction commits."""
        self._store.append_within(self.cursor, events, writes)

    @contextmanager
    def in_one_trip(self) -> Iterator[None]:
        """Send what is written in the block without waiting for each answer; what is refused is raised at its end."""
        with self.cursor.connection.pipeline():
            yield

    def load(self, stream_ids: Sequence[UUID], evolve: Evolve[S]) -> dict[UUID, S]:
        """The present state of each stream that exists, by one select."""
        return self._store.fold(log.of_streams(self.cursor, stream_ids), evolve)


class EventStore:
    """Loads and appends events. Every method is its own transaction; `begin` opens one for several steps."""

    def __init__(self, database_url: str, *, pool_size: int = 2, overflow: int = 8, recorder: str = _RECORDER) -> None:
        """Connect lazily. The schema must exist; nothing is created here. `recorder` is the recorder class's topic."""
        self._app = SyncLog(_environment(database_url, pool_size, overflow, recorder))
        assert isinstance(self._app.recorder, OutboxRecorder), "events without their outbox must be impossible"
        assert isinstance(self._app.mapper, RegistryMapper)
        assert not self._app.recorder.datastore.enable_db_functions, "database functions would bypass the outbox"
        self._recorder, self._mapper = self._app.recorder, self._app.mapper
        self._datastore = self._recorder.datastore
        self._datastore.register_type_adapters()
        self._copy: bool | None = None

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """One transaction, committed on leaving; an exception rolls all of it back."""
        with self.cursor() as cursor:
            yield Transaction(self, cursor)

    @contextmanager
    def rehearse(self) -> Iterator[Transaction]:
        """One transaction of which nothing stays: what would happen can be looked at in it."""
        with suppress(_NothingStays), self.begin() as transaction:
            yield transaction
            raise _NothingStays

    @contextmanager
    def cursor(self) -> Iterator[Cursor[Row]]:
        """A cursor in one transaction, committed on leaving."""
        with self._datastore.transaction(commit=True) as cursor:
            yield cursor

    @property
    def is_copy(self) -> bool:
        """Whether this log is the copy of another. Only an empty one ever becomes one, so it is looked up once."""
        if self._copy is None:
            with self._datastore.cursor() as cursor:
                self._copy = recorded_events.is_copy(cursor)
        return self._copy

    def must_be_the_original(self) -> None:
        """Refuse whatever would change a copy, or send from it. Raises OnlyACopy."""
        if self.is_copy:
            raise OnlyACopy

    def now(self) -> datetime:
        """The engine's one clock, as the database tells it (UTC)."""
        with self._datastore.cursor() as cursor:
            return _now(cursor)

    def load(self, stream_id: UUID, evolve: Evolve[S]) -> S | None:
        """The present state of one stream, None if it does not exist."""
        state: S | None = None
        for event in self.events_of(stream_id):
            state = evolve(state, event)
        return state

    def events_of(self, stream_id: UUID) -> list[Event]:
        """The events of one stream, in order."""
        return [event for event in self._app.events.get(stream_id) if isinstance(event, Event)]

    def load_many(self, stream_ids: Sequence[UUID], evolve: Evolve[S]) -> dict[UUID, S]:
        """The present state of each stream that exists, by one select."""
        with self._datastore.cursor() as cursor:
            return self.fold(log.of_streams(cursor, stream_ids), evolve)

    def append(self, events: Sequence[Event], writes: Writes = NOTHING) -> None:
        """Append events and what belongs to them in one transaction, or raise and leave nothing.

        Raises OnlyACopy, ConcurrentChange if another writer was first, LeaseLost if an entry is no longer ours. If the
        answer to our own commit was lost, the library's retry meets our own rows, or leases our own commit has ended;
        the events are recognised by their ids and count as success.
        """
        self.must_be_the_original()
        try:
            self._recorder.insert_events(self._stored(events), writes=complete(events, writes))
        except (IntegrityError, LeaseLost) as error:
            if events and self._already_stored(events):
                return
            if isinstance(error, LeaseLost):
                raise
            raise ConcurrentChange(_constraint(error)) from error

    def append_within(self, cursor: Cursor[Row], events: Sequence[Event], writes: Writes) -> None:
        """Append in a transaction the caller has open. Raises OnlyACopy."""
        if self._copy is None:
            self._copy = recorded_events.is_copy(cursor)
        self.must_be_the_original()
        self._recorder.insert_within(cursor, self._stored(events), complete(events, writes))

    def fold(self, rows: Sequence[log.LogRow], evolve: Evolve[S]) -> dict[UUID, S]:
        """Fold rows, ordered by stream and version, into states."""
        states: dict[UUID, S] = {}
        for stream_id, group in groupby(rows, key=lambda row: row.stream_id):
            state: S | None = None
            for row in group:
                state = evolve(state, self._event(row))
            if state is not None:
                states[stream_id] = state
        return states

    def read_log(self, after: int, limit: int) -> list[tuple[int, Event]]:
        """Up to `limit` events after a position of the log, in commit order, each with its position."""
        with self._datastore.cursor() as cursor:
            rows = log.after(cursor, after, limit)
        return [(row.position, self._event(row)) for row in rows]

    def head(self) -> int:
        """The position of the newest event."""
        with self._datastore.cursor() as cursor:
            return log.head(cursor)

    def close(self) -> None:
        """Close the pool."""
        self._app.close()

    def _stored(self, events: Sequence[Event]) -> list[StoredEvent]:
        return [self._mapper.to_stored_event(event) for event in events]

    def _already_stored(self, events: Sequence[Event]) -> bool:
        with self._datastore.cursor() as cursor:
            rows = log.of_streams(cursor, list({event.originator_id for event in events}))
        return {event.event_id for event in events} <= {self._event(row).event_id for row in rows}

    def _event(self, row: log.LogRow) -> Event:
        return self._mapper.event_of(row.stream_id, row.version, row.topic, row.state)


def complete(events: Sequence[Event], writes: Writes) -> Writes:
    """Add what follows from the events: entries, mails and who gets them, gates, lanes, activity, links, endings."""
    gates = {e.originator_id: isinstance(e, GateOpened) for e in events if isinstance(e, GateOpened | GateClosed)}
    entries = [entry for event in events for entry in effects_of(event)]
    organisations = {e.account_id: e.organisation_id or "" for e in events if isinstance(e, OrganisationSelected)}
    active = next((connection_id(event.account_id) for event in events if is_activity(event)), None)
    lanes = entries or gates or organisations or active
    return msgspec.structs.replace(
        writes,
        entries=entries,
        gates=gates,
        accounts={connection_id(e.account_id): e.account_id for e in events} if lanes else {},
        organisations=organisations,
        activity_of=writes.activity_of or active,
        leaving=[e.account_id for e in events if isinstance(e, Disconnected) and e.reason == "user"],
        links=[event for event in events if isinstance(event, ContactLinked | ContactUnlinked)],
        ended_grants={event.grant_id: event.in_xero for event in events if isinstance(event, AccessRemoved)},
        ended_removals={event.removal: event.in_xero for event in events if isinstance(event, ConnectionRemoved)},
        alerts=each_once(entry for event in events for entry in alerts_of(event)),
        chosen_recipients={e.account_id: e.recipient_ids for e in events if isinstance(e, AlertRecipientsSet)},
    )


def _now(cursor: Cursor[Row]) -> datetime:
    row = cursor.execute("SELECT app.now() AS now").fetchone()
    assert row is not None
    now: datetime = row["now"]
    return now


def _environment(database_url: str, pool_size: int, overflow: int, recorder: str) -> dict[str, str]:
    parts = conninfo_to_dict(database_url)
    return {
        _ADDRESS: database_url,
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "APPLICATION_RECORDER_TOPIC": recorder,
        "CREATE_TABLE": "n",
        "POSTGRES_DBNAME": str(parts.get("dbname") or ""),
        "POSTGRES_HOST": str(parts.get("host") or ""),
        "POSTGRES_PORT": str(parts.get("port") or "5432"),
        "POSTGRES_USER": str(parts.get("user") or ""),
        "POSTGRES_PASSWORD": str(parts.get("password") or ""),
        "POSTGRES_SCHEMA": "es",
        "POSTGRES_POOL_SIZE": str(pool_size),
        "POSTGRES_MAX_OVERFLOW": str(overflow),
        # Seconds to wait for a connection: whoever has Xero's answer in hand outlasts a restart, and no more.
        "POSTGRES_CONNECT_TIMEOUT": "10",
        "POSTGRES_LOCK_TIMEOUT": "5",
        "POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT": "5",
    }


def _pass_other_parameters(pool_arguments: Any, database_url: str) -> None:
    parts = conninfo_to_dict(database_url)
    pool_arguments.update({key: value for key, value in parts.items() if key not in _PARTS})
    if not parts.get("password"):
        del pool_arguments["password"]


def _constraint(error: PersistenceError) -> str:
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or "unknown constraint"
    return f"another writer was first ({name})"
