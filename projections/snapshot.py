"""Reading: one consistent look at the projections, and the position of the log it is as of."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from projections.tables import FOLDED


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A read-only transaction in which every query sees the same moment.

    The tables are locked for reading before the moment is taken: a rebuild that swaps them must wait for us, and
    cannot put a table in place that this moment sees as empty.
    """
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with reading.connect() as connection, connection.begin():
        names = ", ".join(str(table) for table in FOLDED)
        connection.exec_driver_sql(f"LOCK TABLE {names} IN ACCESS SHARE MODE")
        yield connection
