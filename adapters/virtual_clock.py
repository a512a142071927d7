"""The virtual clock: how far the engine's one clock is moved, for installations whose Xero is on the same machine.

Only sessions that say so go by it (`app.clock`), so whatever stands in the table moves nobody else's time.
"""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from psycopg import Cursor
from psycopg.conninfo import conninfo_to_dict

Row = dict[str, Any]
_OPTION: Final = "-c app.clock=virtual"


def going_by_it(database_url: str) -> str:
    """The same database, by sessions that go by the virtual clock."""
    options = str(conninfo_to_dict(database_url).get("options") or "")
    if _OPTION in options:
        return database_url
    address, _, query = database_url.partition("?")
    others = [pair for pair in query.split("&") if pair and not pair.startswith("options=")]
    all_options = "options=" + quote(f"{options} {_OPTION}".strip())
    return f"{address}?{'&'.join([*others, all_options])}"


def shift(curs: Cursor[Row]) -> timedelta:
    """How far the clock is moved."""
    row = curs.execute("SELECT shift FROM app.virtual_clock").fetchone()
    return row["shift"] if row else timedelta()


def move(curs: Cursor[Row], by: timedelta) -> None:
    """Move the clock of the whole installation on, or back."""
    curs.execute(
        """
        INSERT INTO app.virtual_clock AS c (shift) VALUES (%(seconds)s * interval '1 second')
        ON CONFLICT (only_row) DO UPDATE SET shift = c.shift + excluded.shift
        """,
        {"seconds": by.total_seconds()},
    )
