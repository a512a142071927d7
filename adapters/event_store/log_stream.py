"""The log as the projections read it: plain rows, undecoded, in commit order or stream by stream."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row

Recorded: TypeAlias = tuple[int, UUID, int, str, bytes]
"""Position, stream, version, topic and body of one stored event, undecoded."""

_COLUMNS = "notification_id, originator_id, originator_version, topic, state"


def after(connection: Connection[Any], position: int, limit: int) -> list[Recorded]:
    """Up to `limit` events after a position, in commit order."""
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM es.sync_events WHERE notification_id > %s ORDER BY notification_id LIMIT %s",
            (position, limit),
        )
        return cursor.fetchall()


def portions(connection: Connection[Any], size: int) -> Iterator[list[Recorded]]:
    """The whole log in commit order, in portions: while one is worked on, the next is read by a thread beside.

    Nobody else may use the connection meanwhile.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="log ahead") as ahead:
        coming = ahead.submit(after, connection, 0, size)
        while portion := coming.result():
            coming = ahead.submit(after, connection, portion[-1][0], size)
            yield portion


def head(connection: Connection[Any]) -> int:
    """The position of the newest event, 0 for an empty log."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute("SELECT coalesce(max(notification_id), 0) FROM es.sync_events")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def by_stream(connection: Connection[Any], size: int = 2_000) -> Iterator[Recorded]:
    """The whole log, each stream in one piece and in order, fetched in portions from the open transaction."""
    with connection.cursor("log_by_stream", binary=True, row_factory=tuple_row) as cursor:
        cursor.itersize = size
        cursor.execute(f"SELECT {_COLUMNS} FROM es.sync_events ORDER BY originator_id, originator_version")
        yield from cursor
