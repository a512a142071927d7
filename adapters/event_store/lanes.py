"""The SQL of table `lane` but for its calls and breaker: gates, what is due, and when something was last synced."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from adapters.event_store.outbox import PASSES_GATE
from domain.budget import DAY_ASKED_AGAIN, DAY_RESERVE, LIMITS, NOT_FOR_SENDING

Row = dict[str, Any]


REMOVAL_DUE: Final = f"""
    EXISTS (SELECT FROM app.outbox o WHERE o.connection_id = l.connection_id AND {PASSES_GATE} AND o.closed_at IS NULL
            AND o.state IN ('PENDING', 'AMBIGUOUS') AND o.due_at <= app.now()
            AND o.lease_token IS NULL)
"""
"""SQL: whether a lane `l` has something to do that passes a closed gate."""


def ensure(curs: Cursor[Row], accounts: Mapping[UUID, str]) -> None:
    """Make sure these connections have a lane; a new one has its gate closed."""
    curs.execute(
        """
        INSERT INTO app.lane (connection_id, account_id)
        SELECT * FROM unnest(%b::uuid[], %b::text[]) ON CONFLICT DO NOTHING
        """,
        (list(accounts), list(accounts.values())),
    )


def set_gates(curs: Cursor[Row], gates: Mapping[UUID, bool]) -> None:
    """Open (True) or close gates. Rests of the connection are forgotten; the limits of its organisation hold."""
    curs.execute(
        """
        UPDATE app.lane l SET gate = CASE WHEN g.opened THEN 'open' ELSE 'closed' END, failures_in_row = 0,
               paused_until = CASE WHEN paused_for = ANY(%b) THEN paused_until END,
               paused_for = CASE WHEN paused_for = ANY(%b) THEN paused_for END
        FROM unnest(%b::uuid[], %b::bool[]) AS g (id, opened) WHERE l.connection_id = g.id
        """,
        (list(LIMITS), list(LIMITS), list(gates), list(gates.values())),
    )


def set_organisations(curs: Cursor[Row], organisations: Mapping[UUID, str]) -> None:
    """From now on these lanes lead to these organisations; what belongs to another one stays where it is.

    The limits of the one before say nothing of this one.
    """
    curs.execute(
        """
        UPDATE app.lane l SET organisation_id = o.organisation_id, paused_until = NULL, paused_for = NULL,
               promised = NULL, window_over_at = NULL, promised_today = NULL, day_over_at = NULL, day_most = 0
        FROM unnest(%b::uuid[], %b::text[]) AS o (id, organisation_id)
        WHERE l.connection_id = o.id AND l.organisation_id IS DISTINCT FROM o.organisation_id
        """,
        (list(organisations), list(organisations.values())),
    )


def touch_activity(curs: Cursor[Row], connection_id: UUID) -> None:
    """Xero answered on something that counts as activity, or somebody took a step of set-up."""
    curs.execute("UPDATE app.lane SET last_activity_at = app.now() WHERE connection_id = %s", (connection_id,))


def hold_activity(curs: Cursor[Row], connection_id: UUID) -> datetime | None:
    """When there was last activity; there is none until this transaction ends."""
    curs.execute("SELECT last_activity_at FROM app.lane WHERE connection_id = %s FOR UPDATE", (connection_id,))
    row = curs.fetchone()
    return row["last_activity_at"] if row else None


def last_activities(curs: Cursor[Row], connection_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When there was last activity in each of these lanes, as far as there ever was."""
    curs.execute(
        "SELECT connection_id, last_activity_at FROM app.lane"
        " WHERE connection_id = ANY(%b) AND last_activity_at IS NOT NULL",
        (list(connection_ids),),
    )
    return {row["connection_id"]: row["last_activity_at"] for row in curs}


def _day_allows(kept: str) -> str:
    """SQL: whether a lane `l` may start a call, or ask for a new day, though so many of the day's calls are kept."""
    return f"""(l.promised_today - l.started <= {kept} AND l.day_over_at > app.now()
                AND l.day_over_at <= app.now() + {DAY_ASKED_AGAIN} * interval '1 second') IS NOT TRUE"""


_ITS_BOOKS: Final = "(o.organisation_id IS NULL OR o.organisation_id = l.organisation_id)"
_PENDING_DUE: Final = f"""SELECT FROM app.outbox o WHERE o.connection_id = l.connection_id AND o.state = 'PENDING'
                AND o.due_at <= app.now() AND {_ITS_BOOKS}"""
DUE: Final = f"""
WITH RECURSIVE waiting AS (
    (SELECT connection_id FROM app.outbox WHERE state = 'PENDING' ORDER BY connection_id LIMIT 1)
    UNION ALL
    SELECT (SELECT o.connection_id FROM app.outbox o WHERE o.state = 'PENDING'
            AND o.connection_id > w.connection_id ORDER BY o.connection_id LIMIT 1)
    FROM waiting w WHERE w.connection_id IS NOT NULL),
unclear AS (
    (SELECT connection_id FROM app.outbox WHERE state = 'AMBIGUOUS' ORDER BY connection_id LIMIT 1)
    UNION ALL
    SELECT (SELECT o.connection_id FROM app.outbox o WHERE o.state = 'AMBIGUOUS'
            AND o.connection_id > u.connection_id ORDER BY o.connection_id LIMIT 1)
    FROM unclear u WHERE u.connection_id IS NOT NULL),
live AS (SELECT connection_id FROM waiting UNION SELECT connection_id FROM unclear)
SELECT l.connection_id, l.served_at
FROM live s JOIN app.lane l ON l.connection_id = s.connection_id
WHERE (l.paused_until IS NULL OR l.paused_until <= app.now()) AND (l.gate = 'open' AND (
        {_day_allows(f"l.day_most / {DAY_RESERVE}")} AND EXISTS ({_PENDING_DUE})
        OR {_day_allows(f"l.day_most / {DAY_RESERVE} / {NOT_FOR_SENDING}")} AND EXISTS ({_PENDING_DUE} AND o.asked)
        OR {_day_allows("0")}
           AND EXISTS (SELECT FROM app.outbox o WHERE o.connection_id = l.connection_id AND o.state = 'AMBIGUOUS'
                       AND o.due_at <= app.now() AND o.lease_token IS NULL AND {_ITS_BOOKS}))
        OR {REMOVAL_DUE})
      AND NOT EXISTS (SELECT FROM app.whole_app w WHERE w.paused_until > app.now())
ORDER BY l.served_at NULLS FIRST LIMIT %s
"""
"""Hops from lane to lane through the partial indexes of live entries, so that idle lanes cost nothing.

Nor do lanes whose day is used up, or any while all rest: each would cost a look in vain, and stay in front of all that
were served since.
"""


def due(curs: Cursor[Row], limit: int) -> list[UUID]:
    """Lanes with something to do now, least recently served first: due entries or look-ups."""
    curs.execute(DUE, (limit,))
    return [row["connection_id"] for row in curs]


def has_due(curs: Cursor[Row], connection_id: UUID) -> bool:
    """Whether a lane whose gate is open has entries that could be sent or looked up now."""
    curs.execute(
        """
        SELECT FROM app.lane l WHERE l.connection_id = %s AND l.gate = 'open' AND EXISTS (
            SELECT FROM app.outbox o WHERE o.connection_id = l.connection_id AND o.state IN ('PENDING', 'AMBIGUOUS')
            AND o.due_at <= app.now())
        """,
        (connection_id,),
    )
    return curs.fetchone() is not None


def expired(curs: Cursor[Row], limit: int) -> list[UUID]:
    """Lanes with entries whose lease has run out."""
    curs.execute(
        """
        SELECT DISTINCT connection_id FROM app.outbox WHERE lease_token IS NOT NULL AND lease_until < app.now() LIMIT %s
        """,
        (limit,),
    )
    return [row["connection_id"] for row in curs]


def read(curs: Cursor[Row], connection_id: UUID) -> Row | None:
    """The lane's row, for those who ask why something waits."""
    curs.execute("SELECT * FROM app.lane WHERE connection_id = %s", (connection_id,))
    return curs.fetchone()
