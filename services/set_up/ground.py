"""What every step of set-up stands on: the connection, how it is changed, and keeping what Xero said of it."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from adapters import reference_data
from adapters.event_store.store import NOTHING, EventStore
from adapters.event_store.writes import Writes
from adapters.reference_data import Kind
from adapters.xero.session import XeroSession
from domain import connection as connections
from domain.causes import Cause
from domain.connection import Connection
from domain.event import Actor, Event, Moment
from domain.references import References
from domain.refusals import NotPossible
from domain.streams import connection_id
from services.handling import Handling
from services.reads import Reads
from services.views.organisation_names import organisation_names

T = TypeVar("T")


class Ground:
    """Loads and changes connections; asks Xero in their name and keeps what it says."""

    def __init__(
        self,
        store: EventStore,
        handling: Handling,
        session_of: Callable[[Connection], XeroSession],
        ring: Callable[[UUID], None],
        follow: Callable[[str], None],
        reads: Reads,
    ) -> None:
        self.store, self.session_of, self._reads = store, session_of, reads
        self._handling, self._ring, self._follow = handling, ring, follow

    def find(self, account_id: str) -> Connection | None:
        """The account's connection, None if there never was one."""
        return self.store.load(connection_id(account_id), connections.evolve)

    def connection(self, account_id: str) -> Connection:
        """The account's connection; refused if there never was one."""
        known = self.find(account_id)
        if known is None:
            raise NotPossible(f"account {account_id} was never connected to Xero; connect it first")
        return known

    def chosen(self, account_id: str) -> tuple[Connection, str]:
        """The account's connection and its organisation, for asking Xero; refused while none is chosen or reachable."""
        known = self.connection(account_id)
        if known.first_connected_at is None:
            raise NotPossible(f"account {account_id} was never connected to Xero; connect it first")
        if known.grant_id is None:
            raise NotPossible(f"account {account_id} is disconnected from Xero; connect it again first")
        if known.organisation_id is None:
            raise NotPossible("no organisation is chosen yet; choose one first")
        if not known.xero_connection_id:
            raise NotPossible("the new consent is not known to reach the organisation used so far; choose one first")
        return known, known.organisation_id

    def change(
        self,
        account_id: str,
        decide: Callable[[Connection | None, Moment], list[Event]],
        actor: Actor,
        writes: Writes = NOTHING,
    ) -> list[Event]:
        """Append what is decided of the connection, with `writes`; then see what follows, and ring."""
        stream = connection_id(account_id)
        events = self._handling.carry_out(stream, connections.evolve, decide, actor, writes)
        if events:
            self._follow(account_id)
            self._ring(stream)
        return events

    def moment(self, actor: Actor) -> Moment:
        """The circumstances of a decision made now, to foresee what it would come to."""
        return self._handling.moment(actor)

    def withhold(self, account_id: str, picked: str, cause: Cause, actor: Actor) -> None:
        """Record that the organisation picked is not used, and why."""
        self.change(account_id, lambda state, at: connections.withhold_organisation(state, picked, cause, at), actor)

    def ask(self, known: Connection, what: str, question: Callable[[XeroSession], T]) -> T:
        """Ask Xero about the organisation: one call out of the lane's budget, with the reserve, as a person asks.

        Raises RateLimited if there is none to be had within moments, so that no click ever breaks a limit.
        """
        with self._reads.asked(connection_id(known.account_id), what) as read:
            return question(self.session_of(known).heard_by(read.hear))

    def keep(self, account_id: str, organisation_id: str, kind: Kind, said: object) -> None:
        """Keep what Xero just said of the organisation, and nothing of one that was left for it."""
        with self.store.cursor() as cursor:
            reference_data.forget_others(cursor, connection_id(account_id), organisation_id)
            reference_data.keep(cursor, connection_id(account_id), organisation_id, kind, said)

    def keep_beside(self, account_id: str, organisation_id: str, kind: Kind, said: object) -> None:
        """Keep what Xero just said of an organisation that was picked and is not used, beside the one that is."""
        with self.store.cursor() as cursor:
            reference_data.keep(cursor, connection_id(account_id), organisation_id, kind, said)

    def name_of(self, account_id: str, organisation_id: str) -> str:
        """What an organisation of the account calls itself, empty if it was never read."""
        return organisation_names(self.store, [(account_id, organisation_id)]).get(organisation_id, "")

    def said(self, known: Connection) -> References:
        """What Xero last said of the connection's organisation, as far as it was ever asked."""
        with self.store.cursor() as cursor:
            return reference_data.read(cursor, connection_id(known.account_id), known.organisation_id)

    def references(self, account_id: str) -> References:
        """What Xero last said of the account's organisation; Xero is not asked."""
        return self.said(self.connection(account_id))

    def follow(self, account_id: str) -> None:
        """Record what stopped and what started qualifying, by what Xero last said."""
        self._follow(account_id)
