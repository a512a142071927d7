"""The SQL of table `connection_probe`: when a connection that was silent was last asked whether it still stands.

What else says that it stands is read where it is kept: activity, what was read of the organisation, its contacts. What
was heard in the future, by a clock that was put back since, says nothing.
"""

from typing import Any
from uuid import UUID

from psycopg import Cursor

Row = dict[str, Any]


def next_to_ask(curs: Cursor[Row], silent: float, spread: float, again: float, limit: int) -> list[UUID]:
    """Take up to `limit` connections nothing was heard of for `silent` seconds and a part of `spread` of their own.

    One that was asked and did not answer is taken again after `again` seconds.
    """
    curs.execute(
        """
        INSERT INTO app.connection_probe AS p (connection_id, asked_at)
        SELECT l.connection_id, app.now() FROM app.lane l
        LEFT JOIN app.connection_probe asked USING (connection_id)
        CROSS JOIN LATERAL (
            SELECT max(at) AS last FROM (
                SELECT l.last_activity_at UNION ALL SELECT asked.answered_at
                UNION ALL SELECT r.read_at FROM app.reference_data r WHERE r.connection_id = l.connection_id
                UNION ALL SELECT c.read_since FROM app.contact_reading c WHERE c.connection_id = l.connection_id
            ) AS times (at) WHERE at <= app.now()) AS heard
        WHERE (asked.asked_at > app.now() - %(again)s * interval '1 second' AND asked.asked_at <= app.now()) IS NOT TRUE
          AND coalesce(heard.last, '-infinity') <= app.now()
              - (%(silent)s + %(spread)s * (abs(hashtext(l.connection_id::text)::bigint) %% 1000) / 1000)
              * interval '1 second'
        ORDER BY heard.last NULLS FIRST LIMIT %(limit)s
        ON CONFLICT (connection_id) DO UPDATE SET asked_at = excluded.asked_at
        RETURNING connection_id
        """,
        {"silent": silent, "spread": spread, "again": again, "limit": limit},
    )
    return [row["connection_id"] for row in curs]


def answered(curs: Cursor[Row], connection_id: UUID) -> None:
    """It was heard of just now, or has nobody to be asked for."""
    curs.execute("UPDATE app.connection_probe SET answered_at = app.now() WHERE connection_id = %s", (connection_id,))
