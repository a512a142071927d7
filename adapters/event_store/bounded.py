"""Transactions that end, whatever becomes of the process that began them.

A process that is frozen keeps what it locked: its kernel still answers, so the server takes it for alive. The server's
`idle_in_transaction_session_timeout` ends a transaction that waits for its next command, but not one that stopped
inside a pipeline, which counts as active; `transaction_timeout` (PostgreSQL 17) ends both.
"""

from typing import Any, Final, Self

from psycopg import Connection, Cursor

LONGEST: Final = 60.0
"""Seconds. Far above what any write takes, with the locks it waits for; how long a frozen process holds others up."""
_FROM_VERSION: Final = 170_000


class BoundedConnection(Connection[Any]):
    """A connection whose transactions the server ends when they last too long."""

    longest = LONGEST

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> Self:
        """As any connection; an older server only ends transactions that are idle."""
        connection = super().connect(*args, **kwargs)
        if connection.info.server_version >= _FROM_VERSION:
            connection.execute("SELECT set_config('transaction_timeout', %s, false)", [f"{cls.longest * 1_000:.0f}ms"])
            connection.commit()
        return connection


def unhurried(cursor: Cursor[Any]) -> None:
    """Let this one transaction take its time: it reads a whole history, or erases much."""
    if cursor.connection.info.server_version >= _FROM_VERSION:
        cursor.execute("SET LOCAL transaction_timeout = 0")
