"""The SQL of table `contact_reading`: how far an organisation's contacts have been read.

A reading goes page by page and can be taken up by anyone at the page where its reader died; the watermark moves only
after the last page. It is Xero's time, never ours: what was changed before it has been seen. All other times are ours,
and one in the future, by a clock that was put back since, says nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Cursor

Row = dict[str, Any]
OVERLAP: Final = timedelta(minutes=5)
"""What was changed so shortly before the watermark is read again: Xero may show a change later than it dates it."""
FULLY_EVERY: Final = timedelta(days=1)
"""A full reading heals what pages that shifted while they were read left out."""
HINTS_EVERY: Final = timedelta(minutes=1)
"""However many hints come, nobody reads more often for them; one that came meanwhile is followed then."""
STALE: Final = timedelta(hours=1)
"""A reading that stands still for so long is begun anew, since its pages have shifted."""
LONGEST_REST: Final = timedelta(hours=25)
"""Longer than any reader is silent or a reading rests: the longest of Xero's limits is over in a day."""
_HELD: Final = "(r.lease_until > app.now() AND r.lease_until <= app.now() + %(longest_rest)s)"
_LATELY: Final = "(r.read_since > app.now() - c.every * interval '1 second' AND r.read_since <= app.now())"
_HINTED: Final = "(r.hinted_at >= r.read_since AND r.hinted_at <= app.now())"
_GIVEN: Final = "unnest(%(ids)s::uuid[], %(organisations)s::text[], %(every)s::int[]) AS c (id, organisation_id, every)"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A reading as its reader holds it. `since` is what to ask Xero for; None for all contacts."""

    connection_id: UUID
    organisation_id: str
    token: UUID
    next_page: int
    since: datetime | None
    first: bool


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """What a complete reading brought, and how far it read; when it began if there was nothing to read."""

    created: int
    updated: int
    archived: int
    watermark: datetime

    @property
    def anything(self) -> bool:
        """Whether anything changed."""
        return bool(self.created or self.updated or self.archived)


class NoLongerOurs(Exception):
    """Another reader took this reading over; nothing was written."""


def begin(curs: Cursor[Row], connection_id: UUID, organisation_id: str, token: UUID, lease: float) -> Reading | None:
    """Begin a reading, or take up one that stands still; None while somebody reads or a pause lasts."""
    place = {"lane": connection_id, "organisation": organisation_id}
    curs.execute(
        "INSERT INTO app.contact_reading (connection_id, organisation_id) VALUES (%(lane)s, %(organisation)s)"
        " ON CONFLICT DO NOTHING",
        place,
    )
    curs.execute(
        f"""
        UPDATE app.contact_reading r
        SET next_page = f.next_page, fully = f.fully, began_at = f.began_at, moved_at = f.moved_at,
            newest = CASE WHEN f.goes_on THEN r.newest END,
            created = CASE WHEN f.goes_on THEN r.created ELSE 0 END,
            updated = CASE WHEN f.goes_on THEN r.updated ELSE 0 END,
            archived = CASE WHEN f.goes_on THEN r.archived ELSE 0 END,
            lease_token = %(token)s, lease_until = app.now() + %(lease)s * interval '1 second'
        FROM (
            SELECT goes_on, CASE WHEN goes_on THEN next_page ELSE 1 END AS next_page,
                   CASE WHEN goes_on THEN began_at ELSE app.now() END AS began_at,
                   CASE WHEN goes_on THEN moved_at ELSE app.now() END AS moved_at,
                   CASE WHEN goes_on THEN fully
                        ELSE watermark IS NULL OR (read_fully_since >= app.now() - %(fully_every)s
                                                   AND read_fully_since <= app.now()) IS NOT TRUE END AS fully
            FROM (SELECT *, (next_page IS NOT NULL AND moved_at > app.now() - %(stale)s AND moved_at <= app.now()
                             AND began_at <= app.now()) IS TRUE AS goes_on
                  FROM app.contact_reading
                  WHERE connection_id = %(lane)s AND organisation_id = %(organisation)s FOR UPDATE) AS r
            WHERE {_HELD} IS NOT TRUE
        ) AS f
        WHERE r.connection_id = %(lane)s AND r.organisation_id = %(organisation)s
        RETURNING r.next_page, r.fully, r.watermark, r.read_since
        """,
        place
        | {"token": token, "lease": lease, "fully_every": FULLY_EVERY, "stale": STALE, "longest_rest": LONGEST_REST},
    )
    row = curs.fetchone()
    if row is None:
        return None
    return Reading(
        connection_id=connection_id,
        organisation_id=organisation_id,
        token=token,
        next_page=row["next_page"],
        since=None if row["fully"] or row["watermark"] is None else row["watermark"] - OVERLAP,
        first=row["read_since"] is None,
    )


def page_read(
    curs: Cursor[Row], reading: Reading, next_page: int, newest: datetime | None, changes: Sequence[int], lease: float
) -> None:
    """One page more is kept: `changes` counts new, changed and archived contacts. Raises NoLongerOurs."""
    created, updated, archived = changes
    _ours(
        curs,
        """
        UPDATE app.contact_reading SET next_page = %(next_page)s, newest = greatest(newest, %(newest)s::timestamptz),
               created = created + %(created)s, updated = updated + %(updated)s, archived = archived + %(archived)s,
               moved_at = app.now(), lease_until = app.now() + %(lease)s * interval '1 second'
        """,
        reading,
        {
            "next_page": next_page,
            "newest": newest,
            "created": created,
            "updated": updated,
            "archived": archived,
            "lease": lease,
        },
    )


def finish(curs: Cursor[Row], reading: Reading) -> Finished:
    """All pages are kept: move the watermark. Raises NoLongerOurs."""
    row = _ours(
        curs,
        """
        UPDATE app.contact_reading SET watermark = CASE WHEN fully THEN newest ELSE greatest(watermark, newest) END,
               read_since = began_at, read_fully_since = CASE WHEN fully THEN began_at ELSE read_fully_since END,
               next_page = NULL, moved_at = NULL, newest = NULL, lease_token = NULL, lease_until = NULL
        """,
        reading,
        {},
    )
    return Finished(
        created=row["created"],
        updated=row["updated"],
        archived=row["archived"],
        watermark=row["watermark"] or row["began_at"],
    )


def rest(curs: Cursor[Row], reading: Reading, seconds: float) -> None:
    """Stop reading for a while; whoever goes on does so at the same page."""
    curs.execute(
        """
        UPDATE app.contact_reading SET lease_token = NULL, lease_until = app.now() + %s * interval '1 second'
        WHERE connection_id = %s AND organisation_id = %s AND lease_token = %s
        """,
        (seconds, reading.connection_id, reading.organisation_id, reading.token),
    )


def read_since(curs: Cursor[Row], connection_id: UUID, organisation_id: str) -> datetime | None:
    """When the last complete reading began; None if there was none."""
    curs.execute(
        "SELECT read_since FROM app.contact_reading WHERE connection_id = %s AND organisation_id = %s",
        (connection_id, organisation_id),
    )
    row = curs.fetchone()
    return None if row is None else row["read_since"]


def due(curs: Cursor[Row], connections: Sequence[tuple[UUID, str, int]]) -> list[UUID]:
    """Those of these connections whose contacts are to be read now; each with its organisation and seconds between."""
    curs.execute(
        f"""
        SELECT c.id FROM {_GIVEN}
        LEFT JOIN app.contact_reading r ON r.connection_id = c.id AND r.organisation_id = c.organisation_id
        WHERE {_HELD} IS NOT TRUE
          AND (r.next_page IS NOT NULL OR {_LATELY} IS NOT TRUE
               OR {_HINTED} AND r.read_since < app.now() - %(hints_every)s)
        ORDER BY r.read_since NULLS FIRST
        """,
        _facts(connections),
    )
    return [row["id"] for row in curs]


def hint(curs: Cursor[Row], hints: Sequence[tuple[UUID, str, datetime]]) -> int:
    """Something changed for a connection and organisation, at Xero's time: read soon. Returns how many were news.

    What was read already is no news, nor is it for an organisation that was never read: that is due anyway. Whoever
    holds a row for long fails this rather than keeping it waiting.
    """
    curs.execute("SET LOCAL lock_timeout = '2s'")
    curs.execute(
        """
        UPDATE app.contact_reading r SET hinted_at = app.now()
        FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) AS c (id, organisation_id, changed_at)
        WHERE r.connection_id = c.id AND r.organisation_id = c.organisation_id
          AND (r.watermark IS NULL OR c.changed_at > r.watermark - %s)
        """,
        (*_columns(hints), OVERLAP),
    )
    return curs.rowcount


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where the reading of a connection's contacts stands; `page` is the next one of a reading that is under way.

    `paused_until` is when a reading that ran into trouble goes on, `paused_in` seconds from now; `next_at`
    when the next one begins.
    """

    read_since: datetime | None
    page: int | None
    paused_until: datetime | None
    paused_in: float | None
    next_at: datetime | None


def standings(curs: Cursor[Row], connections: Sequence[tuple[UUID, str, int]]) -> dict[UUID, Standing]:
    """Where the readings of these connections stand, each given with its organisation and seconds between."""
    curs.execute(
        f"""
        SELECT c.id, r.read_since, r.next_page AS page,
               CASE WHEN r.lease_token IS NULL AND {_HELD} THEN r.lease_until END AS paused_until,
               CASE WHEN r.lease_token IS NULL AND {_HELD}
                    THEN extract(epoch FROM r.lease_until - app.now())::float8 END AS paused_in,
               CASE WHEN r.next_page IS NULL THEN CASE WHEN {_LATELY} IS NOT TRUE THEN app.now() WHEN {_HINTED}
                    THEN greatest(app.now(), r.read_since + %(hints_every)s)
                    ELSE r.read_since + c.every * interval '1 second' END END AS next_at
        FROM {_GIVEN}
        JOIN app.contact_reading r ON r.connection_id = c.id AND r.organisation_id = c.organisation_id
        """,
        _facts(connections),
    )
    return {row.pop("id"): Standing(**row) for row in curs}


def _facts(connections: Sequence[tuple[UUID, str, int]]) -> dict[str, Any]:
    ids, organisations, every = _columns(connections)
    return {
        "ids": ids,
        "organisations": organisations,
        "every": every,
        "longest_rest": LONGEST_REST,
        "hints_every": HINTS_EVERY,
    }


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _ours(curs: Cursor[Row], update: str, reading: Reading, facts: dict[str, Any]) -> Row:
    curs.execute(
        f"{update} WHERE connection_id = %(lane)s AND organisation_id = %(organisation)s AND lease_token = %(token)s"
        " RETURNING created, updated, archived, watermark, began_at",
        facts | {"lane": reading.connection_id, "organisation": reading.organisation_id, "token": reading.token},
    )
    row = curs.fetchone()
    if row is None:
        raise NoLongerOurs
    return row
