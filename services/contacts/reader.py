"""Use case: read an organisation's contacts into the contact directory, page by page, first all, then what changed.

A page at most is in memory. Each page is kept in its own transaction, so a reader that dies is followed by another at
the same page; what is read twice changes nothing. Calls come out of the lane's budget, never beside it.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Engine

from adapters import contact_reading
from adapters.contact_reading import NoLongerOurs, Reading
from adapters.event_store.store import EventStore, Transaction
from adapters.event_store.writes import Writes
from adapters.vault.account_keys import AccountKeys
from adapters.xero.answers import XeroContact
from adapters.xero.errors import BatchRefused, RateLimited, XeroError
from adapters.xero.session import XeroSession
from domain import connection as connections
from domain import contact_sync
from domain.connection import Connection
from domain.event import ENGINE, Moment
from domain.retry import rest_after_limit
from projections import connection_status
from services.contacts.page import ContactPage
from services.database import DATABASE_TROUBLE
from services.lost_connection import LostConnection
from services.reads import Calls, OutOfBudget, Reads

LOG: Final = logging.getLogger(__name__)
LEASE: Final = 300.0
"""Seconds a reader may be silent before another takes its reading over; longer than any call."""
ROUND: Final = 2.0
OUT_OF_BUDGET: Final = 5.0
TROUBLE: Final = 60.0
REFUSED: Final = 3_600.0
"""Seconds until Xero is asked again for what it refused; above 100,000 results it refuses every time."""
AT_ONCE: Final = 4
"""Connections whose contacts are read at the same time, so that a slow one does not hold up the others."""

Contacts = Sequence[XeroContact]
Each = Callable[[Callable[[UUID], bool], Iterable[UUID]], Iterable[bool]]
Progress = Callable[[int, int], object]
"""Told the number of the page that was kept, and how many contacts were on it."""
LookAgain = Callable[[str, Sequence[str], datetime], object]
"""Looks at an account's invoices that wait for these causes, but for those of which Xero spoke after a moment."""
_ARCHIVED: Final = ("contact_archived",)


def unseen(page: int, contacts: int) -> None:
    """The progress of a reading nobody watches."""


class _Told(Exception):
    """Somebody told us to stop; whoever goes on does so at the next page."""


class ContactReader:
    """Keeps the contact directory of every connection."""

    def __init__(
        self,
        store: EventStore,
        read: Engine,
        keys: AccountKeys,
        session_of: Callable[[Connection], XeroSession],
        lost: LostConnection,
        reads: Reads,
        new_id: Callable[[], UUID],
        look_again: LookAgain,
    ) -> None:
        self._look_again = look_again
        self._store, self._read, self._keys, self._session_of = store, read, keys, session_of
        self._lost, self._reads, self._new_id = lost, reads, new_id

    def read_due(self, stop: threading.Event | None = None, each: Each = map) -> int:
        """Read the contacts of every connection for which it is time; returns how many readings came to their end.

        `each` may do several at once.
        """
        with self._read.connect() as connection:
            connected = connection_status.reachable(connection)
        with self._store.cursor() as cursor:
            due = contact_reading.due(cursor, connected) if connected else []
        return sum(each(lambda connection_id: self.read(connection_id, stop=stop), due))

    def read(self, connection_id: UUID, progress: Progress = unseen, stop: threading.Event | None = None) -> bool:
        """Read one connection's contacts now; False if somebody does so already, or it could not be ended."""
        if stop is not None and stop.is_set():
            return False
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
            self._pages(connection, reading, progress, stop)
        except NoLongerOurs:
            return False
        except (OutOfBudget, _Told, XeroError) as error:
            self._stop(connection, reading, error)
            return False
        self._seen(connection, reading)
        return True

    def run(self, stop: threading.Event) -> None:
        """Look every few seconds until told to stop; a database that is away is waited for."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="contacts") as readers:
            while not stop.is_set():
                try:
                    self.read_due(stop, readers.map)
                except DATABASE_TROUBLE as error:
                    LOG.warning("contacts could not be kept (%s); they are read again", type(error).__name__)
                stop.wait(ROUND)

    # ── one reading ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _pages(
        self, connection: Connection, reading: Reading, progress: Progress, stop: threading.Event | None
    ) -> None:
        with self._reads.one_by_one(reading.connection_id, "contacts") as calls:
            self._read_pages(connection, reading, calls, progress, stop)
        with self._store.begin() as tx:
            self._finish(tx, connection, reading)

    def _read_pages(
        self,
        connection: Connection,
        reading: Reading,
        calls: Calls,
        progress: Progress,
        stop: threading.Event | None,
    ) -> None:
        pages = (
            self._session_of(connection)
            .heard_by(calls.hear)
            .contacts(modified_since=reading.since, first_page=reading.next_page, before_send=calls.begin)
        )
        kept = ContactPage(self._keys.get(connection.account_id), reading.connection_id, reading.organisation_id)
        for number, page in enumerate(pages, start=reading.next_page):
            calls.end()
            with self._store.begin() as tx:
                self._keep(tx, kept, reading, number, page)
            progress(number, len(page))
            if stop is not None and stop.is_set():
                raise _Told

    def _keep(self, tx: Transaction, pages: ContactPage, reading: Reading, number: int, page: Contacts) -> None:
        changes = pages.keep(tx.cursor, page)
        newest = max((contact.updated_at for contact in page if contact.updated_at), default=None)
        contact_reading.page_read(tx.cursor, reading, number + 1, newest, changes, LEASE)

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
            ),
            Writes(activity_of=reading.connection_id if finished.anything else None),
        )

    def _seen(self, connection: Connection, reading: Reading) -> None:
        """What Xero said of a contact before this reading is known better now, even if nothing changed since the last:
        one that was archived and restored in between looks as it did before.
        """
        with self._store.cursor() as cursor:
            since = contact_reading.read_since(cursor, reading.connection_id, reading.organisation_id)
        if since is not None:
            self._look_again(connection.account_id, _ARCHIVED, since)

    def _stop(self, connection: Connection, reading: Reading, error: Exception) -> None:
        """Stop at this page for a while; whoever reads on does so from here."""
        pause, level = _pause(error), logging.WARNING if isinstance(error, XeroError) else logging.INFO
        LOG.log(level, "contacts of %s are read on in %.0f s: %s", reading.connection_id, pause, type(error).__name__)
        with self._store.cursor() as cursor:
            contact_reading.rest(cursor, reading, pause)
        if isinstance(error, XeroError):
            self._lost.hear(connection, error)


def _pause(error: Exception) -> float:
    """How long, in seconds, nobody reads on."""
    match error:
        case _Told():
            return 0.0
        case OutOfBudget():
            return max(OUT_OF_BUDGET, min(TROUBLE, error.seconds or 0.0))
        case RateLimited():
            return rest_after_limit(error.kind, error.retry_after)
        case BatchRefused():
            return REFUSED
    return TROUBLE
