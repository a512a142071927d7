"""Rebuild: fold the whole log anew into tables beside the live ones, and swap them in one transaction.

The projector works on meanwhile. Memory grows with the number of invoices, not with the number of events.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

import msgspec
from psycopg import errors
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from adapters.event_store import log_stream
from projections import batch as batches
from projections import checkpoints
from projections.batch import Batch
from services.projector import driver_connection
from services.proof import tables_beside

REBUILD_LOCK: Final = 7_205_761
READ_AT_ONCE: Final = 10_000
CATCH_UP_AT_ONCE: Final = 2_000
SWAP_WITHIN: Final = 30.0
"""Seconds the swap may wait for readers to let go, three at a time, so that none of them waits long for us."""
LONGEST_WAIT: Final = 3.0

Progress = Callable[[int, int], None]
"""Called with the position of the log that was reached, and the position of its end."""


class RebuildRefused(Exception):
    """The rebuild was not done, and the live tables are as they were; the message says why."""


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """What a rebuild did: events folded at first, rows by table, the position it is as of, and how long it took."""

    events: int
    rows: dict[str, int]
    position: int
    seconds: float


def rebuild(
    engine: Engine, progress: Progress = lambda reached, end: None, *, swap_within: float = SWAP_WITHIN
) -> Rebuilt:
    """Rebuild every projection from the log. Raises BadEvent or RebuildRefused, and then nothing has changed."""
    started = monotonic()
    with _alone(engine):
        batch, events, position = fold_log(engine, progress)
        with engine.begin() as connection:
            rows = tables_beside.fill(connection, batch)
        del batch
        with engine.begin() as connection:
            tables_beside.index(connection)
        position = _swap(engine, _catch_up_beside(engine, position), swap_within)
    progress(position, position)
    return Rebuilt(events=events, rows=rows, position=position, seconds=monotonic() - started)


def fold_log(engine: Engine, progress: Progress = lambda reached, end: None) -> tuple[Batch, int, int]:
    """The whole log folded in memory, with the number of its events and the position it reaches."""
    batch, events, position = Batch({}, {}, {}), 0, 0
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        driver = driver_connection(connection)
        end = log_stream.head(driver)
        for news in log_stream.portions(driver, READ_AT_ONCE):
            batch.fold(news)
            events, position = events + len(news), news[-1][0]
            progress(position, max(position, end))
    return batch, events, position


def _catch_up_beside(engine: Engine, position: int) -> int:
    """Fold what came meanwhile, until so little is left that it can be folded while everybody waits."""
    beside = engine.execution_options(**tables_beside.ELSEWHERE)
    while True:
        with beside.begin() as connection:
            position, folded = _fold_next(connection, position)
        if folded < CATCH_UP_AT_ONCE:
            return position


def _swap(engine: Engine, position: int, within: float) -> int:
    until = monotonic() + within
    while (left := until - monotonic()) > 0:
        try:
            with engine.begin() as connection:
                milliseconds = 1 + round(min(left, LONGEST_WAIT) * 1_000)
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
                return _swap_within(connection, position)
        except OperationalError as error:
            if not isinstance(error.orig, errors.LockNotAvailable | errors.DeadlockDetected):
                raise
    raise RebuildRefused("others kept reading the projections, so the new tables could not take their place; try again")


def _swap_within(connection: Connection, position: int) -> int:
    # The checkpoint first, as the projector does: whoever holds it may touch the tables.
    live = checkpoints.lock(connection)
    tables_beside.swap(connection)
    folded = CATCH_UP_AT_ONCE
    while folded:
        position, folded = _fold_next(connection, position)
    checkpoints.move(connection, live, position)
    return position


def _fold_next(connection: Connection, position: int) -> tuple[int, int]:
    news = log_stream.after(driver_connection(connection), position, CATCH_UP_AT_ONCE)
    if not news:
        return position, 0
    batch = batches.load(connection, news)
    batch.fold(news)
    batch.write(connection)
    return news[-1][0], len(news)


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the advisory lock of rebuilds on a connection of its own; a death gives it back."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({REBUILD_LOCK})").scalar():
            raise RebuildRefused("another rebuild is at work; wait for it to end")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({REBUILD_LOCK})")
