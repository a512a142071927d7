"""The ledger file: its tables, and the one connection that writes it.

Write-ahead log with ``synchronous=NORMAL``: a commit survives the death of this process (kill -9), which is what the
crash tests prove. It would not survive a power cut; nobody's books are in here.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS book (
    tenant_id TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, document BLOB NOT NULL,
    PRIMARY KEY (tenant_id, kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS invoice (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL, invoice_id TEXT NOT NULL, number TEXT NOT NULL,
    type TEXT NOT NULL, status TEXT NOT NULL, contact_id TEXT NOT NULL, document BLOB NOT NULL,
    created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, origin TEXT NOT NULL, idempotency_key TEXT,
    UNIQUE (tenant_id, invoice_id));
CREATE INDEX IF NOT EXISTS invoice_by_number ON invoice (tenant_id, number);
CREATE INDEX IF NOT EXISTS invoice_by_update ON invoice (tenant_id, updated_ms);
CREATE TABLE IF NOT EXISTS payment (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL, payment_id TEXT NOT NULL, invoice_id TEXT NOT NULL,
    document BLOB NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, origin TEXT NOT NULL,
    idempotency_key TEXT, UNIQUE (tenant_id, payment_id));
CREATE TABLE IF NOT EXISTS contact_origin (
    tenant_id TEXT NOT NULL, contact_id TEXT NOT NULL, idempotency_key TEXT, created_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, contact_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, target TEXT NOT NULL, tenant_id TEXT,
    idempotency_key TEXT, body_sha256 TEXT, fault TEXT, processed_status INTEGER, status INTEGER,
    counted INTEGER NOT NULL DEFAULT 0, at_ms INTEGER NOT NULL, done_ms INTEGER);
CREATE INDEX IF NOT EXISTS request_by_tenant ON request (tenant_id, at_ms);
CREATE TABLE IF NOT EXISTS violation (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, request_seq INTEGER, rule TEXT NOT NULL, detail TEXT NOT NULL,
    tenant_id TEXT, at_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, first_ms INTEGER NOT NULL, status INTEGER NOT NULL,
    content_type TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS code (
    sha256 TEXT PRIMARY KEY, redirect_uri TEXT NOT NULL, user_id TEXT NOT NULL, auth_event_id TEXT NOT NULL,
    scope TEXT NOT NULL, challenge TEXT, expires_ms INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refresh_token (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL UNIQUE, family TEXT NOT NULL, user_id TEXT NOT NULL,
    auth_event_id TEXT NOT NULL, expires_ms INTEGER NOT NULL, superseded_ms INTEGER, parent INTEGER,
    dead INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS access_token (
    jti TEXT PRIMARY KEY, family TEXT NOT NULL, user_id TEXT NOT NULL, auth_event_id TEXT NOT NULL, scope TEXT NOT NULL,
    expires_ms INTEGER NOT NULL, dead INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consent (user_id TEXT PRIMARY KEY, scope TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS connection (
    user_id TEXT NOT NULL, tenant_id TEXT NOT NULL, connection_id TEXT NOT NULL, auth_event_id TEXT NOT NULL,
    created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, live INTEGER NOT NULL,
    PRIMARY KEY (user_id, tenant_id)) WITHOUT ROWID;
"""


class Ledger:
    """The file behind one lock: one transaction at a time, committed before anybody is told."""

    def __init__(self, path: Path) -> None:
        """Open or create the file; a file that is no ledger, or is in use, raises ValueError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._forgetters: list[Callable[[], None]] = []
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, cached_statements=256)
        self._connection.row_factory = sqlite3.Row
        try:
            # Exclusive: what is kept in memory stays true only while no second simulator writes the same file.
            for pragma in ("busy_timeout=500", "locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(f"BEGIN IMMEDIATE; {TABLES} COMMIT")
        except sqlite3.DatabaseError as broken:
            self._connection.close()
            locked = broken.sqlite_errorcode == sqlite3.SQLITE_BUSY
            reason = "is in use by another simulator" if locked else f"is not a simulator ledger: {broken}"
            raise ValueError(f"{path} {reason}") from None

    def close(self) -> None:
        """Wait for the transaction that is open, then close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Look at committed rows."""
        with self._lock:
            yield self._connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; nested uses belong to the outermost one."""
        with self._lock:
            if self._depth:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                for forget in self._forgetters:
                    forget()
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth = 0

    def when_undone(self, forget: Callable[[], None]) -> None:
        """Call this whenever a transaction was rolled back: what was remembered of it never happened."""
        self._forgetters.append(forget)

    def setting(self, name: str) -> str | None:
        """A remembered setting, or None."""
        with self.reading() as db:
            row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row["value"])

    def remember(self, name: str, value: str) -> None:
        """Keep a setting for the next start."""
        with self.transaction() as db:
            db.execute(
                "INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )
