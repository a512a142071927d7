"""The SQL of table `lane` about its breaker: failures are counted, lanes that rest are seen, and they begin again."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from psycopg import Cursor

from domain.breaker import FAILURES_BEFORE_PAUSE, Breaker, begins_again_in, breaker_after, pause_after

Row = dict[str, Any]


def failed(curs: Cursor[Row], connection_id: UUID, call: int) -> None:
    """Xero failed this call: count it under the lane's lock, and let the lane rest if that was one too many."""
    curs.execute(
        "SELECT failures_in_row, newest_at_failure, started FROM app.lane WHERE connection_id = %s FOR UPDATE",
        (connection_id,),
    )
    lane = curs.fetchone()
    if lane is None:
        return
    before = Breaker(lane["failures_in_row"], lane["newest_at_failure"])
    after = breaker_after(before, "away", call, lane["started"])
    if after == before:
        return
    curs.execute(
        """
        UPDATE app.lane SET failures_in_row = %(failures)s, newest_at_failure = %(newest)s, begins_again = false,
               paused_until = CASE WHEN %(pause)s::float8 IS NULL THEN paused_until
                              ELSE greatest(paused_until, app.now() + %(pause)s::float8 * interval '1 second') END,
               paused_for = CASE WHEN %(pause)s::float8 IS NULL
                              OR paused_until > app.now() + %(pause)s::float8 * interval '1 second' THEN paused_for
                            ELSE 'xero_unavailable' END
        WHERE connection_id = %(lane)s
        """,
        {
            "lane": connection_id,
            "failures": after.failures,
            "newest": after.newest_call,
            "pause": pause_after(after.failures),
        },
    )


def is_open(curs: Cursor[Row], connection_id: UUID) -> bool:
    """Whether a lane rests because Xero fails it, and does not only wait for its moment to begin again."""
    curs.execute(
        "SELECT FROM app.lane WHERE connection_id = %s AND paused_until > app.now() AND failures_in_row >= %s"
        " AND NOT begins_again",
        (connection_id, FAILURES_BEFORE_PAUSE),
    )
    return curs.fetchone() is not None


def open_of_lately(curs: Cursor[Row], lately: float) -> tuple[int, int]:
    """How many lanes rest because Xero fails them, and how many were served in the last `lately` seconds.

    Those that wait for their moment to begin again say nothing: Xero has answered since.
    """
    curs.execute(
        """
        SELECT count(*) FILTER (WHERE paused_until > app.now() AND failures_in_row >= %s AND NOT begins_again) AS open,
               count(*) AS lately
        FROM app.lane WHERE gate = 'open' AND served_at > app.now() - %s * interval '1 second'
        """,
        (FAILURES_BEFORE_PAUSE, lately),
    )
    row = curs.fetchone()
    assert row is not None, "a count is always there"
    return row["open"], row["lately"]


def begin_again(curs: Cursor[Row], chance: Callable[[], float]) -> dict[UUID, float]:
    """Xero answers again: lanes that rest because it failed begin again, each at its own moment, in seconds.

    Those that rest for a limit do not: it holds whether Xero answers or not. What calls of the time before still tell
    is old.
    """
    curs.execute(
        "SELECT connection_id FROM app.lane WHERE paused_until > app.now() AND failures_in_row >= %s"
        " AND paused_for = 'xero_unavailable' ORDER BY connection_id FOR UPDATE SKIP LOCKED",
        (FAILURES_BEFORE_PAUSE,),
    )
    moments = {row["connection_id"]: begins_again_in(chance()) for row in curs.fetchall()}
    curs.execute(
        """
        UPDATE app.lane l SET paused_until = least(l.paused_until, app.now() + m.seconds * interval '1 second'),
               begins_again = true, newest_at_failure = l.started
        FROM unnest(%b::uuid[], %b::float8[]) AS m (id, seconds) WHERE l.connection_id = m.id
        """,
        (list(moments), list(moments.values())),
    )
    return moments
