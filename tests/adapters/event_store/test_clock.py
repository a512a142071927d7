"""The one clock: `app.now()`, which a session may override, is what every default and every query goes by."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Cursor
from psycopg.rows import dict_row

from adapters.event_store import deliveries, lane_calls, lanes, outbox, outbox_deaths
from adapters.event_store.lane_calls import Held
from adapters.event_store.store import EventStore
from domain.budget import Budget
from domain.streams import connection_id
from tests.adapters.event_store.contents import everything_beside
from tests.examples import ACCOUNT, identity, open_connection, queued_invoice

LANE = connection_id(ACCOUNT)
LONG_AGO = dt.datetime(2001, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
PRODUCT = ("adapters", "domain", "projections", "services")
ROOT = Path(__file__).parents[3]


@contextmanager
def session_at(database_url: str, now: dt.datetime) -> Iterator[Cursor[dict[str, Any]]]:
    """A session whose clock stands at `now`."""
    with psycopg.connect(database_url, row_factory=dict_row, autocommit=True) as connection:
        connection.execute("SELECT set_config('app.now', %s, false)", [now.isoformat()])
        yield connection.cursor()


def test_without_an_override_the_clock_is_the_time_of_day(store: EventStore) -> None:
    assert abs((dt.datetime.now(dt.UTC) - store.now()).total_seconds()) < 60


def test_the_clock_moves_within_a_transaction(store: EventStore) -> None:
    with store.cursor() as cursor:
        first = cursor.execute("SELECT app.now() AS now").fetchone()
        second = cursor.execute("SELECT app.now() AS now").fetchone()
    assert first is not None
    assert second is not None
    assert second["now"] > first["now"], "a wait for a lock must not eat a lease"


@pytest.mark.parametrize("override", ["", None])
def test_an_emptied_override_is_none(database_url: str, override: str | None) -> None:
    with session_at(database_url, LONG_AGO) as cursor:
        cursor.execute("SELECT set_config('app.now', %s, false)", [override])
        row = cursor.execute("SELECT app.now() > '2020-01-01' AS now").fetchone()
    assert row == {"now": True}


def test_every_default_time_of_every_table_asks_the_one_clock(store: EventStore) -> None:
    with store.cursor() as cursor:
        cursor.execute(
            "SELECT table_name || '.' || column_name AS name, column_default AS says FROM information_schema.columns "
            "WHERE table_schema IN ('app', 'es') AND data_type LIKE 'timestamp%' AND column_default IS NOT NULL"
        )
        defaults = {row["name"]: row["says"] for row in cursor}
    assert len(defaults) >= 9
    assert set(defaults.values()) == {"app.now()"}


def test_an_event_and_its_entry_are_stored_at_the_sessions_time(store: EventStore) -> None:
    store.append(open_connection())
    with store.begin() as tx:
        tx.cursor.execute("SELECT set_config('app.now', %s, true)", [LONG_AGO.isoformat()])
        tx.append(queued_invoice(), everything_beside())
    with store.cursor() as cursor:
        for column in ("outbox.created_at", "outbox.due_at", "answer_text.created_at", "idempotency.created_at"):
            table, name = column.split(".")
            assert cursor.execute(f"SELECT {name} AS at FROM app.{table}").fetchall() == [{"at": LONG_AGO}], column
        assert cursor.execute("SELECT min(recorded_at) AS at FROM es.sync_events").fetchall() == [{"at": LONG_AGO}]


def test_an_entry_of_the_future_is_due_when_the_sessions_clock_gets_there(store: EventStore, database_url: str) -> None:
    store.append([*open_connection(), *queued_invoice()])
    with session_at(database_url, LONG_AGO) as cursor:
        assert lanes.due(cursor, 10) == []
        assert outbox.lock_due(cursor, LANE, 50) == []
    with session_at(database_url, LONG_AGO.replace(year=2060)) as cursor:
        assert lanes.due(cursor, 10) == [LANE]
        assert len(outbox.lock_due(cursor, LANE, 50)) == 1


def test_a_lease_runs_by_the_sessions_clock(store: EventStore, database_url: str) -> None:
    store.append([*open_connection(), *queued_invoice()])
    future = LONG_AGO.replace(year=2060)
    with session_at(database_url, future) as cursor:
        (entry,) = outbox.lock_due(cursor, LANE, 50)
        delivery, token = identity("delivery"), identity("token")
        deliveries.open_send(cursor, delivery, LANE, "create_invoice", b"", [], 8)
        outbox.lease(cursor, [entry.id], delivery, token, 8)
        assert outbox_deaths.lock_expired(cursor, LANE, 10) == []
        assert isinstance(lane_calls.admit(cursor, LANE, Budget(in_flight=1)), Held), "one call is in flight"
    with session_at(database_url, future + dt.timedelta(seconds=9)) as cursor:
        assert lanes.expired(cursor, 10) == [LANE]
        assert [one.id for one in outbox_deaths.lock_expired(cursor, LANE, 10)] == [entry.id]
        assert not isinstance(lane_calls.admit(cursor, LANE, Budget(in_flight=1)), Held)


def test_no_statement_of_the_engine_asks_another_clock() -> None:
    other = re.compile(
        r"(?<!app\.)\bnow\(\)|current_timestamp|clock_timestamp|localtimestamp|datetime\.now|utcnow|time\.time\(",
        re.IGNORECASE,
    )
    asking = []
    for room in PRODUCT:
        for file in (ROOT / room).rglob("*.py"):
            # The simulator has its own clock; the first migration defines ours.
            if "simulator" in file.parts or "versions" in file.parts:
                continue
            for number, text in enumerate(file.read_text().splitlines(), start=1):
                if other.search(text.replace("store.now()", "")) and ".now()" not in text:
                    asking.append(f"{file.relative_to(ROOT)}:{number}: {text.strip()}")
    assert asking == []
