"""The SQL of the sealed side tables: `invoice_text`, `answer_text`, `kyrios_contact`. Only ciphertext passes here."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor

from adapters.event_store.writes import SealedAnswer, SealedContact, SealedInvoiceText

Row = dict[str, Any]


def insert_invoice_texts(curs: Cursor[Row], texts: Sequence[SealedInvoiceText]) -> None:
    """Store the texts of new invoice revisions."""
    curs.execute(
        """
        INSERT INTO app.invoice_text (stream_id, revision, account_id, sealed)
        SELECT * FROM unnest(%b::uuid[], %b::int[], %b::text[], %b::bytea[])
        """,
        (
            [t.stream_id for t in texts],
            [t.revision for t in texts],
            [t.account_id for t in texts],
            [t.sealed for t in texts],
        ),
    )


def insert_answers(curs: Cursor[Row], answers: Sequence[SealedAnswer]) -> None:
    """Store Xero's own words."""
    curs.execute(
        """
        INSERT INTO app.answer_text (answer_id, stream_id, account_id, sealed)
        SELECT * FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::bytea[])
        """,
        (
            [a.answer_id for a in answers],
            [a.stream_id for a in answers],
            [a.account_id for a in answers],
            [a.sealed for a in answers],
        ),
    )


def upsert_contacts(curs: Cursor[Row], contacts: Sequence[SealedContact]) -> None:
    """Keep each customer as last seen; a lower revision never replaces a higher one."""
    latest = {(c.account_id, c.kyrios_contact_id): c for c in sorted(contacts, key=lambda c: c.revision)}
    rows = sorted(latest.values(), key=lambda c: (c.account_id, c.kyrios_contact_id))
    curs.execute(
        """
        INSERT INTO app.kyrios_contact AS k (account_id, kyrios_contact_id, revision, sealed)
        SELECT * FROM unnest(%b::text[], %b::text[], %b::bigint[], %b::bytea[])
        ON CONFLICT (account_id, kyrios_contact_id)
        DO UPDATE SET revision = excluded.revision, sealed = excluded.sealed WHERE k.revision < excluded.revision
        """,
        (
            [c.account_id for c in rows],
            [c.kyrios_contact_id for c in rows],
            [c.revision for c in rows],
            [c.sealed for c in rows],
        ),
    )


def invoice_texts(curs: Cursor[Row], revisions: Sequence[tuple[UUID, int]]) -> dict[UUID, bytes]:
    """The sealed text of each (stream, revision), by stream."""
    curs.execute(
        """
        SELECT t.stream_id, t.sealed FROM app.invoice_text t
        JOIN unnest(%b::uuid[], %b::int[]) AS r (stream_id, revision)
          ON t.stream_id = r.stream_id AND t.revision = r.revision
        """,
        ([stream for stream, _ in revisions], [revision for _, revision in revisions]),
    )
    return {row["stream_id"]: row["sealed"] for row in curs}


def contacts(curs: Cursor[Row], account_id: str, contact_ids: Sequence[str]) -> dict[str, tuple[int, bytes]]:
    """Revision and sealed form of each of these customers that is kept, by Kyrios contact id."""
    curs.execute(
        """
        SELECT kyrios_contact_id, revision, sealed FROM app.kyrios_contact
        WHERE account_id = %s AND kyrios_contact_id = ANY(%b)
        """,
        (account_id, list(contact_ids)),
    )
    return {row["kyrios_contact_id"]: (row["revision"], bytes(row["sealed"])) for row in curs}


def answer(curs: Cursor[Row], answer_id: UUID) -> bytes | None:
    """Xero's sealed words, None if they were erased."""
    curs.execute("SELECT sealed FROM app.answer_text WHERE answer_id = %s", (answer_id,))
    row = curs.fetchone()
    return None if row is None else row["sealed"]


def erase_invoice_texts(curs: Cursor[Row], stream_ids: Sequence[UUID]) -> int:
    """Erase the texts of all revisions of these invoices; returns how many there were."""
    curs.execute("DELETE FROM app.invoice_text WHERE stream_id = ANY(%s)", (list(stream_ids),))
    return curs.rowcount


def erase_answers(curs: Cursor[Row], stream_ids: Sequence[UUID], answer_ids: Sequence[UUID]) -> int:
    """Erase the words kept for these streams, and those kept under these ids; returns how many there were."""
    curs.execute(
        "DELETE FROM app.answer_text WHERE stream_id = ANY(%s) OR answer_id = ANY(%s)",
        (list(stream_ids), list(answer_ids)),
    )
    return curs.rowcount


def erase_contacts(curs: Cursor[Row], account_id: str, contact_ids: Sequence[str]) -> int:
    """Erase customers; returns how many there were."""
    curs.execute(
        "DELETE FROM app.kyrios_contact WHERE account_id = %s AND kyrios_contact_id = ANY(%s)",
        (account_id, list(contact_ids)),
    )
    return curs.rowcount
