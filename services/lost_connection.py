"""What the engine does when Xero no longer lets it in: record why, so that the gate closes and a person is told.

Nothing waiting is touched: the queue goes on by itself after a reconnect.
"""

from collections.abc import Callable
from uuid import UUID

from adapters.event_store.store import EventStore
from adapters.xero.errors import AuthorisationLost, NotConnected, PermissionMissing, Unauthorised, XeroError
from adapters.xero.session import XeroSession
from domain import connection as connections
from domain.connection import Connection
from domain.event import ENGINE, Event, Moment
from domain.refusals import ConcurrentChange
from domain.streams import connection_id


class LostConnection:
    """Hears of errors that mean the connection itself is gone."""

    def __init__(
        self, store: EventStore, session_of: Callable[[Connection], XeroSession], new_id: Callable[[], UUID]
    ) -> None:
        self._store, self._session_of, self._new_id = store, session_of, new_id

    def hear(self, connection: Connection, error: XeroError) -> None:
        """Record what the error says of the connection, if anything, and if it still has the grant it was called with.

        Being shut out may pass, so it counts only once Xero's own list of connections says so too.

        XERO-UNVERIFIED XU-19: that of 401 and 403 either may stand for an organisation that removed us.
        """
        proven = self._verified(connection, error)
        if proven is None:
            return
        for _ in range(5):
            known = self._store.load(connection_id(connection.account_id), connections.evolve)
            if known is None or known.grant_id != connection.grant_id:
                return
            if isinstance(proven, NotConnected) and known.xero_connection_id != connection.xero_connection_id:
                # It was left meanwhile, and perhaps removed by ourselves.
                return
            try:
                self._store.append(self._decide(known, proven, {"error": type(error).__name__}))
            except ConcurrentChange:
                continue
            return

    def _verified(self, connection: Connection, error: XeroError) -> XeroError | None:
        """The error that stands; None if it says nothing of the connection."""
        if not isinstance(error, NotConnected | Unauthorised):
            return error if isinstance(error, AuthorisationLost | PermissionMissing) else None
        if not connection.xero_connection_id:
            # Nobody has said that this consent reaches the organisation.
            return None
        try:
            listed = self._session_of(connection).connections()
        except AuthorisationLost as lost:
            return lost
        except XeroError:
            return None
        there = any(one.organisation_id == connection.organisation_id for one in listed)
        return None if there else NotConnected(error.code, status=error.status, correlation_id=error.correlation_id)

    def _decide(self, known: Connection, error: XeroError, evidence: dict[str, str]) -> list[Event]:
        at = Moment(now=self._store.now(), actor=ENGINE, correlation_id=self._new_id(), new_id=self._new_id)
        if isinstance(error, AuthorisationLost):
            return connections.disconnect(known, "authorisation_lost", evidence, at)
        if isinstance(error, PermissionMissing):
            return connections.miss_permission(known, at)
        return connections.disconnect(known, "removed_in_xero", evidence, at)
