"""Which clock an installation goes by: the real one, or one that is moved, which a demo or a test walks day by day.

A moved clock would cut connections that are in use, so it is refused unless Xero is simulated on the same machine, and
a database that was used by it is never taken up by the real one.
"""

import psycopg
from psycopg.rows import dict_row

from adapters import virtual_clock
from services.settings import Settings, SettingsError


def clocked(database_url: str, settings: Settings) -> str:
    """The database by sessions that go by the clock that is set."""
    return virtual_clock.going_by_it(database_url) if settings.clock == "virtual" else database_url


def check_clock(database_url: str, settings: Settings) -> None:
    """Refuse the real clock on a database whose rows were written by a moved one."""
    if settings.clock == "virtual":
        return
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        moved = virtual_clock.shift(connection.cursor())
    if moved:
        raise SettingsError(
            [
                f"The clock of this database was moved by {moved}, and its rows bear such times. It can only be used "
                "with KYRIOS_XERO_CLOCK=virtual and a simulated Xero; take another database for anything else."
            ]
        )
