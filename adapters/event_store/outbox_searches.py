"""The SQL of table `outbox` about entries whose outcome is unknown: Xero is searched for them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Cursor

from adapters.event_store.outbox import COLUMNS, ITS_BOOKS, LeasedEntry, behind, entry_of

Row = dict[str, Any]


class Spoiled(msgspec.Struct, frozen=True, kw_only=True):
    """An entry whose search went wrong, perhaps by its fault: with whom it is searched for next, after `wait` s."""

    entry_id: int
    group: UUID | None
    wait: float


def lock_unclear(curs: Cursor[Row], connection_id: UUID, limit: int, *, gate_open: bool = True) -> list[LeasedEntry]:
    """Lock up to `limit` entries whose outcome is unknown and whose time has come, all searched with the oldest.

    Behind a closed gate, only what passes it. One whose worker died in a search is nobody's until that is counted.
    """
    curs.execute(
        f"""
        WITH first AS (
            SELECT kind, search_grp FROM app.outbox o
            WHERE connection_id = %(lane)s AND state = 'AMBIGUOUS' AND due_at <= app.now()
              AND lease_token IS NULL AND {ITS_BOOKS}
              {behind(gate_open)}
            ORDER BY id LIMIT 1)
        SELECT {COLUMNS} FROM app.outbox o, first
        WHERE o.connection_id = %(lane)s AND o.kind = first.kind AND o.state = 'AMBIGUOUS' AND o.due_at <= app.now()
          AND o.search_grp IS NOT DISTINCT FROM first.search_grp AND o.lease_token IS NULL AND {ITS_BOOKS}
        ORDER BY o.id LIMIT %(limit)s FOR UPDATE OF o SKIP LOCKED
        """,
        {"lane": connection_id, "limit": limit},
    )
    return [entry_of(row) for row in curs]


def lease_look_up(curs: Cursor[Row], entry_ids: Sequence[int], token: UUID, seconds: float) -> None:
    """Lease entries for a look-up: no attempt is counted. A lease that runs out tells that its worker died."""
    curs.execute(
        "UPDATE app.outbox SET lease_token = %s, lease_until = app.now() + %s * interval '1 second' WHERE id = ANY(%b)",
        (token, seconds, list(entry_ids)),
    )


def count_spoiled(curs: Cursor[Row], spoiled: Sequence[Spoiled]) -> None:
    """The search for these locked entries, which nobody has leased, went wrong, perhaps by their fault."""
    curs.execute(
        """
        UPDATE app.outbox o SET searches = o.searches + 1, searching_since = coalesce(o.searching_since, app.now()),
               search_grp = s.grp, due_at = app.now() + s.wait * interval '1 second'
        FROM unnest(%b::bigint[], %b::uuid[], %b::float8[]) AS s (id, grp, wait) WHERE o.id = s.id
        """,
        ([s.entry_id for s in spoiled], [s.group for s in spoiled], [s.wait for s in spoiled]),
    )
