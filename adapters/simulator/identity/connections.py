"""Connections: which organisations a user let this app into (Xero's ``/connections``)."""

import sqlite3
import uuid

from adapters.simulator.clock import VirtualClock, moment
from adapters.simulator.ledger.books import Books
from adapters.simulator.ledger.database import Ledger
from adapters.simulator.ledger.documents import Document


class Connections:
    """Kept per user and organisation; a connection that was removed and made again keeps its first date."""

    def __init__(self, ledger: Ledger, clock: VirtualClock, books: Books) -> None:
        self._ledger = ledger
        self._clock = clock
        self._books = books

    def connect(self, user_id: str, tenant_id: str, auth_event_id: str) -> None:
        """A consent included this organisation: the connection now belongs to that consent."""
        now = self._clock.now_ms()
        with self._ledger.transaction() as db:
            row = db.execute(
                "SELECT * FROM connection WHERE user_id = ? AND tenant_id = ?", (user_id, tenant_id)
            ).fetchone()
            kept = row is not None and row["live"]
            connection_id = row["connection_id"] if kept else str(uuid.uuid4())
            created = row["created_ms"] if row is not None else now
            db.execute(
                "INSERT OR REPLACE INTO connection VALUES (?, ?, ?, ?, ?, ?, 1)",
                (user_id, tenant_id, connection_id, auth_event_id, created, now),
            )

    def of_user(self, user_id: str, auth_event_id: str | None = None) -> list[Document]:
        """Xero's connection objects of a user; only those of one consent when it is named."""
        sql = "SELECT * FROM connection WHERE user_id = ? AND live AND auth_event_id = coalesce(?, auth_event_id)"
        with self._ledger.reading() as db:
            rows = db.execute(sql + " ORDER BY created_ms, tenant_id", (user_id, auth_event_id)).fetchall()
        return [self._shown(row) for row in rows]

    def everybodys(self) -> list[Document]:
        """All live connections as Xero shows them, and what it shows nobody: whose each is."""
        with self._ledger.reading() as db:
            rows = db.execute("SELECT * FROM connection WHERE live ORDER BY created_ms, tenant_id, user_id").fetchall()
        return [self._shown(row) | {"user_id": row["user_id"]} for row in rows]

    def _shown(self, row: sqlite3.Row) -> Document:
        return {
            "id": row["connection_id"],
            "authEventId": row["auth_event_id"],
            "tenantId": row["tenant_id"],
            "tenantType": "ORGANISATION",
            "tenantName": (self._books.organisation(row["tenant_id"]) or {}).get("Name", ""),
            "createdDateUtc": _zoneless(row["created_ms"]),
            "updatedDateUtc": _zoneless(row["updated_ms"]),
        }

    def reaches(self, user_id: str, tenant_id: str) -> bool:
        """True when the user's tokens open this organisation."""
        with self._ledger.reading() as db:
            sql = "SELECT 1 FROM connection WHERE user_id = ? AND tenant_id = ? AND live"
            return db.execute(sql, (user_id, tenant_id)).fetchone() is not None

    def remove(self, user_id: str, connection_id: str) -> bool:
        """End one connection by its own id; False when the user has none such."""
        with self._ledger.transaction() as db:
            sql = "UPDATE connection SET live = 0 WHERE user_id = ? AND connection_id = ? AND live"
            return db.execute(sql, (user_id, connection_id.lower())).rowcount > 0

    def remove_user(self, user_id: str) -> None:
        """End all connections of a user (revocation)."""
        with self._ledger.transaction() as db:
            db.execute("UPDATE connection SET live = 0 WHERE user_id = ?", (user_id,))

    def remove_tenant(self, tenant_id: str) -> int:
        """An organisation's administrator disconnects the app inside Xero; returns how many connections ended."""
        with self._ledger.transaction() as db:
            return db.execute("UPDATE connection SET live = 0 WHERE tenant_id = ? AND live", (tenant_id,)).rowcount


def _zoneless(ms: int) -> str:
    """Seven decimals and no zone, as in Xero's own example."""
    return moment(ms).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"
