"""The projections: live, and rebuilt, against a raw binary cursor over the same rows."""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from uuid import uuid4

import psycopg
from sqlalchemy import create_engine

from adapters.event_store.store import EventStore
from domain import invoice as invoices
from domain.event import Event
from services.database import sqlalchemy_url
from services.projector import Projector
from services.proof.rebuild import rebuild
from tests.bench.figures import Chapter, Figure
from tests.bench.ground import Ground
from tests.examples import (
    DOCUMENT,
    NOON,
    ORGANISATION,
    XERO_INVOICE,
    identity,
    moment,
    open_connection,
    queued_invoice,
)

EVENTS_PER_INVOICE = 2


def measure(ground: Ground, events: int) -> Chapter:
    """Events per second."""
    url = ground.database()
    engine = create_engine(sqlalchemy_url(url), pool_size=2, max_overflow=3)
    with closing(EventStore(url)) as store:
        held = _fill(store, url, events)
        began = time.perf_counter()
        live = Projector(store, engine).catch_up() / (time.perf_counter() - began)
        raw = max(_raw(url, held) for _ in range(3))
        rebuilt = rebuild(engine)
    engine.dispose()
    assert rebuilt.events == held
    figures = [
        Figure(
            what="rebuild",
            value=rebuilt.events / rebuilt.seconds,
            unit="events/s",
            baseline=raw,
            against="raw binary cursor",
            least=100_000,
            least_ratio=0.5,
        ),
        Figure(what="projector, live batches", value=live, unit="events/s", baseline=raw, against="raw binary cursor"),
    ]
    return Chapter(title=f"Projections, {held:,} events", figures=figures)


def _fill(store: EventStore, url: str, events: int) -> int:
    """Write a log of synced invoices past the outbox, as fast as COPY goes; returns how many events it holds."""
    rows = [store._mapper.to_stored_event(event) for event in islice(_history(), events)]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        columns = "originator_id, originator_version, topic, state"
        with cursor.copy(f"COPY es.sync_events ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["uuid", "int8", "text", "bytea"])
            for row in rows:
                copy.write_row((row.originator_id, row.originator_version, row.topic, row.state))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE es.sync_events")
    return len(rows)


def _history() -> Iterator[Event]:
    yield from open_connection()
    number = 0
    while True:
        number += 1
        (queued,) = queued_invoice(f"inv-{number}")
        at = moment(NOON + dt.timedelta(seconds=number), seed=f"synced/{number}")
        yield queued
        yield from invoices.synced(
            invoices.evolve(None, queued),
            organisation_id=ORGANISATION,
            xero_invoice_id=XERO_INVOICE,
            totals=DOCUMENT.totals,
            fragment_hash="0" * 64,
            mapping_versions={"gst@15": 1},
            delivery_id=identity("delivery"),
            adopted=False,
            at=at,
        )


def _raw(url: str, events: int) -> float:
    """Events per second of reading the same rows and doing nothing with them."""
    began, seen = time.perf_counter(), 0
    with psycopg.connect(url) as connection, connection.cursor(f"raw_{uuid4().hex}", binary=True) as cursor:
        cursor.itersize = 10_000
        cursor.execute(
            "SELECT notification_id, originator_id, originator_version, topic, state FROM es.sync_events "
            "ORDER BY notification_id"
        )
        for _ in cursor:
            seen += 1
    assert seen == events
    return seen / (time.perf_counter() - began)
