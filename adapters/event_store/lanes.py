"""The SQL of table `lane`: may this connection send now, how much, and when was something last synced."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Cursor

from adapters.event_store.outbox import PASSES_GATE
from adapters.event_store.writes import Heard

Row = dict[str, Any]


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """How much of Xero's limit one connection may use.

    A bucket of `burst` calls refilled at `per_minute`: at most burst + per_minute calls start in any minute. Xero's
    page on limits allows 60 a minute and 5 at once.
    """

    burst: float = 3
    per_minute: float = 57
    in_flight: int = 4


_REMOVAL_DUE: Final = f"""
    EXISTS (SELECT FROM app.outbox o WHERE o.connection_id = l.connection_id AND {PASSES_GATE} AND o.closed_at IS NULL
            AND o.state IN ('PENDING', 'AMBIGUOUS') AND o.due_at <= app.now()
            AND (o.lease_until IS NULL OR o.lease_until < app.now()))
"""


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """A lane that may send one call now: calls already in flight, failures in a row (a probe if there are many).

    Behind a closed gate (`gate_open` False), only what passes it may go.
    `unclear_due` says that a look-up is due; it goes before anything new, however long the queue.
    """

    account_id: str
    in_flight: int
    failures_in_row: int
    now: datetime
    gate_open: bool = True
    unclear_due: bool = False


def ensure(curs: Cursor[Row], accounts: Mapping[UUID, str]) -> None:
    """Make sure these connections have a lane; a new one has its gate closed."""
    curs.execute(
        """
        INSERT INTO app.lane (connection_id, account_id)
        SELECT * FROM unnest(%s::uuid[], %s::text[]) ON CONFLICT DO NOTHING
        """,
        (list(accounts), list(accounts.values())),
    )


def set_gates(curs: Cursor[Row], gates: Mapping[UUID, bool]) -> None:
    """Open (True) or close gates. Opening forgets pauses and failures of the time before."""
    curs.execute(
        """
        UPDATE app.lane l SET gate = CASE WHEN g.opened THEN 'open' ELSE 'closed' END,
               paused_until = NULL, paused_for = NULL, failures_in_row = 0
        FROM unnest(%s::uuid[], %s::bool[]) AS g (id, opened) WHERE l.connection_id = g.id
        """,
        (list(gates), list(gates.values())),
    )


def touch_activity(curs: Cursor[Row], connection_id: UUID) -> None:
    """Xero answered on something that counts as activity."""
    curs.execute("UPDATE app.lane SET last_activity_at = app.now() WHERE connection_id = %s", (connection_id,))


def admit(curs: Cursor[Row], connection_id: UUID, budget: Budget) -> Admission | None:
    """Lock the lane and take one call from its budget, if its gate is open and nothing holds it; else None.

    What passes a closed gate is admitted through one, within the same budget.

    Two statements, because the second must see what the transactions the first one waited for have committed.
    """
    curs.execute(
        f"""
        SELECT FROM app.lane l WHERE connection_id = %s AND (gate = 'open' OR {_REMOVAL_DUE})
               AND (paused_until IS NULL OR paused_until <= app.now()) FOR UPDATE
        """,
        (connection_id,),
    )
    if curs.fetchone() is None:
        return None
    curs.execute(
        f"""
        WITH calls AS (SELECT count(*) AS running FROM app.delivery WHERE connection_id = %(lane)s
                       AND finished_at IS NULL AND lease_until > app.now()),
             bucket AS (SELECT least(%(burst)s, tokens + extract(epoch FROM app.now() - refilled_at) * %(rate)s / 60)
                        AS level FROM app.lane WHERE connection_id = %(lane)s)
        UPDATE app.lane l SET tokens = bucket.level - 1, refilled_at = app.now(), served_at = app.now()
        FROM calls, bucket
        WHERE l.connection_id = %(lane)s AND calls.running < %(in_flight)s AND bucket.level >= 1
        RETURNING l.account_id, l.failures_in_row, calls.running, app.now() AS now, l.gate = 'open' AS gate_open,
            EXISTS (SELECT FROM app.outbox o WHERE o.connection_id = %(lane)s AND o.state = 'AMBIGUOUS'
                    AND o.due_at <= app.now() AND (o.lease_until IS NULL OR o.lease_until < app.now())
                    AND (l.gate = 'open' OR {PASSES_GATE})) AS unclear_due
        """,
        {"lane": connection_id, "burst": budget.burst, "rate": budget.per_minute, "in_flight": budget.in_flight},
    )
    row = curs.fetchone()
    if row is None:
        return None
    return Admission(
        account_id=row["account_id"],
        in_flight=row["running"],
        failures_in_row=row["failures_in_row"],
        now=row["now"],
        gate_open=row["gate_open"],
        unclear_due=row["unclear_due"],
    )


def take_call(curs: Cursor[Row], connection_id: UUID, budget: Budget) -> bool:
    """Take one call from a lane's budget for a read beside the queue, whatever its gate; False if there is none now."""
    curs.execute(
        """
        UPDATE app.lane SET refilled_at = app.now(),
               tokens = least(%(burst)s, tokens + extract(epoch FROM app.now() - refilled_at) * %(rate)s / 60) - 1
        WHERE connection_id = %(lane)s AND (paused_until IS NULL OR paused_until <= app.now())
          AND least(%(burst)s, tokens + extract(epoch FROM app.now() - refilled_at) * %(rate)s / 60) >= 1
        """,
        {"lane": connection_id, "burst": budget.burst, "rate": budget.per_minute},
    )
    return curs.rowcount == 1


def spend(curs: Cursor[Row], connection_id: UUID, calls: int) -> None:
    """Take calls a person asked for; the budget may go below nothing, and what is sent by itself waits for it."""
    curs.execute("UPDATE app.lane SET tokens = tokens - %s WHERE connection_id = %s", (calls, connection_id))


def give_back(curs: Cursor[Row], connection_id: UUID) -> None:
    """Return a call that was taken and not used."""
    curs.execute("UPDATE app.lane SET tokens = tokens + 1 WHERE connection_id = %s", (connection_id,))


def heard(curs: Cursor[Row], said: Heard) -> None:
    """Keep what an answer said of the limits and how many calls in a row have failed; pause if it asks for that."""
    curs.execute(
        """
        UPDATE app.lane SET min_left = coalesce(%(min_left)s, min_left), day_left = coalesce(%(day_left)s, day_left),
               failures_in_row = %(failures)s,
               paused_until = CASE WHEN %(pause)s::float8 IS NULL THEN paused_until
                              ELSE greatest(paused_until, app.now() + %(pause)s::float8 * interval '1 second') END,
               paused_for = coalesce(%(pause_for)s, paused_for)
        WHERE connection_id = %(lane)s
        """,
        {
            "lane": said.connection_id,
            "min_left": said.min_left,
            "day_left": said.day_left,
            "failures": said.failures_in_row,
            "pause": said.pause,
            "pause_for": said.pause_for,
        },
    )


def due(curs: Cursor[Row], limit: int) -> list[UUID]:
    """Lanes with something to do now, least recently served first: due entries or look-ups."""
    curs.execute(
        f"""
        SELECT l.connection_id FROM app.lane l
        WHERE (l.paused_until IS NULL OR l.paused_until <= app.now()) AND (l.gate = 'open' AND (
                EXISTS (SELECT FROM app.outbox o WHERE o.connection_id = l.connection_id AND o.state = 'PENDING'
                        AND o.due_at <= app.now())
                OR EXISTS (SELECT FROM app.outbox o WHERE o.connection_id = l.connection_id AND o.state = 'AMBIGUOUS'
                           AND o.due_at <= app.now() AND (o.lease_until IS NULL OR o.lease_until < app.now())))
                OR {_REMOVAL_DUE})
        ORDER BY l.served_at NULLS FIRST LIMIT %s
        """,
        (limit,),
    )
    return [row["connection_id"] for row in curs]


def expired(curs: Cursor[Row], limit: int) -> list[UUID]:
    """Lanes with entries whose lease has run out."""
    curs.execute(
        "SELECT DISTINCT connection_id FROM app.outbox WHERE state = 'LEASED' AND lease_until < app.now() LIMIT %s",
        (limit,),
    )
    return [row["connection_id"] for row in curs]


def read(curs: Cursor[Row], connection_id: UUID) -> Row | None:
    """The lane's row, for those who ask why something waits."""
    curs.execute("SELECT * FROM app.lane WHERE connection_id = %s", (connection_id,))
    return curs.fetchone()
