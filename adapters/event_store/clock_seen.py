"""The SQL of table `clock_seen`: a moment that has surely been, by which a clock that was set back is noticed.

Then every moment that lies ahead moves with the clock, in whatever table whose work would wait for it: what was to come
in a while still does, and nothing waits for the lost time to pass. What was read, and when, is judged by who reads it.
"""

from typing import Any, Final

from psycopg import Cursor

Row = dict[str, Any]

NO_MATTER: Final = 1.0
"""Seconds by which a clock may be set back without anybody's notice."""
_NOW: Final = "0"
_HOLD: Final = "%(hold)s"
_WINDOW: Final = "%(window)s"
_GRACE: Final = "1800"
_LIFE: Final = "600"
"""Of former tokens, and of a consent that is under way."""
_MOMENTS: Final = {
    "lane": {
        "refilled_at": _NOW,
        "window_over_at": _WINDOW,
        "day_over_at": _WINDOW,
        "paused_until": _WINDOW,
        "served_at": _NOW,
    },
    "outbox": {
        "due_at": f"CASE WHEN state = 'AMBIGUOUS' THEN {_HOLD} ELSE {_NOW} END",
        "lease_until": _HOLD,
        "created_at": _NOW,
        "first_tried_at": _NOW,
        "searching_since": _NOW,
    },
    "delivery": {"lease_until": _HOLD},
    "xero_grant": {"refresh_lease_until": _HOLD, "access_expires_at": _NOW, "previous_until": _GRACE},
    "oauth_state": {"expires_at": _LIFE, "returned_at": _NOW},
    "mail": {
        "due_at": _NOW,
        "lease_until": _HOLD,
        "first_tried_at": _NOW,
        "asked_at": _NOW,
        "rendered_at": _NOW,
        "told_at": _NOW,
    },
    "mail_lane": {"paused_until": _NOW, "taken_at": _NOW},
    "whole_app": {"heard_at": _NOW, "paused_until": _WINDOW, "probe_until": _HOLD},
}
"""In the order in which they are locked; each with the seconds ahead up to which it may have been stored since."""


def look(curs: Cursor[Row], hold: float, window: float) -> float:
    """Remember that it is now, and mend what was stored by a clock that was set back since; returns seconds, or 0.

    They are the fewest it may have been: what passed between the last look, or the last entry, and then is not known,
    so nothing comes too early. Nor does what was stored between then and now: leases and quiet periods last `hold`
    seconds at most, pauses a `window`. Two statements, because the second must see what another who looks has mended.
    """
    curs.execute("SELECT FROM app.clock_seen FOR UPDATE")
    curs.execute(
        """
        SELECT extract(epoch FROM greatest(at, (SELECT created_at FROM app.outbox ORDER BY id DESC LIMIT 1))
                                  - app.now())::float8 AS back
        FROM app.clock_seen
        """
    )
    row = curs.fetchone()
    assert row is not None, "the row is there from the first migration"
    back: float = row["back"]
    if back > NO_MATTER:
        for table, columns in _MOMENTS.items():
            curs.execute(_moved(table, columns), {"back": back, "hold": hold, "window": window})
    curs.execute("UPDATE app.clock_seen SET at = app.now()")
    return back if back > NO_MATTER else 0.0


def _moved(table: str, columns: dict[str, str]) -> str:
    """SQL: what lies further ahead than it would by now comes as much earlier."""
    changed = ", ".join(
        f"{one} = CASE WHEN {one} > app.now() THEN greatest({one} - %(back)s * interval '1 second',"
        f" least({one}, app.now() + ({ahead}) * interval '1 second')) ELSE {one} END"
        for one, ahead in columns.items()
    )
    return f"UPDATE app.{table} SET {changed} WHERE greatest({', '.join(columns)}) > app.now()"
