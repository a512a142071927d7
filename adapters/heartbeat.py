"""The SQL of table `heartbeat`: when the engine was last seen to run, and since when it has run without a gap."""

from datetime import timedelta
from typing import Any

from psycopg import Cursor

from domain.inactivity import Beat

Row = dict[str, Any]


def beat(curs: Cursor[Row], longest_absence: timedelta) -> Beat:
    """The engine runs. After a longer absence, or a jump of the clock either way, it runs anew since now."""
    curs.execute(
        """
        INSERT INTO app.heartbeat AS h (beat_at, running_since) SELECT now, now FROM (SELECT app.now() AS now) AS clock
        ON CONFLICT (only_row) DO UPDATE SET beat_at = excluded.beat_at, running_since =
            CASE WHEN excluded.beat_at BETWEEN h.beat_at - %(absence)s AND h.beat_at + %(absence)s
                 THEN h.running_since ELSE excluded.beat_at END
        RETURNING beat_at, running_since
        """,
        {"absence": longest_absence},
    )
    row = curs.fetchone()
    assert row is not None, "the row was just written"
    return Beat(row["beat_at"], row["running_since"])


def last(curs: Cursor[Row]) -> Beat | None:
    """The last heartbeat; None if there never was one."""
    curs.execute("SELECT beat_at, running_since FROM app.heartbeat")
    row = curs.fetchone()
    return Beat(row["beat_at"], row["running_since"]) if row else None
