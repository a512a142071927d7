"""Delivery kind: remove in Xero what an account leaves there, and take the consent back.

It acts for the grant that was disconnected or replaced, with that grant's own token, also while the gate is closed, and
never harms a newer consent or another account: what still leads somewhere stays (`what_leaves`), and a consent is taken
back only where no other one of the same Xero user is alive. The tokens are destroyed with the event that says how it
ended. Of an organisation that was left for another one of the same consent only its connection is removed. Xero's page
on connections: each by the connection's id, 204; 404 if it is gone already, so that all of it may be done again.
"""

import logging
from collections.abc import Container, Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

import msgspec

from adapters.event_store.store import Transaction
from adapters.vault.errors import GrantMissing
from adapters.vault.grants import Grants
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
from domain.event import Event, Moment
from domain.invoice import EntryKind
from services.dispatch.kind import Absent, Answered, Fence, Outcome, Saved, Sent, Withheld
from services.dispatch.what_leaves import Leaving, WhatLeaves

LOG: Final = logging.getLogger(__name__)
LOOK_AGAIN: Final = 30.0
"""Seconds; how long a removal waits for somebody who is giving consent anew just now."""
_SHUT_OUT: Final = (Unauthorised, NotConnected, PermissionMissing)


class Removal(msgspec.Struct, frozen=True):
    """How it ended."""

    how: RemovedHow
    revoked: bool
    removed: tuple[str, ...] = ()


class _Overtaken(Exception):
    """Somebody needs the connection again that we were about to remove; it was not sent."""


class RemoveConnection:
    """Removes each connection by a request of its own, and takes back the consent by a last one."""

    name: EntryKind = "remove_connection"
    most_entries = 1
    most_searched = 1
    largest_body = 1_000

    def __init__(self, grants: Grants, oauth: XeroOAuth, leaves: WhatLeaves) -> None:
        self._grants, self._oauth, self._leaves = grants, oauth, leaves

    def as_it_was(self, subject: Leaving) -> Connection:
        """The connection with the grant that leaves it: in its name Xero is called."""
        return msgspec.structs.replace(
            subject.connection,
            grant_id=subject.departure.grant_id,
            organisation_id=subject.departure.organisation_id,
            xero_connection_id=subject.departure.xero_connection_id,
        )

    def subjects(self, tx: Transaction, stream_ids: Sequence[UUID], connection: Connection) -> Mapping[UUID, Leaving]:
        """The departures, by what leaves."""
        gone = {one.removal: one for one in connection.departures}
        return {removal: Leaving(connection=connection, departure=gone[removal]) for removal in stream_ids}

    def causes(self, subject: Leaving, connection: Connection) -> list[Cause]:
        """Nothing is ever in the way."""
        return []

    def render(self, subject: Leaving, connection: Connection) -> tuple[bytes, dict[str, Any]]:
        """What is asked of Xero first of all, for the record; the requests have no body."""
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
        """DELETE what nobody needs any more, one by one; then revoke the consent, unless it is shared."""
        (subject,) = subjects
        if self._leaves.must_wait(subject):
            return _answered(_wait(), 0)
        try:
            removal, last = self._remove(session, subject, session.connections(before_send=fence), fence)
        except _Overtaken:
            return _answered(_wait(), 0)
        except AuthorisationLost as lost:
            return _answered(Saved(Removal("refused", False)), lost.status or 0)
        except _SHUT_OUT as refused:
            return _of(refused, Withheld(cause="xero_unavailable", counts=True))
        ended = self._ended(subject, removal, fence)
        return _answered(ended, 0) if last is None else _of(last, ended)

    def search(self, session: XeroSession, subjects: Sequence[Leaving], sent: Sequence[Sent], fence: Fence) -> Answered:
        """See whether Xero still lists what goes. A token it no longer takes says that the consent is gone too."""
        (subject,) = subjects
        try:
            listed = session.connections(before_send=fence)
        except AuthorisationLost as lost:
            return _answered(Saved(Removal("gone", False)), lost.status or 0)
        except _SHUT_OUT as refused:
            return _of(refused, Absent())
        going = {one.connection_id.lower() for one in self._leaves.to_remove(subject, listed)}
        if self._leaves.must_wait(subject) or any(one.connection_id.lower() in going for one in listed):
            return _answered(Absent(), 200)
        return _answered(self._ended(subject, Removal(self._how(subject, going, going), False), fence), 200)

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
        """AccessRemoved, or ConnectionRemoved where the consent goes on."""
        removal: Removal = saved.what
        return connections.access_removed(
            subject.connection,
            subject.departure.removal,
            removal.how,
            at,
            revoked=removal.revoked,
            removed=removal.removed,
        )

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
        """The same; the tokens of a grant that left are destroyed though Xero did not answer."""
        return connections.access_removed(subject.connection, subject.departure.removal, "unanswered", at)

    def place(self, subject: Leaving) -> tuple[UUID, str]:
        """The connection's stream and account."""
        return subject.lane, subject.connection.account_id

    def _remove(
        self, session: XeroSession, subject: Leaving, listed: Sequence[XeroConnection], fence: Fence
    ) -> tuple[Removal, Answer | XeroError | None]:
        """DELETE each that goes; how the one that was used ended, and Xero's last answer."""
        going = self._leaves.to_remove(subject, listed)
        if self._leaves.may_be_given_anew(going):
            raise _Overtaken
        removed: list[str] = []
        last: Answer | XeroError | None = None
        for one in going:
            try:
                last = session.delete_connection(
                    one.connection_id, before_send=partial(self._check, subject, one, fence)
                )
                removed.append(one.connection_id)
            except NotFound as gone:
                last = gone
        how = self._how(subject, {one.connection_id.lower() for one in going}, {one.lower() for one in removed})
        return Removal(how, False, tuple(removed)), last

    def _how(self, subject: Leaving, going: Container[str], removed: Container[str]) -> RemovedHow:
        used = subject.departure.xero_connection_id.lower()
        if not used:
            return "gone"
        if used not in going or self._leaves.goes_on(subject):
            return "replaced"
        return "removed" if used in removed else "gone"

    def _check(self, subject: Leaving, one: XeroConnection, fence: Fence) -> None:
        fence()
        if self._leaves.must_wait(subject) or self._leaves.is_needed(subject, one):
            raise _Overtaken

    def _ended(self, subject: Leaving, removal: Removal, fence: Fence) -> Saved:
        """The consent is taken back last of all: a token that is dead could remove nothing more."""
        return Saved(msgspec.structs.replace(removal, revoked=self._revoke(subject, fence)))

    def _revoke(self, subject: Leaving, fence: Fence) -> bool:
        """Take the consent back, which cuts off every connection of that Xero user: only if no other is alive."""
        grant_id = subject.departure.grant_id
        if subject.departure.consent_goes_on or self._grants.user_has_other_grant(grant_id):
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


def _wait() -> Withheld:
    return Withheld(cause="reconnecting", counts=False, after=LOOK_AGAIN)


def _of(said: Answer | XeroError, outcome: Outcome) -> Answered:
    return _answered(outcome, said.status or 0, said.correlation_id, said.rates)


def _answered(outcome: Outcome, status: int, correlation_id: str = "", rates: RateHeaders = NO_RATES) -> Answered:
    return Answered(outcomes=(outcome,), status=status, correlation_id=correlation_id, rates=rates)
