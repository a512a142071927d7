"""Which connections in Xero go with a departure: those only the account that leaves holds, and nobody needs any more.

A Xero user may serve several Kyrios accounts, and Xero lists all connections of that user together. Of these, an
account holds the one it used and those its own consents gave. One is still needed by the account itself if it came back
to it, by any newer consent that gave it again and may yet choose it, and by another account whose books it leads to.

XERO-UNVERIFIED XU-28: that a connection names the consent that made it, or made it again, last.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from adapters.event_store import organisation_bindings
from adapters.event_store.store import EventStore
from adapters.vault.grants import Grants
from adapters.vault.oauth_states import OAuthStates
from adapters.xero.answers import XeroConnection
from domain import connection as connections
from domain.connection import Connection
from domain.connection_state import Departure
from domain.streams import connection_id


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """A connection and what leaves it."""

    connection: Connection
    departure: Departure

    @property
    def lane(self) -> UUID:
        """The connection's stream."""
        return connection_id(self.connection.account_id)


class WhatLeaves:
    """Judges by what the tables say at this very moment, and so is asked again right before each request."""

    def __init__(self, store: EventStore, grants: Grants, states: OAuthStates) -> None:
        self._store, self._grants, self._states = store, grants, states

    def must_wait(self, subject: Leaving) -> bool:
        """Whether somebody may just now be consenting anew for this account, to what is about to be removed."""
        return self._states.is_awaited(subject.connection.account_id)

    def may_be_given_anew(self, going: Sequence[XeroConnection]) -> bool:
        """Whether one of these names a consent we do not know, with which somebody may be on the way back from Xero.

        Nobody there: it was given and never brought to us, and cannot be any more, as its code has lived its minutes.
        """
        unknown = any(one.auth_event_id and not self._grants.knows(one.auth_event_id) for one in going)
        return unknown and self._states.is_anyone_at_xero()

    def to_remove(self, subject: Leaving, listed: Sequence[XeroConnection]) -> list[XeroConnection]:
        """Those to remove of what Xero lists; the one that was used goes first, also if Xero does not list it."""
        used = self._used(subject.departure, listed)
        others = [] if subject.departure.consent_goes_on else self._offered(subject, listed)
        return [one for one in (*used, *others) if not self.is_needed(subject, one)]

    def is_needed(self, subject: Leaving, one: XeroConnection) -> bool:
        """Whether the account itself, a newer consent or another account still needs this connection."""
        known = self._store.load(subject.lane, connections.evolve)
        if known is not None and _leads_to(known, one):
            return True
        if self._grants.is_of_another(subject.departure.grant_id, one.auth_event_id):
            return True
        return self._is_anothers(subject, one)

    def goes_on(self, subject: Leaving) -> bool:
        """Whether the account has come back to the organisation it leaves, by a newer consent."""
        known = self._store.load(subject.lane, connections.evolve)
        there = known is not None and known.organisation_id == subject.departure.organisation_id
        return there and known is not None and known.xero_connection_id != ""

    def _used(self, gone: Departure, listed: Sequence[XeroConnection]) -> list[XeroConnection]:
        if not gone.xero_connection_id:
            return []
        found = [one for one in listed if is_same(gone.xero_connection_id, one.connection_id)]
        unlisted = XeroConnection(
            connection_id=gone.xero_connection_id,
            organisation_id=gone.organisation_id or "",
            organisation_type="",
            name="",
            auth_event_id="",
        )
        return found or [unlisted]

    def _offered(self, subject: Leaving, listed: Sequence[XeroConnection]) -> list[XeroConnection]:
        """What the account's consents gave beside the one it used."""
        own = self._grants.consents_of(subject.connection.account_id)
        used = subject.departure.xero_connection_id
        return [one for one in listed if one.auth_event_id in own and not is_same(used, one.connection_id)]

    def _is_anothers(self, subject: Leaving, one: XeroConnection) -> bool:
        """Whether another account's invoices go to this organisation by this connection, or by the same Xero user."""
        with self._store.cursor() as cursor:
            owner = organisation_bindings.owner(cursor, one.organisation_id)
        if owner in (None, subject.connection.account_id):
            return False
        other = self._store.load(connection_id(owner), connections.evolve)
        if other is None or other.grant_id is None:
            return False
        return _leads_to(other, one) or other.xero_user_id == subject.departure.xero_user_id


def is_same(one: str, other: str) -> bool:
    """Whether two of Xero's ids name the same connection; Xero minds no case."""
    return one.lower() == other.lower()


def _leads_to(known: Connection, one: XeroConnection) -> bool:
    return known.grant_id is not None and is_same(known.xero_connection_id, one.connection_id)
