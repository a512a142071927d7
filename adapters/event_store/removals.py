"""The SQL of those entries of table `outbox` that remove access to Xero; the stream of each is what leaves there.

That is a grant, or the choice of another organisation within one that goes on.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor

from adapters.event_store.outbox import PASSES_GATE

Row = dict[str, Any]


def end(curs: Cursor[Row], ended: Mapping[UUID, str]) -> None:
    """End these removals, however far they are, with the word for how each ended."""
    curs.execute(
        f"""
        UPDATE app.outbox o SET state = CASE e.how WHEN 'unanswered' THEN 'DEAD' ELSE 'DONE' END, cause = e.how,
               closed_at = app.now(), lease_token = NULL, lease_until = NULL
        FROM unnest(%s::uuid[], %s::text[]) AS e (removal, how)
        WHERE o.stream_id = e.removal AND {PASSES_GATE} AND o.closed_at IS NULL
        """,
        (list(ended), list(ended.values())),
    )


def lock_overdue(curs: Cursor[Row], hours: float, limit: int) -> list[Row]:
    """Lock removals that have not ended so long after they were asked for: id, connection, what leaves (the stream)."""
    curs.execute(
        f"""
        SELECT id, connection_id, stream_id FROM app.outbox o
        WHERE {PASSES_GATE} AND closed_at IS NULL AND created_at < app.now() - %s * interval '1 hour'
        ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
        """,
        (hours, limit),
    )
    return curs.fetchall()


def open_of(curs: Cursor[Row], leaving: Sequence[UUID]) -> dict[UUID, Row]:
    """How far the removals of these departures are: state, tries, the cause they wait for, seconds until due."""
    curs.execute(
        f"""
        SELECT stream_id, state, attempts, cause,
               greatest(0, extract(epoch FROM greatest(due_at, lease_until) - app.now()))::float8 AS due_in
        FROM app.outbox o WHERE stream_id = ANY(%s) AND {PASSES_GATE} AND closed_at IS NULL
        """,
        (list(leaving),),
    )
    return {row["stream_id"]: row for row in curs}


def lanes(curs: Cursor[Row]) -> list[UUID]:
    """The connections of which something is being removed, or was to be and never answered."""
    curs.execute(
        f"""
        SELECT DISTINCT connection_id FROM app.outbox o WHERE {PASSES_GATE} AND (closed_at IS NULL OR state = 'DEAD')
        """
    )
    return [row["connection_id"] for row in curs]
