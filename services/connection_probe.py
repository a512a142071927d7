"""The daily look whether a silent connection still stands: one cheap call, so that a removal in Xero is noticed.

Whoever syncs, or has contacts or rates read, is heard of anyway and is not asked. It is no activity, and it takes its
call from the connection's budget like any other.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from adapters import connection_probes
from adapters.event_store.store import EventStore
from adapters.xero.errors import NotConnected, XeroError
from adapters.xero.session import XeroSession
from domain import connection as connections
from domain.connection import Connection
from domain.refusals import Refusal
from services.lost_connection import LostConnection
from services.reads import OutOfBudget, Reads

LOG: Final = logging.getLogger(__name__)
HOUR: Final = 3600.0
SILENT: Final = 20 * HOUR
SPREAD: Final = 4 * HOUR
"""A connection is asked 20 to 24 hours after it was last heard of, each at its own moment in between."""
AGAIN: Final = 1 * HOUR
ROUND: Final = 30.0
AT_ONCE: Final = 20


class ConnectionProbe:
    """Asks for silent connections."""

    def __init__(
        self,
        store: EventStore,
        lost: LostConnection,
        session_of: Callable[[Connection], XeroSession],
        reads: Reads,
    ) -> None:
        self._store, self._lost, self._session_of, self._reads = store, lost, session_of, reads

    def run(self, stop: threading.Event) -> None:
        """Round after round until told to stop; a database that is away is waited for."""
        while not stop.is_set():
            try:
                self.round(stop)
            except (PersistenceError, Refusal) as error:
                LOG.warning("connections are asked for later (%s)", type(error).__name__)
            stop.wait(ROUND)

    def round(self, stop: threading.Event | None = None) -> int:
        """Ask for the connections whose turn it is; returns for how many Xero was asked."""
        with self._store.cursor() as cursor:
            silent = connection_probes.next_to_ask(cursor, SILENT, SPREAD, AGAIN, AT_ONCE)
        return sum(self._ask(lane) for lane in silent if stop is None or not stop.is_set())

    def _ask(self, lane: UUID) -> bool:
        known = self._store.load(lane, connections.evolve)
        if known is None or known.grant_id is None:
            self._answered(lane)
            return False
        try:
            with self._reads.one_by_one(lane, "connections") as calls:
                listed = self._session_of(known).heard_by(calls.hear).connections(before_send=calls.begin)
        except OutOfBudget:
            return False
        except XeroError as error:
            LOG.warning("connection %s did not answer: %s", lane, error)
            self._lost.hear(known, error)
            return True
        self._answered(lane)
        if known.xero_connection_id and not any(one.organisation_id == known.organisation_id for one in listed):
            self._lost.hear(known, NotConnected("not_listed"))
        return True

    def _answered(self, lane: UUID) -> None:
        with self._store.cursor() as cursor:
            connection_probes.answered(cursor, lane)
