"""One event with its entry: the event store against the library's plain save, and against bare SQL."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import msgspec
import psycopg

from adapters.event_store.store import EventStore, SyncLog, _environment, complete
from adapters.event_store.writes import Writes
from domain.event import Event
from tests.bench.figures import Chapter, Figure
from tests.bench.ground import Ground
from tests.examples import identity, queued_invoice

PLAIN_RECORDER = "eventsourcing.postgres:PostgresApplicationRecorder"
ROUND = 20


def measure(ground: Ground, appends: int) -> Chapter:
    """Appends per second of each, in turns of twenty, so that all meet the same weather."""
    url = ground.database()
    plain = SyncLog(_environment(url, 2, 2, PLAIN_RECORDER))
    plain.recorder.datastore.register_type_adapters()  # type: ignore[attr-defined]
    with closing(EventStore(url)) as store, closing(plain), psycopg.connect(url, autocommit=True) as connection:
        encode = store._mapper.to_stored_event
        ways: dict[str, Callable[[Event], object]] = {
            "store": lambda event: store.append([event]),
            "plain save": plain.save,
            "bare rows": lambda event: _bare_rows(connection, event, encode(event)),
        }
        seconds = _in_turns(ways, appends)
    speed = {name: appends / took for name, took in seconds.items()}
    figures = [
        Figure(
            what="event + entry through the store",
            value=speed["store"],
            unit="appends/s",
            baseline=speed["plain save"],
            against="plain save of the event alone",
            least_ratio=0.8,
        ),
        Figure(
            what="event + entry through the store",
            value=speed["store"],
            unit="appends/s",
            baseline=speed["bare rows"],
            against="the same rows, one transaction, no lock",
            least_ratio=0.6,
        ),
    ]
    return Chapter(title="Appending", figures=figures)


def _in_turns(ways: dict[str, Callable[[Event], object]], appends: int) -> dict[str, float]:
    seconds = dict.fromkeys(ways, 0.0)
    events = {name: _events(name) for name in ways}
    for name, append in ways.items():
        append(next(events[name]))
    for start in range(0, appends, ROUND):
        for name, append in ways.items():
            coming = [next(events[name]) for _ in range(min(ROUND, appends - start))]
            began = time.perf_counter()
            for event in coming:
                append(event)
            seconds[name] += time.perf_counter() - began
    return seconds


def _events(way: str) -> Iterator[Event]:
    number = 0
    while True:
        number += 1
        (event,) = queued_invoice(f"{way}-{number}")
        yield msgspec.structs.replace(event, event_id=identity(f"{way}/{number}"))


def _bare_rows(connection: psycopg.Connection[Any], event: Event, stored: Any) -> None:
    """The rows an append leaves, by three INSERTs that nobody waits for one by one."""
    writes = complete([event], Writes())
    ((lane, account),) = writes.accounts.items()
    (entry,) = writes.entries
    with connection.pipeline(), connection.transaction():
        connection.execute(
            "INSERT INTO app.lane (connection_id, account_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", (lane, account)
        )
        connection.execute(
            "INSERT INTO app.outbox (connection_id, kind, stream_id, seq, effect_key, state) "
            "VALUES (%s, %s, %s, %s, %s, 'PENDING')",
            (entry.connection_id, entry.kind, entry.stream_id, entry.seq, entry.effect_key),
        )
        connection.execute(
            "INSERT INTO es.sync_events (originator_id, originator_version, topic, state) VALUES (%s, %s, %s, %s)",
            (stored.originator_id, stored.originator_version, stored.topic, stored.state),
        )
