"""The SQL of table `sync_events`: rows come in behind the log's lock; many streams at once, and the whole log in order,
are read here. One stream is read by the library.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent
from psycopg import Cursor

Row = dict[str, Any]


class LogRow(msgspec.Struct, frozen=True):
    """One stored event as it lies in the log; `position` grows in commit order and may have gaps."""

    position: int
    stream_id: UUID
    version: int
    topic: str
    state: bytes


_COLUMNS = "notification_id, originator_id, originator_version, topic, state"


def insert(curs: Cursor[Row], events: Sequence[StoredEvent]) -> None:
    """Append these rows, in their order; their positions are the result. The log must be locked."""
    curs.execute(
        """
        INSERT INTO es.sync_events (originator_id, originator_version, topic, state)
        SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[]) RETURNING notification_id
        """,
        (
            [e.originator_id for e in events],
            [e.originator_version for e in events],
            [e.topic for e in events],
            [e.state for e in events],
        ),
    )


def of_streams(curs: Cursor[Row], stream_ids: Sequence[UUID]) -> list[LogRow]:
    """All events of these streams, each stream in order."""
    curs.execute(
        f"SELECT {_COLUMNS} FROM es.sync_events WHERE originator_id = ANY(%b) "
        "ORDER BY originator_id, originator_version",
        (list(stream_ids),),
    )
    return [_row(row) for row in curs]


def after(curs: Cursor[Row], position: int, limit: int) -> list[LogRow]:
    """Up to `limit` events after a position, in commit order."""
    curs.execute(
        f"SELECT {_COLUMNS} FROM es.sync_events WHERE notification_id > %s ORDER BY notification_id LIMIT %s",
        (position, limit),
    )
    return [_row(row) for row in curs]


def first_stored_after(curs: Cursor[Row], position: int) -> datetime | None:
    """When the first event after a position was stored; None if there is none."""
    curs.execute(
        "SELECT recorded_at FROM es.sync_events WHERE notification_id > %s ORDER BY notification_id LIMIT 1",
        (position,),
    )
    row = curs.fetchone()
    return None if row is None else row["recorded_at"]


def naming(curs: Cursor[Row], word: str, topics: Sequence[str]) -> list[LogRow]:
    """Every event of these types whose body holds this word as a JSON text, wherever in it, in commit order.

    Reads the whole log; whoever asks looks at the bodies to see what the word is there.
    """
    written = msgspec.json.encode(word)
    curs.execute(
        f"SELECT {_COLUMNS} FROM es.sync_events WHERE topic = ANY(%s) AND position(%s::bytea IN state) > 0 "
        "ORDER BY notification_id",
        (list(topics), written),
    )
    return [_row(row) for row in curs]


def head(curs: Cursor[Row]) -> int:
    """The position of the newest event, 0 for an empty log."""
    curs.execute("SELECT coalesce(max(notification_id), 0) AS head FROM es.sync_events")
    row = curs.fetchone()
    assert row is not None
    return int(row["head"])


def _row(row: Row) -> LogRow:
    return LogRow(
        row["notification_id"], row["originator_id"], row["originator_version"], row["topic"], bytes(row["state"])
    )
