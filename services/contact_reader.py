"""Use case: read an organisation's contacts into the contact directory, page by page, first all, then what changed.

A page at most is in memory. Each page is kept in its own transaction, so a reader that dies is followed by another at
the same page; what is read twice changes nothing. Calls come out of the lane's budget, never beside it.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

import msgspec
from eventsourcing.persistence import PersistenceError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from adapters import contact_directory, contact_reading
from adapters.contact_directory import DirectoryEntry
from adapters.contact_reading import NoLongerOurs, Reading
from adapters.event_store import lanes
from adapters.event_store.lanes import Budget
from adapters.event_store.store import EventStore, Transaction
from adapters.vault.account_keys import AccountKey, AccountKeys
from adapters.xero.answers import XeroContact
from adapters.xero.errors import AuthorisationLost, NotConnected, PermissionMissing, RateLimited, XeroError
from adapters.xero.session import XeroSession
from domain import connection as connections
from domain import contact_sync
from domain.connection import Connection
from domain.event import ENGINE, Moment
from projections import connection_status
from services.contact_standing import directory_hashes
from services.lost_connection import LostConnection

LOG: Final = logging.getLogger(__name__)
EVERY: Final = 30 * 60.0
"""Seconds between two readings of one organisation's contacts."""
LEASE: Final = 300.0
"""Seconds a reader may be silent before another takes its reading over; longer than any call."""
ROUND: Final = 2.0
OUT_OF_BUDGET: Final = 5.0
TROUBLE: Final = 60.0


class _OutOfBudget(Exception):
    """The lane has no call to spare just now; nothing was sent."""


class ContactReader:
    """Keeps the contact directory of every connection."""

    def __init__(
        self,
        store: EventStore,
        read: Engine,
        keys: AccountKeys,
        session_of: Callable[[Connection], XeroSession],
        lost: LostConnection,
        budget: Budget,
        new_id: Callable[[], UUID],
    ) -> None:
        self._store, self._read, self._keys, self._session_of = store, read, keys, session_of
        self._lost, self._budget, self._new_id = lost, budget, new_id

    def read_due(self, stop: threading.Event | None = None) -> int:
        """Read the contacts of every connection for which it is time; returns how many readings came to their end."""
        ended = 0
        with self._read.connect() as connection:
            connected = connection_status.reachable(connection)
        with self._store.cursor() as cursor:
            due = contact_reading.due(cursor, connected, EVERY) if connected else []
        for connection_id in due:
            if stop is not None and stop.is_set():
                break
            ended += self.read(connection_id)
        return ended

    def read(self, connection_id: UUID) -> bool:
        """Read one connection's contacts now; False if somebody does so already, or it could not be ended."""
        with self._store.begin() as tx:
            connection = tx.load([connection_id], connections.evolve).get(connection_id)
            if connection is None or connection.grant_id is None or not connection.xero_connection_id:
                return False
            assert connection.organisation_id is not None, "a chosen organisation has an id"
            token = self._new_id()
            reading = contact_reading.begin(tx.cursor, connection_id, connection.organisation_id, token, LEASE)
        if reading is None:
            return False
        try:
            self._pages(connection, reading)
        except NoLongerOurs:
            return False
        except (_OutOfBudget, XeroError) as error:
            self._stop(connection, reading, error)
            return False
        return True

    def run(self, stop: threading.Event) -> None:
        """Look every few seconds until told to stop; a database that is away is waited for."""
        while not stop.is_set():
            try:
                self.read_due(stop)
            except (PersistenceError, SQLAlchemyError) as error:
                LOG.warning("contacts could not be kept (%s); they are read again", type(error).__name__)
            stop.wait(ROUND)

    # ── one reading ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _pages(self, connection: Connection, reading: Reading) -> None:
        def within_budget() -> None:
            with self._store.cursor() as cursor:
                if not lanes.take_call(cursor, reading.connection_id, self._budget):
                    raise _OutOfBudget

        pages = self._session_of(connection).contacts(
            modified_since=reading.since, first_page=reading.next_page, before_send=within_budget
        )
        key = self._keys.get(connection.account_id)
        for number, page in enumerate(pages, start=reading.next_page):
            with self._store.begin() as tx:
                self._keep(tx, key, reading, number, page)
        with self._store.begin() as tx:
            self._finish(tx, connection, reading)

    def _keep(
        self, tx: Transaction, key: AccountKey, reading: Reading, number: int, page: Sequence[XeroContact]
    ) -> None:
        place = (reading.connection_id, reading.organisation_id)
        contacts = {contact.contact_id: contact for contact in page if contact.contact_id}
        known = contact_directory.known(tx.cursor, *place, list(contacts))
        created = updated = archived = 0
        entries = []
        for contact_id, contact in sorted(contacts.items()):
            before, fingerprint, revision = known.get(contact_id), fingerprint_of(key, contact), revision_of(contact)
            if before and (before.fingerprint == fingerprint or before.revision > revision):
                continue
            entries.append(entry_of(key, reading, contact, fingerprint, revision))
            if _active(contact.status):
                created, updated = created + (before is None), updated + (before is not None)
            else:
                archived += before is not None and _active(before.status)
        if entries:
            contact_directory.keep(tx.cursor, *place, entries)
        newest = max((c.updated_at for c in contacts.values() if c.updated_at), default=None)
        contact_reading.page_read(tx.cursor, reading, number + 1, newest, (created, updated, archived), LEASE)

    def _finish(self, tx: Transaction, connection: Connection, reading: Reading) -> None:
        finished = contact_reading.finish(tx.cursor, reading)
        if not (finished.anything or reading.first):
            return
        at = Moment(now=tx.now(), actor=ENGINE, correlation_id=self._new_id(), new_id=self._new_id)
        stream = contact_sync.stream_at(connection.account_id, at)
        version = tx.load([stream], contact_sync.version_after).get(stream, 0)
        tx.append(
            contact_sync.synced(
                version,
                connection.account_id,
                organisation_id=reading.organisation_id,
                created=finished.created,
                updated=finished.updated,
                archived=finished.archived,
                watermark=finished.watermark,
                at=at,
            )
        )

    def _stop(self, connection: Connection, reading: Reading, error: Exception) -> None:
        """Stop at this page for a while; whoever reads on does so from here."""
        pause = OUT_OF_BUDGET if isinstance(error, _OutOfBudget) else TROUBLE
        if isinstance(error, RateLimited):
            pause = error.retry_after or TROUBLE
        LOG.warning("contacts of %s are read on in %.0f s: %s", reading.connection_id, pause, type(error).__name__)
        with self._store.cursor() as cursor:
            contact_reading.rest(cursor, reading, pause)
        if isinstance(error, AuthorisationLost | NotConnected | PermissionMissing):
            self._lost.hear(connection, error)


def entry_of(
    key: AccountKey, reading: Reading, contact: XeroContact, fingerprint: str, revision: int
) -> DirectoryEntry:
    """A contact as it is kept: what is personal sealed for its place, and found by hashes."""
    row_key = contact_directory.place_of(reading.connection_id, reading.organisation_id, contact.contact_id)
    text = msgspec.json.encode([contact.name, contact.email, contact.phone])
    email, name, like_name = directory_hashes(key, contact.name, contact.email)
    return DirectoryEntry(
        xero_contact_id=contact.contact_id,
        status=contact.status,
        merged_to=contact.merged_to,
        contact_number=contact.contact_number,
        revision=revision,
        sealed=key.seal("contact_directory", row_key, revision, text),
        fingerprint=fingerprint,
        email_hmac=email,
        name_hmac=name,
        like_name_hmac=like_name,
        updated_at=contact.updated_at,
    )


def fingerprint_of(key: AccountKey, contact: XeroContact) -> str:
    """An HMAC of everything kept of a contact, but for when it changed: the same again is no change."""
    kept = msgspec.structs.replace(contact, updated_at=None)
    return key.hmac(b"contact fingerprint\0" + msgspec.json.encode(kept))


def revision_of(contact: XeroContact) -> int:
    """Xero's own time of change in microseconds; 0 where it names none."""
    return int(contact.updated_at.timestamp() * 1_000_000) if contact.updated_at else 0


def _active(status: str) -> bool:
    return status.upper() == "ACTIVE"
