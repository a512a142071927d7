"""The SQL of table `outbox` about entries whose worker never reported back: counted, parted, and looked up."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Cursor

from adapters.event_store.outbox import LeasedEntry, entry_of

Row = dict[str, Any]


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with which a worker died: the group it goes on in, and what is noted if it is to end."""

    entry_id: int
    group: UUID | None = None
    cause: str | None = None


def mark_unclear(curs: Cursor[Row], expired: Sequence[Suspect], quiet: float) -> None:
    """Expired leases become unknown outcomes, due once `quiet` seconds have passed since the last possible send."""
    curs.execute(
        """
        UPDATE app.outbox o SET state = 'AMBIGUOUS', due_at = o.lease_until + %s * interval '1 second',
               deaths = o.deaths + 1, grp = s.grp, cause = coalesce(s.cause, o.cause),
               lease_token = NULL, lease_until = NULL
        FROM unnest(%b::bigint[], %b::uuid[], %b::text[]) AS s (id, grp, cause) WHERE o.id = s.id
        """,
        (quiet, [s.entry_id for s in expired], [s.group for s in expired], [s.cause for s in expired]),
    )


def lock_pending(curs: Cursor[Row], entry_ids: Sequence[int]) -> list[LeasedEntry]:
    """Lock those of these entries that are still to be sent."""
    curs.execute(
        """
        SELECT id, stream_id, kind, attempts, delivery_id, grp, cause, deaths,
               extract(epoch FROM app.now() - created_at)::float8 AS age,
               coalesce(extract(epoch FROM app.now() - first_tried_at), 0)::float8 AS trying
        FROM app.outbox WHERE id = ANY(%b) AND state = 'PENDING' ORDER BY id FOR UPDATE
        """,
        (list(entry_ids),),
    )
    return [entry_of(row) for row in curs]


def count_deaths(curs: Cursor[Row], died_with: Sequence[Suspect]) -> None:
    """A worker died before these locked entries were sent; they go on in their groups."""
    curs.execute(
        """
        UPDATE app.outbox o SET deaths = o.deaths + 1, attempts = o.attempts + 1, grp = s.grp,
               first_tried_at = coalesce(o.first_tried_at, app.now())
        FROM unnest(%b::bigint[], %b::uuid[]) AS s (id, grp) WHERE o.id = s.id
        """,
        ([s.entry_id for s in died_with], [s.group for s in died_with]),
    )
