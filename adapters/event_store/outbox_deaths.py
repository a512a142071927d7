"""The SQL of table `outbox` about entries whose worker never reported back: counted, parted, and looked up.

A death in company says little of each of them, so whoever is alone begins a count of its own.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Cursor

from adapters.event_store.outbox import COLUMNS, LeasedEntry, entry_of, wake_waiting

Row = dict[str, Any]

_COUNTED: Final = """
    deaths = o.deaths + (NOT s.alone)::int, deaths_alone = CASE WHEN s.alone THEN o.deaths_alone + 1 ELSE 0 END"""
"""SQL: one death more of entry `o`, by itself or not as its suspect `s` says."""


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with which a worker died: the group it goes on in, and what is noted if it is to end.

    `alone` says that the worker carried nothing else; it is not due for `wait` seconds.
    """

    entry_id: int
    group: UUID | None = None
    cause: str | None = None
    alone: bool = False
    wait: float = 0.0


def lock_expired(curs: Cursor[Row], connection_id: UUID, limit: int) -> list[LeasedEntry]:
    """Lock entries whose worker never reported back, all that one held: their lease has run out.

    They are of one sending or of one search, which their state tells.
    """
    curs.execute(
        f"""
        WITH first AS (
            SELECT lease_token FROM app.outbox
            WHERE connection_id = %s AND lease_token IS NOT NULL AND lease_until < app.now() ORDER BY id LIMIT 1)
        SELECT {COLUMNS} FROM app.outbox o, first
        WHERE o.connection_id = %s AND o.lease_token = first.lease_token
        ORDER BY o.id LIMIT %s FOR UPDATE OF o SKIP LOCKED
        """,
        (connection_id, connection_id, limit),
    )
    return [entry_of(row) for row in curs]


def mark_unclear(curs: Cursor[Row], expired: Sequence[Suspect], quiet: float) -> None:
    """Expired leases become unknown outcomes, due once `quiet` seconds have passed since the last possible send."""
    curs.execute(
        f"""
        UPDATE app.outbox o SET state = 'AMBIGUOUS', due_at = o.lease_until + %s * interval '1 second',
               {_COUNTED}, grp = s.grp, cause = coalesce(s.cause, o.cause),
               lease_token = NULL, lease_until = NULL
        FROM unnest(%b::bigint[], %b::uuid[], %b::text[], %b::bool[]) AS s (id, grp, cause, alone) WHERE o.id = s.id
        """,
        (
            quiet,
            [s.entry_id for s in expired],
            [s.group for s in expired],
            [s.cause for s in expired],
            [s.alone for s in expired],
        ),
    )


def search_again(curs: Cursor[Row], died_with: Sequence[Suspect]) -> None:
    """A worker died in the search for these entries, whose outcome stays unknown: they are searched for in groups."""
    curs.execute(
        f"""
        UPDATE app.outbox o SET {_COUNTED}, search_grp = s.grp, due_at = app.now(),
               lease_token = NULL, lease_until = NULL
        FROM unnest(%b::bigint[], %b::uuid[], %b::bool[]) AS s (id, grp, alone) WHERE o.id = s.id
        """,
        ([s.entry_id for s in died_with], [s.group for s in died_with], [s.alone for s in died_with]),
    )


def end_unfound(curs: Cursor[Row], entry_ids: Sequence[int], cause: str) -> None:
    """End locked entries of which no search ever told whether they arrived."""
    curs.execute(
        """
        UPDATE app.outbox SET state = 'DEAD', cause = %s, closed_at = app.now(), lease_token = NULL, lease_until = NULL
        WHERE id = ANY(%b)
        """,
        (cause, list(entry_ids)),
    )
    wake_waiting(curs, entry_ids)


def lock_left(curs: Cursor[Row], entry_ids: Sequence[int]) -> list[LeasedEntry]:
    """Lock those of these entries that are still to be sent, or searched for, and that nobody has leased."""
    curs.execute(
        f"""
        SELECT {COLUMNS} FROM app.outbox o
        WHERE o.id = ANY(%b) AND (o.state = 'PENDING' OR o.state = 'AMBIGUOUS' AND o.lease_token IS NULL)
        ORDER BY o.id FOR UPDATE
        """,
        (list(entry_ids),),
    )
    return [entry_of(row) for row in curs]


def count_deaths(curs: Cursor[Row], died_with: Sequence[Suspect]) -> None:
    """A worker died before these locked entries were sent; they go on in their groups."""
    curs.execute(
        f"""
        UPDATE app.outbox o SET {_COUNTED}, attempts = o.attempts + 1, grp = s.grp,
               first_tried_at = coalesce(o.first_tried_at, app.now()),
               due_at = greatest(o.due_at, app.now() + s.wait * interval '1 second')
        FROM unnest(%b::bigint[], %b::uuid[], %b::bool[], %b::float8[]) AS s (id, grp, alone, wait) WHERE o.id = s.id
        """,
        (
            [s.entry_id for s in died_with],
            [s.group for s in died_with],
            [s.alone for s in died_with],
            [s.wait for s in died_with],
        ),
    )
