"""The sweeper: rings for what was forgotten, frees what died with its worker, deletes what ended long ago.

It is also who notices that the clock was set back.

It is what makes every doorbell dispensable: losing a ring costs at most one interval.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from adapters.event_store import clock_seen, deliveries, lanes, mails, outbox
from adapters.event_store.store import EventStore

LOG: Final = logging.getLogger(__name__)
LANES_AT_ONCE: Final = 1_000
KEEP_CLOSED_DAYS: Final = 7
DELETE_AT_ONCE: Final = 1_000


class Sweeper:
    """Sweeps all lanes; any number may run, since ringing twice is harmless and recovery locks its rows."""

    def __init__(
        self,
        store: EventStore,
        recover: Callable[[UUID], int],
        ring: Callable[[UUID], None],
        interval: float,
        hold: float,
        window: float,
    ) -> None:
        """In seconds: between two sweeps, the longest lease or quiet period, and Xero's minute."""
        self._store, self._recover, self._ring, self._interval = store, recover, ring, interval
        self._hold, self._window = hold, window

    def sweep(self) -> int:
        """One round; returns how many lanes were rung for."""
        with self._store.cursor() as cursor:
            back = clock_seen.look(cursor, self._hold, self._window)
        if back:
            LOG.warning("the clock was set back by %.0f seconds or more; what was to come moves with it", back)
        with self._store.cursor() as cursor:
            expired = lanes.expired(cursor, LANES_AT_ONCE)
        for connection_id in expired:
            self._recover_alone(connection_id)
        with self._store.cursor() as cursor:
            due = lanes.due(cursor, LANES_AT_ONCE)
            deliveries.finish_forgotten(cursor)
            outbox.delete_closed(cursor, KEEP_CLOSED_DAYS, DELETE_AT_ONCE)
            mails.delete_closed(cursor, KEEP_CLOSED_DAYS, DELETE_AT_ONCE)
        for connection_id in due:
            self._ring(connection_id)
        return len(due)

    def _recover_alone(self, connection_id: UUID) -> None:
        """One lane's trouble is not the others'."""
        try:
            self._recover(connection_id)
        except PersistenceError:
            raise
        except Exception as error:
            LOG.error("connection %s is not recovered: %s", connection_id, type(error).__name__, exc_info=True)

    def run(self, stop: threading.Event) -> None:
        """Sweep at once and then every interval until told to stop; a database that is away is waited for."""
        while True:
            try:
                self.sweep()
            except PersistenceError as error:
                LOG.warning("the sweeper could not reach the database (%s); it tries again", type(error).__name__)
            if stop.wait(self._interval):
                return
