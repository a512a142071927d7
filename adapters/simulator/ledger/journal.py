"""What happened at the door: every API call, every broken rule, and how many calls were in flight at once."""

import hashlib
import threading
from collections import Counter

from adapters.simulator.clock import VirtualClock
from adapters.simulator.ledger.database import Ledger
from adapters.simulator.ledger.documents import Document
from adapters.simulator.wire.exchange import Request


class Journal:
    """Written before (arrival) and after (outcome) each call, so a killed simulator shows what it was doing."""

    def __init__(self, ledger: Ledger, clock: VirtualClock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._changed = threading.Condition()
        self._news = 0
        self._in_flight: Counter[str] = Counter()
        self._peak: Counter[str] = Counter()

    def arrived(self, request: Request, fault: str | None) -> int:
        """A call came in; returns its sequence number."""
        tenant_id = request.headers.get("xero-tenant-id", "").lower() or None
        sha256 = hashlib.sha256(request.body).hexdigest() if request.body else None
        row = (
            request.method,
            request.target,
            tenant_id,
            request.headers.get("idempotency-key"),
            sha256,
            fault,
            self._clock.now_ms(),
        )
        with self._ledger.transaction() as db:
            cursor = db.execute(
                "INSERT INTO request (method, target, tenant_id, idempotency_key, body_sha256, fault, at_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        return int(cursor.lastrowid or 0)

    def finished(self, seq: int, processed: int | None, answered: int | None, counted: bool) -> None:
        """A call ended: the status it was processed with, the one that was answered (None: nothing was)."""
        with self._ledger.transaction() as db:
            db.execute(
                "UPDATE request SET processed_status = ?, status = ?, counted = ?, done_ms = ? WHERE seq = ?",
                (processed, answered, counted, self._clock.now_ms(), seq),
            )
        self.announce()

    def violated(self, request_seq: int | None, rule: str, detail: str, tenant_id: str | None) -> None:
        """A rule of Xero was broken by the caller (or, as ``simulator_defect``, by us)."""
        with self._ledger.transaction() as db:
            db.execute(
                "INSERT INTO violation (request_seq, rule, detail, tenant_id, at_ms) VALUES (?, ?, ?, ?, ?)",
                (request_seq, rule, detail, tenant_id, self._clock.now_ms()),
            )

    def enter(self, tenant_id: str) -> int:
        """One more call in flight for a tenant; returns how many there are now."""
        with self._changed:
            self._in_flight[tenant_id] += 1
            self._peak[tenant_id] = max(self._peak[tenant_id], self._in_flight[tenant_id])
            return self._in_flight[tenant_id]

    def leave(self, tenant_id: str) -> None:
        """One call fewer in flight."""
        with self._changed:
            self._in_flight[tenant_id] -= 1

    def max_in_flight(self) -> dict[str, int]:
        """The most calls ever in flight at once, per tenant, since this process started."""
        with self._changed:
            return dict(self._peak)

    def announce(self) -> None:
        """Something happened: a call was finished, a fault fired. Wakes everybody who waits for news."""
        with self._changed:
            self._news += 1
            self._changed.notify_all()

    def news(self) -> int:
        """How much has happened so far."""
        with self._changed:
            return self._news

    def news_after(self, known: int, seconds: float) -> int:
        """Wait until more has happened than is known, at most so long; how much it is then."""
        with self._changed:
            self._changed.wait_for(lambda: self._news != known, seconds)
            return self._news

    def requests(self) -> list[Document]:
        """All calls in the order of arrival."""
        columns = "seq, method, target AS path, tenant_id, idempotency_key, body_sha256, fault"
        return self._rows(f"SELECT {columns}, processed_status, status, at_ms, done_ms FROM request ORDER BY seq")

    def violations(self) -> list[Document]:
        """All broken rules in order."""
        return self._rows("SELECT seq, request_seq, rule, detail, tenant_id, at_ms FROM violation ORDER BY seq")

    def counted_since(self, since_ms: int, tenant_id: str | None) -> int:
        """Calls that used quota since a moment; of one tenant, or (None) of the whole app."""
        where = "counted AND at_ms >= ?" + ("" if tenant_id is None else " AND tenant_id = ?")
        values = (since_ms,) if tenant_id is None else (since_ms, tenant_id)
        with self._ledger.reading() as db:
            return int(db.execute(f"SELECT count(*) FROM request WHERE {where}", values).fetchone()[0])

    def _rows(self, sql: str) -> list[Document]:
        with self._ledger.reading() as db:
            return [dict(row) for row in db.execute(sql)]
