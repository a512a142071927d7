"""The invoices of every organisation: written once each, found by id, number, status, contact or time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from adapters.simulator.ledger.books import Tell
from adapters.simulator.ledger.database import Ledger
from adapters.simulator.ledger.documents import Document, decode, encode

CHUNK = 400  # keeps a list of wanted values below SQLite's limit of bound parameters


@dataclass(frozen=True, slots=True)
class StoredInvoice:
    """A row: ``document`` holds Xero's properties, with dates in milliseconds and the contact by id only."""

    tenant_id: str
    document: Document
    created_ms: int
    updated_ms: int
    origin: str
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who bears a number."""

    number: str
    invoice_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is limited to; None means no limit."""

    ids: Sequence[str] | None = None
    numbers: Sequence[str] | None = None
    statuses: Sequence[str] | None = None
    contact_ids: Sequence[str] | None = None
    updated_after_ms: int | None = None
    created_until_ms: int | None = None
    created_by_app: bool = False


class InvoiceShelf:
    """Access to the ``invoice`` table."""

    def __init__(self, ledger: Ledger, tell: Tell = lambda *news: None) -> None:
        self._ledger, self._tell = ledger, tell

    def add(self, invoices: Iterable[StoredInvoice]) -> None:
        """Store new invoices."""
        invoices = list(invoices)
        with self._ledger.transaction() as db:
            db.executemany(
                "INSERT INTO invoice (tenant_id, invoice_id, number, type, status, contact_id, document, created_ms,"
                " updated_ms, origin, idempotency_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(*_columns(i), i.created_ms, i.updated_ms, i.origin, i.idempotency_key) for i in invoices],
            )
        for stored in invoices:
            self._tell(stored.tenant_id, "INVOICE", "CREATE", stored.document["InvoiceID"])

    def replace(self, invoice: StoredInvoice) -> None:
        """Overwrite an invoice that exists."""
        tenant_id, invoice_id, number, kind, status, contact_id, document = _columns(invoice)
        with self._ledger.transaction() as db:
            db.execute(
                "UPDATE invoice SET number = ?, type = ?, status = ?, contact_id = ?, document = ?, updated_ms = ?"
                " WHERE tenant_id = ? AND invoice_id = ?",
                (number, kind, status, contact_id, document, invoice.updated_ms, tenant_id, invoice_id),
            )
        self._tell(tenant_id, "INVOICE", "UPDATE", invoice_id)

    def bearers_of_numbers(self, tenant_id: str, numbers: Sequence[str]) -> list[Bearer]:
        """The sales invoices that bear one of the numbers, oldest first."""
        found: list[Bearer] = []
        with self._ledger.reading() as db:
            for part in _chunks(numbers):
                sql = "SELECT number, invoice_id, status FROM invoice WHERE tenant_id = ? AND type = 'ACCREC'"
                sql += f" AND number IN ({_marks(part)}) ORDER BY seq"
                found += [Bearer(*row) for row in db.execute(sql, (tenant_id, *part))]
        return found

    def next_number(self, tenant_id: str) -> int:
        """A number for the next invoice that brings none: how many there are, plus one."""
        with self._ledger.reading() as db:
            return int(db.execute("SELECT count(*) FROM invoice WHERE tenant_id = ?", (tenant_id,)).fetchone()[0]) + 1

    def by_id(self, tenant_id: str, invoice_id: str) -> StoredInvoice | None:
        """One invoice, or None."""
        with self._ledger.reading() as db:
            row = db.execute(
                "SELECT * FROM invoice WHERE tenant_id = ? AND invoice_id = ?", (tenant_id, invoice_id.lower())
            ).fetchone()
        return None if row is None else _stored(row)

    def by_id_or_number(self, tenant_id: str, text: str) -> StoredInvoice | None:
        """One invoice by its id, else the newest with that number."""
        with self._ledger.reading() as db:
            row = db.execute(
                "SELECT * FROM invoice WHERE tenant_id = ? AND number = ? ORDER BY seq DESC LIMIT 1", (tenant_id, text)
            ).fetchone()
        return self.by_id(tenant_id, text) or (None if row is None else _stored(row))

    def move_contact(self, tenant_id: str, source_id: str, target_id: str) -> int:
        """Give one contact's invoices to another, as merging does; returns how many."""
        moved = [i for i in self.everything(tenant_id) if i.document["Contact"]["ContactID"] == source_id]
        for invoice in moved:
            document = {**invoice.document, "Contact": {"ContactID": target_id}}
            self.replace(replace(invoice, document=document))
        return len(moved)

    def find(
        self, tenant_id: str, wanted: Wanted, limit: int | None = None, offset: int = 0
    ) -> tuple[list[StoredInvoice], int]:
        """Invoices in Xero's default order (UpdatedDateUTC, then id), and how many there are without limit."""
        where, values = _where(tenant_id, wanted)
        sql = f"SELECT * FROM invoice WHERE {where} ORDER BY updated_ms, invoice_id LIMIT ? OFFSET ?"
        with self._ledger.reading() as db:
            rows = db.execute(sql, (*values, -1 if limit is None else limit, offset)).fetchall()
            count = (
                len(rows)
                if limit is None
                else db.execute(f"SELECT count(*) FROM invoice WHERE {where}", values).fetchone()[0]
            )
        return [_stored(row) for row in rows], int(count)

    def everything(self, tenant_id: str | None = None) -> list[StoredInvoice]:
        """All invoices in the order they were written."""
        with self._ledger.reading() as db:
            rows = db.execute(
                "SELECT * FROM invoice WHERE tenant_id = coalesce(?, tenant_id) ORDER BY seq", (tenant_id,)
            ).fetchall()
        return [_stored(row) for row in rows]


def _columns(invoice: StoredInvoice) -> tuple[str, str, str, str, str, str, bytes]:
    held = invoice.document
    contact_id = held["Contact"]["ContactID"]
    names = (held["InvoiceID"], held.get("InvoiceNumber", ""), held["Type"], held["Status"], contact_id)
    return (invoice.tenant_id, *names, encode(held))


def _stored(row: Document) -> StoredInvoice:
    return StoredInvoice(
        row["tenant_id"],
        decode(row["document"]),
        row["created_ms"],
        row["updated_ms"],
        row["origin"],
        row["idempotency_key"],
    )


def _where(tenant_id: str, wanted: Wanted) -> tuple[str, list[str | int]]:
    parts, values = ["tenant_id = ?"], list[str | int]([tenant_id])
    lists = {
        "invoice_id": wanted.ids,
        "number": wanted.numbers,
        "status": wanted.statuses,
        "contact_id": wanted.contact_ids,
    }
    for column, among in lists.items():
        if among is not None:
            parts.append(f"{column} IN ({_marks(among)})")
            values += among
    if wanted.updated_after_ms is not None:
        parts.append("updated_ms > ?")
        values.append(wanted.updated_after_ms)
    if wanted.created_until_ms is not None:
        parts.append("created_ms <= ?")
        values.append(wanted.created_until_ms)
    if wanted.created_by_app:
        parts.append("origin = 'api'")
    return " AND ".join(parts), values


def _chunks(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[start : start + CHUNK] for start in range(0, len(values), CHUNK)]


def _marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
