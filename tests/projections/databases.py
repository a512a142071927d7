"""What tests of projections do with a database: an engine to read by, histories stored, every row as text."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

from sqlalchemy import Engine, create_engine

from adapters.event_store.store import EventStore
from domain.event import Event
from services.database import sqlalchemy_url
from tests.examples import open_connection, queued_invoice
from tests.projections.logs import interleaved, random_history, recorded

TABLES = ("invoice_status", "blocked_by", "connection_status", "inactivity_clock", "counters")


@contextmanager
def engine_on(database_url: str) -> Iterator[Engine]:
    """A SQLAlchemy engine, disposed of at the end."""
    engine = create_engine(sqlalchemy_url(database_url))
    try:
        yield engine
    finally:
        engine.dispose()


def every_row(engine: Engine) -> dict[str, list[str]]:
    """Every row of the projections, as PostgreSQL writes it."""
    with engine.connect() as connection:
        return {
            name: list(connection.exec_driver_sql(f"SELECT t::text FROM app.{name} t ORDER BY 1").scalars())
            for name in TABLES
        }


def store_random(store: EventStore, seed: int, accounts: Sequence[str] = ("kiwi-studio", "moa-press")) -> list[Event]:
    """Store random histories of some invoices of some accounts, in a random order; returns the events.

    They go past the outbox: random histories ask for entries that no real one would.
    """
    chance = Random(seed)
    streams = [
        random_history(chance, f"inv-{number}", account, length=chance.randrange(8))
        for account in accounts
        for number in range(12)
    ]
    events = interleaved(chance, [*streams, open_connection(accounts[0])])
    store_raw(store, events)
    return events


def store_raw(store: EventStore, events: Sequence[Event]) -> None:
    """Store events alone, in this order, without the entries they open."""
    with store.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO es.sync_events (originator_id, originator_version, topic, state) VALUES (%s, %s, %s, %s)",
            [row[1:] for row in recorded(events)],
        )


def queue(store: EventStore, *kyrios_invoice_ids: str, account_id: str = "kiwi-studio") -> None:
    """Queue invoices the way commands do, with their entries."""
    store.append([event for one in kyrios_invoice_ids for event in queued_invoice(one, account_id)])
