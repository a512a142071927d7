"""The SQL that reads table `sync_events` for auditors: with the time each event was recorded, up to a position.

And that of table `log_copy`, whose one row says that a log is the copy of another, from which nothing is ever sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

Row = dict[str, Any]


class RecordedEvent(msgspec.Struct, frozen=True):
    """One stored event, undecoded; `recorded_at` is the database's clock when it was stored (UTC)."""

    position: int
    stream_id: UUID
    version: int
    topic: str
    state: bytes
    recorded_at: datetime


_COLUMNS = "notification_id, originator_id, originator_version, topic, state, recorded_at"


def of_stream(curs: Cursor[Row], stream_id: UUID, until: int) -> list[RecordedEvent]:
    """The events of one stream up to and with a position of the log, in order."""
    curs.execute(
        f"SELECT {_COLUMNS} FROM es.sync_events WHERE originator_id = %s AND notification_id <= %s "
        "ORDER BY originator_version",
        (stream_id, until),
    )
    return [_event(row) for row in curs]


def of_streams(curs: Cursor[Row], stream_ids: Sequence[UUID], until: int) -> list[RecordedEvent]:
    """The events of these streams up to and with a position, in the order of the log."""
    curs.execute(
        f"SELECT {_COLUMNS} FROM es.sync_events WHERE originator_id = ANY(%s) AND notification_id <= %s "
        "ORDER BY notification_id",
        (list(stream_ids), until),
    )
    return [_event(row) for row in curs]


def up_to(connection: Connection[Any], until: int, *, after: int = 0, size: int = 1_000) -> Iterator[RecordedEvent]:
    """The log behind `after` and up to a position, in its order, fetched in portions from the open transaction."""
    with connection.cursor("recorded_events", row_factory=tuple_row) as cursor:
        cursor.itersize = size
        cursor.execute(
            f"SELECT {_COLUMNS} FROM es.sync_events WHERE notification_id > %s AND notification_id <= %s "
            "ORDER BY notification_id",
            (after, until),
        )
        for row in cursor:
            yield RecordedEvent(*row)


def anything_in(connection: Connection[Any]) -> bool:
    """Whether a database holds an event, or tables that are not ours; one with our empty tables holds nothing."""
    found = connection.execute(
        "SELECT to_regclass('es.sync_events') IS NOT NULL, EXISTS (SELECT FROM pg_tables WHERE schemaname NOT IN "
        "('pg_catalog', 'information_schema', 'es', 'app') AND tablename <> 'schema_version')"
    ).fetchone()
    assert found is not None
    ours, others = found
    events = connection.execute("SELECT EXISTS (SELECT FROM es.sync_events)").fetchone() if ours else None
    return bool(others or (events is not None and events[0]))


def store(connection: Connection[Any], events: Iterable[RecordedEvent]) -> int:
    """Store the events of another log under their own positions, in an empty one; returns how many there were."""
    number = 0
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE es.sync_events IN EXCLUSIVE MODE")
        with cursor.copy(f"COPY es.sync_events ({_COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "uuid", "int8", "text", "bytea", "timestamptz"])
            for event in events:
                copy.write_row(msgspec.structs.astuple(event))
                number += 1
        cursor.execute("SELECT setval('es.notification_id_seq', coalesce(max(notification_id), 1)) FROM es.sync_events")
    return number


def mark_copy(connection: Connection[Any], account_id: str, last: int) -> None:
    """Note that this log is a copy of an account's history up to a position."""
    connection.execute("INSERT INTO app.log_copy (account_id, last_position) VALUES (%s, %s)", (account_id, last))


def is_copy(curs: Cursor[Row]) -> bool:
    """Whether this log is the copy of another."""
    return curs.execute("SELECT FROM app.log_copy").fetchone() is not None


def last_recorded(curs: Cursor[Row], until: datetime) -> int:
    """The position of the last event recorded at or before a moment; 0 if there is none."""
    curs.execute(
        "SELECT coalesce(max(notification_id), 0) AS position FROM es.sync_events WHERE recorded_at <= %s", (until,)
    )
    row = curs.fetchone()
    assert row is not None
    return int(row["position"])


def recorded_at(curs: Cursor[Row], position: int) -> datetime | None:
    """When the last event up to and with a position was recorded; None before the first."""
    curs.execute(
        "SELECT recorded_at FROM es.sync_events WHERE notification_id <= %s ORDER BY notification_id DESC LIMIT 1",
        (position,),
    )
    row = curs.fetchone()
    return None if row is None else row["recorded_at"]


def _event(row: Row) -> RecordedEvent:
    return RecordedEvent(
        row["notification_id"],
        row["originator_id"],
        row["originator_version"],
        row["topic"],
        bytes(row["state"]),
        row["recorded_at"],
    )
