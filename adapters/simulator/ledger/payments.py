"""The payments of every organisation, and what each holds of Xero's properties."""

from dataclasses import dataclass

from adapters.simulator.ledger.database import Ledger
from adapters.simulator.ledger.documents import Document, decode, encode


@dataclass(frozen=True, slots=True)
class StoredPayment:
    """A row: ``document`` holds Xero's properties, with the date in milliseconds, invoice and account by id only."""

    tenant_id: str
    document: Document
    created_ms: int
    updated_ms: int
    origin: str
    idempotency_key: str | None


class PaymentShelf:
    """Access to the ``payment`` table."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def keep(self, payment: StoredPayment) -> None:
        """Store a payment, or overwrite the one with its id."""
        held = payment.document
        ids = (payment.tenant_id, held["PaymentID"], held["Invoice"]["InvoiceID"])
        times = (payment.created_ms, payment.updated_ms)
        with self._ledger.transaction() as db:
            db.execute(
                "INSERT INTO payment (tenant_id, payment_id, invoice_id, document, created_ms, updated_ms, origin,"
                " idempotency_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant_id, payment_id) DO UPDATE SET"
                " document = excluded.document, updated_ms = excluded.updated_ms",
                (*ids, encode(held), *times, payment.origin, payment.idempotency_key),
            )

    def by_id(self, tenant_id: str, payment_id: str) -> StoredPayment | None:
        """One payment, or None."""
        with self._ledger.reading() as db:
            row = db.execute(
                "SELECT * FROM payment WHERE tenant_id = ? AND payment_id = ?", (tenant_id, payment_id.lower())
            ).fetchone()
        return None if row is None else _stored(row)

    def changed_after(self, tenant_id: str, since_ms: int | None) -> list[StoredPayment]:
        """The payments of an organisation in Xero's default order (UpdatedDateUTC, then id)."""
        with self._ledger.reading() as db:
            rows = db.execute(
                "SELECT * FROM payment WHERE tenant_id = ? AND updated_ms > ? ORDER BY updated_ms, payment_id",
                (tenant_id, -1 if since_ms is None else since_ms),
            ).fetchall()
        return [_stored(row) for row in rows]

    def everything(self, tenant_id: str | None = None) -> list[StoredPayment]:
        """All payments in the order they were written."""
        with self._ledger.reading() as db:
            rows = db.execute(
                "SELECT * FROM payment WHERE tenant_id = coalesce(?, tenant_id) ORDER BY seq", (tenant_id,)
            ).fetchall()
        return [_stored(row) for row in rows]


def _stored(row: Document) -> StoredPayment:
    return StoredPayment(
        row["tenant_id"],
        decode(row["document"]),
        row["created_ms"],
        row["updated_ms"],
        row["origin"],
        row["idempotency_key"],
    )
