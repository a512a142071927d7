"""Delivery kind: end a grant that is no longer used: remove its connection in Xero, and take the consent back.

It acts for the grant that was disconnected, with that grant's own token, also while the gate is closed, and never harms
a newer consent: an organisation the account has come back to keeps its connection, which Xero may have given the same
id; so does one that went over to another account's consent; and a consent is taken back only where no other account
lives by the same Xero user. The tokens are destroyed with the event that says how it ended. Xero's page on connections:
by the connection's id, 204; 404 if it is gone already.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from adapters.event_store.store import EventStore, Transaction
from adapters.vault.errors import GrantMissing
from adapters.vault.grants import Grants
from adapters.vault.oauth_states import OAuthStates
from adapters.xero.answers import NO_RATES, Answer, RateHeaders, XeroConnection
from adapters.xero.errors import (
    AuthorisationLost,
    ClientRefused,
    NotConnected,
    NotFound,
    PermissionMissing,
    Unauthorised,
    XeroError,
)
from adapters.xero.oauth import XeroOAuth
from adapters.xero.session import XeroSession
from domain import connection as connections
from domain.causes import Cause
from domain.connection import Connection, RemovedHow
from domain.connection_state import Departure
from domain.event import Event, Moment
from domain.invoice import EntryKind
from domain.streams import connection_id
from services.dispatch.kind import Absent, Answered, Fence, Outcome, Saved, Sent, Withheld

LOG: Final = logging.getLogger(__name__)
LOOK_AGAIN: Final = 30.0
"""Seconds; how long a removal waits for somebody who is giving consent anew just now."""
_SHUT_OUT: Final = (Unauthorised, NotConnected, PermissionMissing)

Way = Literal["remove", "leave", "wait"]


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """A connection and the grant that leaves it."""

    connection: Connection
    departure: Departure


class Removal(msgspec.Struct, frozen=True):
    """How it ended."""

    how: RemovedHow
    revoked: bool


class _Overtaken(Exception):
    """Somebody consents anew while we were about to remove the connection; nothing was sent."""


class RemoveConnection:
    """Removes one connection per request, and takes back the consent by a second one."""

    name: EntryKind = "remove_connection"
    most_entries = 1
    most_searched = 1
    largest_body = 1_000

    def __init__(self, store: EventStore, grants: Grants, states: OAuthStates, oauth: XeroOAuth) -> None:
        self._store, self._grants, self._states, self._oauth = store, grants, states, oauth

    def as_it_was(self, subject: Leaving) -> Connection:
        """The connection with the grant that leaves it: in its name Xero is called."""
        return msgspec.structs.replace(
            subject.connection,
            grant_id=subject.departure.grant_id,
            organisation_id=subject.departure.organisation_id,
            xero_connection_id=subject.departure.xero_connection_id,
        )

    def subjects(self, tx: Transaction, stream_ids: Sequence[UUID], connection: Connection) -> Mapping[UUID, Leaving]:
        """The departures, by grant."""
        gone = {one.grant_id: one for one in connection.departures}
        return {grant: Leaving(connection=connection, departure=gone[grant]) for grant in stream_ids}

    def causes(self, subject: Leaving, connection: Connection) -> list[Cause]:
        """Nothing is ever in the way."""
        return []

    def render(self, subject: Leaving, connection: Connection) -> tuple[bytes, dict[str, Any]]:
        """What is asked of Xero, for the record; the request has no body."""
        return f"DELETE /connections/{subject.departure.xero_connection_id}".encode(), {}

    def body(self, fragments: Sequence[bytes]) -> bytes:
        """The record of the request."""
        return b"\n".join(fragments)

    def send(
        self,
        session: XeroSession,
        body: bytes,
        key: UUID,
        subjects: Sequence[Leaving],
        sent: Sequence[Sent],
        fence: Fence,
    ) -> Answered:
        """DELETE the connection, unless the account came back to it; then revoke the consent, unless it is shared."""
        (subject,) = subjects
        way = self._way(subject)
        if way != "remove":
            return self._left_alone(subject, way, fence)
        try:
            if self._is_anothers(subject, session.connections(before_send=fence)):
                return self._left_alone(subject, "leave", fence)
            answer = session.delete_connection(
                subject.departure.xero_connection_id, before_send=lambda: self._check(subject, fence)
            )
        except NotFound as gone:
            return _of(gone, Saved(Removal("gone", self._revoke(subject, fence))))
        except _Overtaken:
            return _answered(_wait(), 0)
        except AuthorisationLost as lost:
            return _answered(Saved(Removal("refused", False)), lost.status or 0)
        except _SHUT_OUT as refused:
            return _of(refused, Withheld(cause="xero_unavailable", counts=True))
        return _of(answer, Saved(Removal("removed", self._revoke(subject, fence))))

    def search(self, session: XeroSession, subjects: Sequence[Leaving], sent: Sequence[Sent], fence: Fence) -> Answered:
        """See whether Xero still lists the connection. A token it no longer takes says that the consent is gone too."""
        (subject,) = subjects
        try:
            listed = session.connections(before_send=fence)
        except AuthorisationLost as lost:
            return _answered(Saved(Removal("gone", False)), lost.status or 0)
        except _SHUT_OUT as refused:
            return _of(refused, Absent())
        if self._way(subject) == "remove" and not any(_is(subject.departure, one.connection_id) for one in listed):
            return _answered(Saved(Removal("removed", self._revoke(subject, fence))), 200)
        return _answered(Absent(), 200)

    def reload(self, tx: Transaction, subjects: Sequence[Leaving]) -> list[Leaving]:
        """The connections as they are now."""
        known = tx.load([self.place(s)[0] for s in subjects], connections.evolve)
        return [msgspec.structs.replace(s, connection=known[self.place(s)[0]]) for s in subjects]

    def blocked(self, subject: Leaving, causes: Sequence[Cause], connection: Connection, at: Moment) -> list[Event]:
        """Never: nothing is in its way."""
        return []

    def unclear(self, subject: Leaving, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """Nothing: the entry knows."""
        return []

    def absent(self, subject: Leaving, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """Nothing: it is asked for again."""
        return []

    def saved(
        self, subject: Leaving, saved: Saved, sent: Sent, adopted: bool, organisation_id: str, at: Moment
    ) -> list[Event]:
        """AccessRemoved."""
        removal: Removal = saved.what
        grant = subject.departure.grant_id
        return connections.access_removed(subject.connection, grant, removal.how, at, revoked=removal.revoked)

    def failed(
        self,
        subject: Leaving,
        cause: Cause,
        attempts: int,
        delivery_id: UUID | None,
        answer_ref: UUID | None,
        organisation_id: str | None,
        at: Moment,
    ) -> list[Event]:
        """AccessRemoved: the tokens are destroyed all the same."""
        return connections.access_removed(subject.connection, subject.departure.grant_id, "unanswered", at)

    def place(self, subject: Leaving) -> tuple[UUID, str]:
        """The connection's stream and account."""
        account_id = subject.connection.account_id
        return connection_id(account_id), account_id

    # ── what a newer consent needs ──────────────────────────────────────────────────────────────────────────────────

    def _way(self, subject: Leaving) -> Way:
        """What to do with the connection in Xero, as things are at this moment."""
        known = self._store.load(self.place(subject)[0], connections.evolve)
        gone = subject.departure
        if known is None or known.grant_id is None:
            return "wait" if self._states.is_awaited(subject.connection.account_id) else _removable(gone)
        if known.organisation_id != gone.organisation_id:
            return _removable(gone)
        # Consented anew, and the organisation is not confirmed yet: it may be the same.
        return "leave" if known.xero_connection_id else "wait"

    def _is_anothers(self, subject: Leaving, listed: Sequence[XeroConnection]) -> bool:
        """Whether the connection has gone over to a newer consent, perhaps another account's of the same Xero user.

        XERO-UNVERIFIED XU-28: that a connection names the consent that made it, or made it again, last.
        """
        try:
            own = self._grants.read(subject.departure.grant_id).auth_event_id
        except GrantMissing:
            return False
        there = next((one for one in listed if _is(subject.departure, one.connection_id)), None)
        return there is not None and "" not in (own, there.auth_event_id) and there.auth_event_id != own

    def _check(self, subject: Leaving, fence: Fence) -> None:
        fence()
        if self._way(subject) != "remove":
            raise _Overtaken

    def _left_alone(self, subject: Leaving, way: Way, fence: Fence) -> Answered:
        if way == "wait":
            return _answered(_wait(), 0)
        how: RemovedHow = "replaced" if subject.departure.xero_connection_id else "gone"
        return _answered(Saved(Removal(how, self._revoke(subject, fence))), 0)

    def _revoke(self, subject: Leaving, fence: Fence) -> bool:
        """Take the consent back, which cuts off every connection of that Xero user: only if no other is alive."""
        grant_id = subject.departure.grant_id
        if self._grants.user_has_other_grant(grant_id):
            return False
        try:
            token = self._grants.read(grant_id).tokens.refresh_token
        except GrantMissing:
            return False
        fence()
        try:
            self._oauth.revoke(token)
        except ClientRefused as refused:
            # The connection is gone and the tokens follow; repeating this would only hold up whatever comes next.
            LOG.warning("the consent of grant %s was not taken back: %s", grant_id, refused)
            return False
        return True


def _removable(gone: Departure) -> Way:
    return "remove" if gone.xero_connection_id else "leave"


def _is(departure: Departure, xero_connection_id: str) -> bool:
    return departure.xero_connection_id.lower() == xero_connection_id.lower()


def _wait() -> Withheld:
    return Withheld(cause="reconnecting", counts=False, after=LOOK_AGAIN)


def _of(said: Answer | XeroError, outcome: Outcome) -> Answered:
    return _answered(outcome, said.status or 0, said.correlation_id, said.rates)


def _answered(outcome: Outcome, status: int, correlation_id: str = "", rates: RateHeaders = NO_RATES) -> Answered:
    return Answered(outcomes=(outcome,), status=status, correlation_id=correlation_id, rates=rates)
