"""The projector: carries the log into the projections, batch by batch, woken by the database or every few seconds.

Rows and checkpoint are one transaction, so that of two projectors at once one is rolled back and nothing is harmed.
"""

import logging
import threading
from time import monotonic
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from adapters.event_store import log_stream
from adapters.event_store.store import EventStore
from projections import batch as batches
from projections import checkpoints
from projections.batch import Batch
from projections.checkpoints import RivalProjector
from projections.recorded import BadEvent

CHANNEL: Final = "sync_events"
POLL: Final = 5.0
"""Seconds; a notification can be lost, and is only ever a hint."""
_STOP_NOTICED_WITHIN: Final = 0.25

log: Final = logging.getLogger(__name__)
_LETS_GO: Final = "SET LOCAL idle_in_transaction_session_timeout = '10s'"
"""Whoever is frozen in the middle of a batch leaves it to its rival."""


class Projector:
    """Folds what is new in the log into the projections. `batch` is the number of events per transaction."""

    def __init__(self, store: EventStore, engine: Engine, batch: int = 2_000) -> None:
        self._store, self._engine, self._batch = store, engine, batch

    def position(self) -> int:
        """The position of the newest event that was folded."""
        with self._engine.connect() as connection:
            return checkpoints.position(connection)

    def behind(self) -> int:
        """How many positions of the log are still to come (positions may have gaps)."""
        return max(0, self._store.head() - self.position())

    def step(self) -> int:
        """Fold one batch and return how many events it held; 0 if nothing was new.

        Raises BadEvent in front of an event that cannot be folded, RivalProjector if another projector was faster; in
        both cases nothing has changed.
        """
        with self._engine.begin() as connection:
            connection.exec_driver_sql(_LETS_GO)
            position = checkpoints.position(connection)
            news = log_stream.after(driver_connection(connection), position, self._batch)
            if not news:
                return 0
            self._move(connection, position, news[-1][0])
            batch = batches.load(connection, news)
            batch.fold(news)
            self._write(connection, batch)
        return len(news)

    def catch_up(self) -> int:
        """Fold until nothing is new; the number of events folded. What a rival folds meanwhile is not folded again."""
        total = 0
        while True:
            try:
                folded = self.step()
            except RivalProjector as rival:
                log.debug("%s", rival)
                continue
            if not folded:
                return total
            total += folded

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. A lost connection is made again; a bad event ends the work and is raised."""
        while not stop.is_set():
            try:
                self._work(stop)
            except BadEvent as bad:
                log.critical("the projections stand still in front of a bad event: %s", bad)
                raise
            except (psycopg.OperationalError, OperationalError, InterfaceError) as lost:
                log.warning("the projector lost the database and will try again: %s", type(lost).__name__)
                stop.wait(1.0)

    def _move(self, connection: Connection, old: int, new: int) -> None:
        checkpoints.move(connection, old, new)

    def _write(self, connection: Connection, batch: Batch) -> None:
        batch.write(connection)

    def _work(self, stop: threading.Event) -> None:
        arguments, named = self._engine.dialect.create_connect_args(self._engine.url)
        with psycopg.connect(*arguments, **named, autocommit=True) as listening:
            listening.execute(f"LISTEN {CHANNEL}")
            while not stop.is_set():
                self.catch_up()
                _wait(listening, stop)


def driver_connection(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's own connection, in the same transaction."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _wait(listening: psycopg.Connection[Any], stop: threading.Event) -> None:
    """Until something is notified, the poll is due, or we are to stop."""
    until = monotonic() + POLL
    while not stop.is_set() and monotonic() < until:
        if list(listening.notifies(timeout=_STOP_NOTICED_WITHIN, stop_after=1)):
            return
