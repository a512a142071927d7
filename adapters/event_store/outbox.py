"""The SQL of table `outbox`: entries come in with their events, are leased to one worker, and end with their events.

Every change after a lease is guarded by the lease's token, so that a worker that lost its lease changes nothing.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from psycopg import Cursor

from adapters.event_store.writes import Closed, Reopened
from domain.effects import Entry

Row = dict[str, Any]


PASSES_GATE: Final = "o.kind = 'remove_connection'"
"""SQL: whether an entry `o` may go though the gate of its lane is closed. It ends what the gate was open for."""

ITS_BOOKS: Final = """(o.organisation_id IS NULL
    OR o.organisation_id = (SELECT organisation_id FROM app.lane WHERE connection_id = %(lane)s))"""
"""SQL: whether an entry `o` belongs to no organisation yet, or to the one its lane leads to now."""


class LeaseLost(Exception):
    """The entries are no longer leased under this token: another worker owns them now. Nothing was written."""


class LeasedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as a worker holds it; `age` is the seconds since it was stored, `trying` since it was first tried.

    `attempts` counts its requests, `attempts_alone` those of them that carried nothing else and came to nothing.
    `deaths` counts workers that died with it and others, `deaths_alone` those in a row that died with it by itself.
    `searches` counts searches in a row that went wrong and may have done so by its fault, `searching` is the seconds
    since the first that went wrong, whyever; `search_group` it shares with those it is searched with, None at first.
    `searched` says that what is asked of Xero about it is whether it is there.
    """

    id: int
    stream_id: UUID
    kind: str
    attempts: int
    attempts_alone: int = 0
    age: float
    trying: float = 0.0
    delivery_id: UUID | None
    group: UUID | None = None
    cause: str = ""
    deaths: int = 0
    deaths_alone: int = 0
    searches: int = 0
    searching: float = 0.0
    search_group: UUID | None = None
    searched: bool = False


COLUMNS: Final = """
    o.id, o.stream_id, o.kind, o.attempts, o.delivery_id, o.grp, o.cause, o.deaths, o.deaths_alone, o.searches,
    o.search_grp, o.attempts_alone, o.state, extract(epoch FROM app.now() - o.created_at)::float8 AS age,
    coalesce(extract(epoch FROM app.now() - o.first_tried_at), 0)::float8 AS trying,
    coalesce(extract(epoch FROM app.now() - o.searching_since), 0)::float8 AS searching"""
"""SQL: what `entry_of` reads of an entry `o`."""


class LiveEntry(NamedTuple):
    """An entry that has not ended, as whoever locked it sees it."""

    id: int
    stream_id: UUID
    state: str
    effect_key: str


def insert(curs: Cursor[Row], entries: Sequence[Entry]) -> None:
    """Store new entries in their order; one waits while an earlier entry of its stream is live.

    One that may have been sent before is searched for first.
    """
    curs.execute(
        """
        INSERT INTO app.outbox
            (connection_id, kind, stream_id, seq, effect_key, organisation_id, asked, delivery_id, state)
        SELECT e.connection_id, e.kind, e.stream_id, e.seq, e.effect_key, e.organisation_id, e.asked, e.searches,
               CASE WHEN row_number() OVER (PARTITION BY e.stream_id ORDER BY e.position) > 1
                      OR EXISTS (SELECT FROM app.outbox live WHERE live.stream_id = e.stream_id
                                 AND live.state IN ('PENDING', 'LEASED', 'AMBIGUOUS')) THEN 'WAITING'
                    WHEN e.searches IS NOT NULL THEN 'AMBIGUOUS' ELSE 'PENDING' END
        FROM unnest(%b::uuid[], %b::text[], %b::uuid[], %b::bigint[], %b::text[], %b::text[], %b::bool[], %b::uuid[])
             WITH ORDINALITY
             AS e (connection_id, kind, stream_id, seq, effect_key, organisation_id, asked, searches, position)
        ORDER BY e.position
        """,
        (
            [e.connection_id for e in entries],
            [e.kind for e in entries],
            [e.stream_id for e in entries],
            [e.seq for e in entries],
            [e.effect_key for e in entries],
            [e.organisation_id for e in entries],
            [e.asked for e in entries],
            [e.searches for e in entries],
        ),
    )


def close(curs: Cursor[Row], closed: Sequence[Closed]) -> None:
    """End entries; raises LeaseLost unless every one of them is still leased to us."""
    curs.execute(
        """
        UPDATE app.outbox o
        SET state = c.state, cause = nullif(c.cause, ''), closed_at = app.now(), lease_token = NULL, lease_until = NULL
        FROM unnest(%b::bigint[], %b::uuid[], %b::text[], %b::text[], %b::text[]) AS c (id, token, was, state, cause)
        WHERE o.id = c.id AND o.lease_token = c.token AND o.state = c.was
        RETURNING o.stream_id
        """,
        (
            [c.entry_id for c in closed],
            [c.token for c in closed],
            [c.was for c in closed],
            [c.state for c in closed],
            [c.cause for c in closed],
        ),
    )
    _all_or_lost(curs, len(closed))


def reopen(curs: Cursor[Row], reopened: Sequence[Reopened]) -> None:
    """Give entries back, to be looked up or sent again; raises LeaseLost unless every one is still leased to us."""
    curs.execute(
        """
        UPDATE app.outbox o
        SET state = r.state, due_at = app.now() + r.due_in * interval '1 second', grp = r.grp,
            cause = nullif(r.cause, ''), attempts = o.attempts - r.given_back::int,
            attempts_alone = o.attempts_alone + r.tried_alone::int,
            deaths = CASE WHEN r.answered THEN 0 ELSE o.deaths END,
            deaths_alone = CASE WHEN r.answered THEN 0 ELSE o.deaths_alone END,
            searches = CASE WHEN r.search = 'over' THEN 0 ELSE o.searches + (r.search = 'spoiled')::int END,
            searching_since = CASE WHEN r.search = 'none' THEN o.searching_since
                              WHEN r.search <> 'over' THEN coalesce(o.searching_since, app.now()) END,
            search_grp = r.search_grp,
            organisation_id = CASE WHEN r.state = 'PENDING' AND o.kind <> 'create_payment' THEN NULL
                              ELSE o.organisation_id END,
            lease_token = NULL, lease_until = NULL
        FROM unnest(%b::bigint[], %b::uuid[], %b::text[], %b::text[], %b::float8[], %b::bool[], %b::uuid[], %b::text[],
                    %b::bool[], %b::text[], %b::uuid[], %b::bool[])
             AS r (id, token, was, state, due_in, given_back, grp, cause, answered, search, search_grp, tried_alone)
        WHERE o.id = r.id AND o.lease_token = r.token AND o.state = r.was
        RETURNING o.id
        """,
        (
            [r.entry_id for r in reopened],
            [r.token for r in reopened],
            [r.was for r in reopened],
            [r.state for r in reopened],
            [r.due_in for r in reopened],
            [r.give_back_attempt for r in reopened],
            [r.group for r in reopened],
            [r.cause for r in reopened],
            [r.answered for r in reopened],
            [r.search for r in reopened],
            [r.search_group for r in reopened],
            [r.tried_alone for r in reopened],
        ),
    )
    _all_or_lost(curs, len(reopened))


def wake_waiting(curs: Cursor[Row], entry_ids: Sequence[int]) -> None:
    """Let the next waiting entry of each ended entry's stream go on."""
    curs.execute(
        """
        UPDATE app.outbox SET state = CASE WHEN delivery_id IS NULL THEN 'PENDING' ELSE 'AMBIGUOUS' END,
               due_at = app.now()
        WHERE id IN (SELECT min(w.id) FROM app.outbox w WHERE w.state = 'WAITING' AND w.closed_at IS NULL
                     AND w.stream_id IN (SELECT stream_id FROM app.outbox WHERE id = ANY(%b)) GROUP BY w.stream_id)
        """,
        (list(entry_ids),),
    )


def ask(curs: Cursor[Row], stream_ids: Sequence[UUID]) -> int:
    """A person asks for what is queued of these streams: it may use the day's reserve. How many had not been asked for.

    What is on its way is left alone: whoever holds it locks it.
    """
    curs.execute(
        """
        UPDATE app.outbox SET asked = true WHERE id IN (
            SELECT id FROM app.outbox WHERE stream_id = ANY(%b) AND closed_at IS NULL AND NOT asked
            AND state IN ('WAITING', 'PENDING') ORDER BY id FOR UPDATE SKIP LOCKED)
        """,
        (list(stream_ids),),
    )
    return curs.rowcount


def lock_due(
    curs: Cursor[Row],
    connection_id: UUID,
    limit: int,
    *,
    gate_open: bool = True,
    least_tried: bool = False,
    only_asked: bool = False,
) -> list[LeasedEntry]:
    """Lock up to `limit` due entries of one lane, oldest first, all of the oldest one's kind and group.

    Behind a closed gate, only what passes it. With `least_tried`, those that were tried least often come first; with
    `only_asked`, none but what a person asked for.
    """
    order, asked = "o.attempts, o.id" if least_tried else "o.id", "AND o.asked" if only_asked else ""
    curs.execute(
        f"""
        WITH first AS (
            SELECT kind, grp FROM app.outbox o
            WHERE connection_id = %(lane)s AND state = 'PENDING' AND due_at <= app.now() AND {ITS_BOOKS}
                  {behind(gate_open)} {asked}
            ORDER BY {order} LIMIT 1)
        SELECT {COLUMNS} FROM app.outbox o, first
        WHERE o.connection_id = %(lane)s AND o.kind = first.kind AND o.state = 'PENDING' AND o.due_at <= app.now()
          AND o.grp IS NOT DISTINCT FROM first.grp AND {ITS_BOOKS} {asked}
        ORDER BY {order} LIMIT %(limit)s FOR UPDATE OF o SKIP LOCKED
        """,
        {"lane": connection_id, "limit": limit},
    )
    return [entry_of(row) for row in curs]


def lease(curs: Cursor[Row], entry_ids: Sequence[int], delivery_id: UUID, token: UUID, seconds: float) -> None:
    """Lease locked entries of one lane to a delivery. The attempt counts from here, so one that kills the process does.

    From here on an entry belongs to the organisation it is sent to, until it is certain that it is not there.
    """
    curs.execute(
        f"""
        UPDATE app.outbox o SET organisation_id = CASE WHEN {PASSES_GATE} THEN o.organisation_id ELSE
                   (SELECT l.organisation_id FROM app.lane l JOIN app.outbox f USING (connection_id)
                    WHERE f.id = %s) END,
               state = 'LEASED', lease_token = %s, lease_until = app.now() + %s * interval '1 second',
               delivery_id = %s, attempts = attempts + 1,
               first_tried_at = coalesce(first_tried_at, app.now())
        WHERE id = ANY(%b)
        """,
        # The lane is asked once: its row has a dead version for every call, and each look walks past them.
        (entry_ids[0], token, seconds, delivery_id, list(entry_ids)),
    )


def withdraw(curs: Cursor[Row], entry_ids: Sequence[int], cause: str) -> None:
    """End locked entries that were never sent."""
    curs.execute(
        "UPDATE app.outbox SET state = 'WITHDRAWN', cause = %s, closed_at = app.now() WHERE id = ANY(%b)",
        (cause, list(entry_ids)),
    )
    wake_waiting(curs, entry_ids)


def lock_live(curs: Cursor[Row], stream_ids: Sequence[UUID]) -> list[LiveEntry]:
    """Lock the entries of these streams that have not ended, the oldest first."""
    curs.execute(
        """
        SELECT id, stream_id, state, effect_key FROM app.outbox
        WHERE stream_id = ANY(%b) AND closed_at IS NULL ORDER BY id FOR UPDATE
        """,
        (list(stream_ids),),
    )
    return [LiveEntry(row["id"], row["stream_id"], row["state"], row["effect_key"]) for row in curs]


def delete_closed(curs: Cursor[Row], older_than_days: int, limit: int) -> int:
    """Delete entries that ended long ago; deliveries, fragments and answers stay, and removals nobody ever answered."""
    curs.execute(
        f"""
        DELETE FROM app.outbox WHERE id IN (
            SELECT id FROM app.outbox o WHERE closed_at < app.now() - %s * interval '1 day'
            AND NOT ({PASSES_GATE} AND state = 'DEAD') ORDER BY closed_at LIMIT %s)
        """,
        (older_than_days, limit),
    )
    return curs.rowcount


def live_of_streams(curs: Cursor[Row], stream_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """The live entry of each stream, for people who ask what happens next.

    `former_books` is the organisation it belongs to, if its lane leads to another one by now.
    """
    curs.execute(
        """
        SELECT DISTINCT ON (stream_id) stream_id, kind, state, attempts, due_at, lease_until, asked,
               CASE WHEN o.organisation_id <> l.organisation_id THEN o.organisation_id END AS former_books
        FROM app.outbox o LEFT JOIN app.lane l USING (connection_id)
        WHERE stream_id = ANY(%b) AND closed_at IS NULL ORDER BY stream_id, id
        """,
        (list(stream_ids),),
    )
    return {row["stream_id"]: row for row in curs}


def count_live(curs: Cursor[Row], connection_id: UUID) -> dict[str, int]:
    """How many entries of one lane have not ended, by kind; without removals, which stand in nobody's way."""
    curs.execute(
        f"""
        SELECT kind, count(*) AS entries FROM app.outbox o
        WHERE connection_id = %s AND closed_at IS NULL AND NOT {PASSES_GATE} GROUP BY kind
        """,
        (connection_id,),
    )
    return {row["kind"]: row["entries"] for row in curs}


def live_keys(curs: Cursor[Row]) -> dict[str, Row]:
    """Every entry that has not ended, by effect key."""
    curs.execute("SELECT effect_key, stream_id, kind, state FROM app.outbox WHERE closed_at IS NULL")
    return {row["effect_key"]: row for row in curs}


def behind(gate_open: bool) -> str:
    """SQL: what else must be true of an entry `o` of a lane whose gate is open, or is not."""
    return "" if gate_open else f"AND {PASSES_GATE}"


def entry_of(row: Row) -> LeasedEntry:
    """An entry as its columns say."""
    return LeasedEntry(
        id=row["id"],
        stream_id=row["stream_id"],
        kind=row["kind"],
        attempts=row["attempts"],
        attempts_alone=row["attempts_alone"],
        age=row["age"],
        trying=row["trying"],
        delivery_id=row["delivery_id"],
        group=row["grp"],
        cause=row["cause"] or "",
        deaths=row["deaths"],
        deaths_alone=row["deaths_alone"],
        searches=row["searches"],
        searching=row["searching"],
        search_group=row["search_grp"],
        searched=row["state"] == "AMBIGUOUS",
    )


def _all_or_lost(curs: Cursor[Row], expected: int) -> None:
    if len(curs.fetchall()) != expected:
        raise LeaseLost
