"""invoice_status: where each invoice stands, one row per invoice. Table, fold, loading.

`waiting` behind a closed gate is not stored: `invoice_list` joins the gate when it is asked.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Connection,
    Date,
    Index,
    Numeric,
    Table,
    Text,
    Uuid,
    any_,
    cast,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain import invoice
from domain.causes import Cause
from domain.invoice_payment import payment_in
from domain.streams import connection_id
from domain.topics import TOPIC_OF
from projections.recorded import BadEvent, Recorded
from projections.schema import METADATA, TIME
from projections.steps import read, steps_of

# ── table ───────────────────────────────────────────────────────────────────────────────────────────────────────────

INVOICE_STATUS: Final = Table(
    "invoice_status",
    METADATA,
    Column("stream_id", Uuid, primary_key=True),
    Column("connection_id", Uuid, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("kyrios_invoice_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("date", Date, nullable=False),
    Column("currency", Text, nullable=False),
    Column("total", Numeric(16, 2), nullable=False),
    Column("status", Text, nullable=False),
    Column("causes", JSONB, nullable=False),
    Column("reviews", JSONB, nullable=False),
    Column("xero_invoice_id", Text),
    Column("accepted_at_position", BigInteger, nullable=False),
    Column("changed_at_position", BigInteger, nullable=False),
    Column("queued_at", TIME, nullable=False),
    Column("changed_at", TIME, nullable=False),
    Column("version", BigInteger, nullable=False),
    Index("invoice_status_list", "connection_id", "accepted_at_position"),
    Index("invoice_status_by_status", "connection_id", "status", "accepted_at_position"),
    Index("invoice_status_changes", "connection_id", "changed_at_position"),
    Index("invoice_status_number", "connection_id", "number"),
    Index(
        "invoice_status_with_causes",
        "connection_id",
        "accepted_at_position",
        postgresql_where=text("causes <> '[]'::jsonb OR reviews <> '[]'::jsonb"),
    ),
)

NONE: Final = "[]"


class InvoiceRow(msgspec.Struct, gc=False):
    """One row, in the table's order; changed in place while a batch is folded. Causes are JSON as text."""

    stream_id: UUID
    connection_id: UUID
    account_id: str
    kyrios_invoice_id: str
    number: str
    date: dt.date
    currency: str
    total: Decimal
    status: invoice.Status
    causes: str
    reviews: str
    xero_invoice_id: str | None
    accepted_at_position: int
    changed_at_position: int
    queued_at: dt.datetime
    changed_at: dt.datetime
    version: int


# ── what is read of each event ──────────────────────────────────────────────────────────────────────────────────────


class _Fact(msgspec.Struct, gc=False):
    occurred_at: dt.datetime


class _Totals(msgspec.Struct, gc=False):
    total: Decimal


class _Document(msgspec.Struct, gc=False):
    number: str
    date: dt.date
    currency: str
    totals: _Totals


class _Queued(_Fact, gc=False):
    account_id: str
    kyrios_invoice_id: str
    document: _Document


class _Revised(_Fact, gc=False):
    document: _Document


class _Blocked(_Fact, gc=False):
    causes: list[Cause]


class _Named(_Fact, gc=False):
    cause: Cause


class _Failed(_Named, gc=False):
    opens: str | None = None


class _Released(_Named, gc=False):
    opens: str | None


class _Synced(_Fact, gc=False):
    xero_invoice_id: str


class _Cleared(_Fact, gc=False):
    cause: Cause


class _Payment(msgspec.Struct, gc=False):
    payment_id: str


class _Retried(_Fact, gc=False):
    payments: list[_Payment] = []


# ── fold ────────────────────────────────────────────────────────────────────────────────────────────────────────────

Rows = dict[UUID, InvoiceRow]
_Step = Callable[[InvoiceRow, Any], None]


# Thousands of invoices share an account; hashing its name once is enough.
_connection: Final = lru_cache(maxsize=1_000)(connection_id)


def _standing(row: InvoiceRow, otherwise: invoice.Status) -> invoice.Status:
    """Voided for ever, synced once it is in Xero, else what the event says."""
    if row.status == "voided":
        return "voided"
    return "synced" if row.xero_invoice_id else otherwise


def _settled(row: InvoiceRow) -> invoice.Status:
    return _standing(row, "queued")


def _revised(row: InvoiceRow, fact: _Revised) -> None:
    document = fact.document
    row.number, row.date, row.currency, row.total = (
        document.number,
        document.date,
        document.currency,
        document.totals.total,
    )
    row.status = row.status if row.status in ("checking", "dismissed") else _settled(row)
    row.causes = NONE


def _blocked(row: InvoiceRow, fact: _Blocked) -> None:
    row.status = _standing(row, "blocked")
    row.causes = _json(fact.causes)


def _released(row: InvoiceRow, fact: _Released) -> None:
    if fact.opens is not None:
        _goes_on(row, fact)
        return
    others = [cause for cause in causes_of(row.causes) if cause.code != fact.cause.code]
    row.causes = _json(others) if others else NONE


def _goes_on(row: InvoiceRow, _: _Fact) -> None:
    row.status, row.causes = _settled(row), NONE


def _unknown(row: InvoiceRow, _: _Fact) -> None:
    row.status = _standing(row, "checking")


def _resolved(row: InvoiceRow, _: _Fact) -> None:
    row.status = _settled(row)


def _synced(row: InvoiceRow, fact: _Synced) -> None:
    row.xero_invoice_id = fact.xero_invoice_id
    row.status, row.causes = _settled(row), NONE


def _failed(row: InvoiceRow, fact: _Failed) -> None:
    row.status = _settled(row) if fact.opens else _standing(row, "failed")
    row.causes = NONE if fact.opens else _json([fact.cause])


def _dismissed(row: InvoiceRow, _: _Fact) -> None:
    row.status = "dismissed"


def _review_raised(row: InvoiceRow, fact: _Named) -> None:
    others = [review for review in causes_of(row.reviews) if not review.same_matter(fact.cause)]
    row.reviews = _json([*others, fact.cause])


def _review_cleared(row: InvoiceRow, fact: _Named) -> None:
    row.reviews = _json([review for review in causes_of(row.reviews) if not review.same_matter(fact.cause)])


def _retried(row: InvoiceRow, fact: _Retried) -> None:
    if not fact.payments:
        _goes_on(row, fact)
        return
    again = {payment.payment_id for payment in fact.payments}
    row.reviews = _json([review for review in causes_of(row.reviews) if payment_in(review) not in again])


def _voided(row: InvoiceRow, _: _Fact) -> None:
    row.status, row.causes = "voided", NONE


def _void_synced(row: InvoiceRow, _: _Fact) -> None:
    row.status = "voided"


def _nothing(row: InvoiceRow, _: _Fact) -> None:
    """Kept for the version and the time alone."""


QUEUED: Final = TOPIC_OF[invoice.InvoiceQueued]
_FOLDED: Final[dict[type[Any], tuple[type[_Fact], _Step]]] = {
    invoice.InvoiceQueued: (_Queued, _nothing),
    invoice.InvoiceRevised: (_Revised, _revised),
    invoice.InvoiceBlocked: (_Blocked, _blocked),
    invoice.InvoiceReleased: (_Released, _released),
    invoice.OutcomeUnknown: (_Fact, _unknown),
    invoice.OutcomeResolved: (_Fact, _resolved),
    invoice.InvoiceSynced: (_Synced, _synced),
    invoice.PaymentSynced: (_Fact, _nothing),
    invoice.SyncFailed: (_Failed, _failed),
    invoice.RetryRequested: (_Retried, _retried),
    invoice.SyncDismissed: (_Fact, _dismissed),
    invoice.DismissalUndone: (_Fact, _goes_on),
    invoice.ReviewRaised: (_Named, _review_raised),
    invoice.ReviewCleared: (_Named, _review_cleared),
    invoice.InvoiceVoided: (_Fact, _voided),
    invoice.VoidSynced: (_Fact, _void_synced),
}
STEPS: Final = steps_of(_FOLDED)


def fold(rows: Rows, recorded: Recorded) -> None:
    """Fold one event of an invoice into its row. Raises BadEvent if it does not follow what the row knows."""
    position, stream_id, version, topic, _ = recorded
    fact, step = read(STEPS, recorded)
    row = rows.get(stream_id)
    if row is None:
        rows[stream_id] = _begun(recorded, fact)
        return
    if version != row.version + 1 or topic == QUEUED:
        raise BadEvent(recorded, f"its stream is at version {row.version}")
    step(row, fact)
    row.version, row.changed_at, row.changed_at_position = version, fact.occurred_at, position


def _begun(recorded: Recorded, fact: Any) -> InvoiceRow:
    position, stream_id, version, topic, _ = recorded
    if topic != QUEUED or version != 1:
        raise BadEvent(recorded, "an invoice begins with InvoiceQueued, as version 1")
    document = fact.document
    return InvoiceRow(
        stream_id=stream_id,
        connection_id=_connection(fact.account_id),
        account_id=fact.account_id,
        kyrios_invoice_id=fact.kyrios_invoice_id,
        number=document.number,
        date=document.date,
        currency=document.currency,
        total=document.totals.total,
        status="queued",
        causes=NONE,
        reviews=NONE,
        xero_invoice_id=None,
        accepted_at_position=position,
        changed_at_position=position,
        queued_at=fact.occurred_at,
        changed_at=fact.occurred_at,
        version=version,
    )


def causes_of(stored: str) -> list[Cause]:
    """The causes a row holds as JSON."""
    return msgspec.json.decode(stored, type=list[Cause])


def _json(causes: list[Cause]) -> str:
    return msgspec.json.encode(causes).decode()


# ── queries ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def load(connection: Connection, stream_ids: Iterable[UUID]) -> Rows:
    """The rows of these invoices, as far as they exist."""
    columns = [cast(c, Text) if isinstance(c.type, JSONB) else c for c in INVOICE_STATUS.columns]
    wanted = any_(literal(list(stream_ids), ARRAY(Uuid)))
    found = connection.execute(select(*columns).where(INVOICE_STATUS.c.stream_id == wanted))
    return {row[0]: InvoiceRow(*row) for row in found}
