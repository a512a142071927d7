"""Opening transactions for the vault in tests, with or without a clock of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from adapters.vault.transaction import Row


class Database:
    """Transactions on one database; `advance` moves the clock that the database tells."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Row]]) -> None:
        self._pool = pool
        self._now: datetime | None = None

    @contextmanager
    def begin(self) -> Iterator[psycopg.Cursor[Row]]:
        """One transaction, at the time that was set."""
        with self._pool.connection() as connection, connection.cursor() as cursor:
            if self._now:
                cursor.execute("SELECT set_config('app.now', %s, true)", [self._now.isoformat()])
            yield cursor

    def advance(self, by: timedelta) -> None:
        """Let this much time pass; from the first use on, time passes only by this."""
        self._now = (self._now or datetime(2026, 10, 1, 12, 0, tzinfo=UTC)) + by

    def rows(self, query: str) -> list[Row]:
        """What a query of the test itself answers."""
        with self.begin() as cursor:
            return cursor.execute(query.encode()).fetchall()


@contextmanager
def opened(database_url: str) -> Iterator[Database]:
    """A database to work on, closed at the end."""
    with ConnectionPool(
        database_url,
        connection_class=psycopg.Connection[Row],
        kwargs={"row_factory": dict_row},
        min_size=1,
        max_size=10,
        open=True,
    ) as pool:
        yield Database(pool)
