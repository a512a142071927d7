"""Reads what Xero says of organisations: before sending, as a routine, and at once when a person asks.

Never inside a transaction, one worker at a time per connection, within the lane's budget. What stopped or started
qualifying is recorded as drift, and invoices that wait for such a thing are looked at again.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import Engine

from adapters import reference_data
from adapters.event_store import lanes, organisation_bindings
from adapters.event_store.store import EventStore
from adapters.reference_data import KINDS, Kind
from adapters.xero.errors import XeroError
from adapters.xero.session import XeroSession
from domain import connection as connections
from domain.causes import Cause
from domain.connection import Connection
from domain.drift import follow_references
from domain.event import ENGINE, Event, Moment
from domain.fixes import READ_FROM_XERO
from domain.references import NOTHING_READ, References
from domain.refusals import NotPossible, Refusal
from domain.streams import connection_id
from projections import blocked_by, connection_status
from services.database import DATABASE_TROUBLE
from services.handling import Handling
from services.lost_connection import LostConnection
from services.reads import OutOfBudget, Read, Reads
from services.releaser import Releaser

LOG: Final = logging.getLogger(__name__)
WHILE_WAITING: Final = 3_600.0
OTHERWISE: Final = 24 * 3_600.0
"""How old, in seconds, what Xero said may become while something waits or is sent, and while nothing does."""
PATIENCE: Final = 300.0
"""Seconds until a connection is read for again after a call failed, or its worker died."""
ROUND: Final = 15.0
_NOTICED_FOR: Final = 60.0
_LANES_AT_ONCE: Final = 100
_MOST_REMEMBERED: Final = 10_000


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """What reading anew came to: the causes of what does not qualify, and how many invoices were queued again."""

    drifted: tuple[Cause, ...]
    released: int


class ReferenceWatch:
    """Keeps what Xero says of each organisation fresh."""

    def __init__(
        self,
        store: EventStore,
        read: Engine,
        handling: Handling,
        releaser: Releaser,
        lost: LostConnection,
        session_of: Callable[[Connection], XeroSession],
        ring: Callable[[UUID], None],
        reads: Reads,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._read, self._handling, self._releaser = store, read, handling, releaser
        self._lost, self._session_of, self._ring = lost, session_of, ring
        self._reads, self._monotonic = reads, monotonic
        self._looked_at: dict[UUID, float] = {}

    def freshen(self, lane: UUID) -> None:
        """Right before something is sent: read what is older than it may be then. Trouble is left for later.

        A lane that was looked at a minute ago is not looked at again, so that a busy one pays nothing.
        """
        now, before = self._monotonic(), self._looked_at.get(lane)
        if before is not None and now < before + _NOTICED_FOR:
            return
        if len(self._looked_at) >= _MOST_REMEMBERED:
            self._looked_at.clear()
        self._looked_at[lane] = now
        with self._store.cursor() as cursor:
            known = lanes.read(cursor, lane)
        if known is None or known["gate"] != "open":
            return
        try:
            self._read_stale(lane, WHILE_WAITING)
        except Refusal as error:
            LOG.warning("what Xero said of connection %s is acted upon later (%s)", lane, error.code)

    def round(self) -> int:
        """Read for the connections whose turn it is; returns for how many something was read.

        Whoever picked an organisation that was another account's hears of it once it is free.
        """
        with self._read.connect() as connection:
            waiting = blocked_by.connections_waiting(connection, READ_FROM_XERO)
            refused = connection_status.accounts_held_by(connection, "organisation_in_use")
        for account_id in refused:
            self.follow(account_id)
        with self._store.cursor() as cursor:
            due = reference_data.stale(cursor, waiting, WHILE_WAITING, OTHERWISE, PATIENCE, _LANES_AT_ONCE)
        return sum(self._read_stale(lane, WHILE_WAITING) for lane in due)

    def run(self, stop: threading.Event) -> None:
        """Round after round until told to stop; a database that is away is waited for."""
        while True:
            try:
                self.round()
            except (*DATABASE_TROUBLE, Refusal) as error:
                LOG.warning("reference data could not be kept (%s); it is tried again", type(error).__name__)
            if stop.wait(ROUND):
                return

    def refresh(self, account_id: str) -> Refreshed:
        """Read everything now, because a person asks ("Check again"). Raises NotPossible, and XeroError in the end.

        What can be read is read and acted upon, even if something else cannot.
        """
        self.follow(account_id)
        lane = connection_id(account_id)
        known = self._store.load(lane, connections.evolve)
        if known is None or known.organisation_id is None or not known.xero_connection_id:
            raise NotPossible(f"account {account_id} is not connected to an organisation; there is nothing to read")
        trouble: list[XeroError] = []
        for kind in KINDS:
            try:
                with self._reads.asked(lane, kind) as read:
                    self._read_kind(known, kind, read)
            except XeroError as error:
                trouble.append(error)
        released = self._follow_all(account_id)
        if trouble:
            raise trouble[0]
        after = self._store.load(lane, connections.evolve)
        return Refreshed(drifted=tuple(after.drifted.values()) if after else (), released=released)

    def follow(self, account_id: str) -> None:
        """Record what stopped and what started qualifying, by what Xero last said and by whose an organisation is."""
        lane = connection_id(account_id)
        events = self._handling.carry_out(lane, connections.evolve, self._followed, ENGINE)
        if events:
            self._ring(lane)

    def _followed(self, state: Connection | None, at: Moment) -> list[Event]:
        if state is not None and state.refused_books is not None and self._is_free(state.refused_books, state):
            return connections.free_organisation(state, at)
        return follow_references(state, self._said(state), at)

    def _is_free(self, organisation_id: str, state: Connection) -> bool:
        with self._store.cursor() as cursor:
            return organisation_bindings.owner(cursor, organisation_id) in (None, state.account_id)

    def _said(self, state: Connection | None) -> References:
        if state is None:
            return NOTHING_READ
        with self._store.cursor() as cursor:
            return reference_data.read(cursor, connection_id(state.account_id), state.organisation_id)

    def _follow_all(self, account_id: str) -> int:
        self.follow(account_id)
        return self._releaser.look_again(account_id, READ_FROM_XERO)

    def _read_stale(self, lane: UUID, older_than: float) -> bool:
        """Read what is older than that, one call at a time, as far as the budget goes; whether anything was read."""
        known = self._store.load(lane, connections.evolve)
        if known is None or known.organisation_id is None or not known.xero_connection_id:
            with self._store.cursor() as cursor:
                reference_data.postpone(cursor, lane)
            return False
        read_any = False
        while claimed := self._next_kind(lane, known.organisation_id, older_than):
            kind, read = claimed
            try:
                self._read_kind(known, kind, read)
            except XeroError as error:
                LOG.warning("%s of connection %s could not be read: %s", kind, lane, error)
                break
            finally:
                self._reads.end(read)
            read_any = True
        if read_any:
            self._follow_all(known.account_id)
        return read_any

    def _next_kind(self, lane: UUID, organisation_id: str, older_than: float) -> tuple[Kind, Read] | None:
        """What is to be read next, with the call taken for it; None if that is nothing, or no call is to be had."""
        try:
            with self._store.cursor() as cursor:
                kind = reference_data.next_to_read(cursor, lane, organisation_id, older_than, PATIENCE)
                return None if kind is None else (kind, self._reads.begin(cursor, lane, kind))
        except OutOfBudget:
            return None

    def _read_kind(self, known: Connection, kind: Kind, read: Read) -> None:
        try:
            said = _asked(self._session_of(known).heard_by(read.hear), kind)
        except XeroError as error:
            self._lost.hear(known, error)
            raise
        assert known.organisation_id is not None, "an organisation is chosen before it is read"
        with self._store.cursor() as cursor:
            reference_data.keep(cursor, connection_id(known.account_id), known.organisation_id, kind, said)


def _asked(session: XeroSession, kind: Kind) -> object:
    match kind:
        case "organisation":
            return session.organisation()
        case "actions":
            return session.denied_actions()
        case "ledger_accounts":
            return session.ledger_accounts()
        case "tax_rates":
            return session.tax_rates()
        case "currencies":
            return session.currencies()
