"""blocked_by: which invoices wait for which cause, so that a fix finds what it releases. Table, rows, queries."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Connection,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    any_,
    literal,
    select,
    tuple_,
)

from projections.invoice_status import NONE, InvoiceRow, causes_of
from projections.schema import METADATA
from projections.upsert import insert_rows

BLOCKED_BY: Final = Table(
    "blocked_by",
    METADATA,
    Column("connection_id", Uuid, nullable=False),
    Column("cause", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("accepted_at_position", BigInteger, nullable=False),
    Column("stream_id", Uuid, nullable=False),
    PrimaryKeyConstraint("connection_id", "cause", "key", "accepted_at_position", name="blocked_by_pkey"),
    Index("blocked_by_stream", "stream_id"),
)

MAY_WAIT: Final = ("blocked", "synced", "voided")
"""The statuses of an invoice that may wait for something: what is in Xero may wait with a change."""

BlockedBy = tuple[UUID, str, str, int, UUID]
"""One row: connection, cause, key, where in the log the invoice was accepted, its stream."""


def rows_of(row: InvoiceRow) -> list[BlockedBy]:
    """What this invoice, or a later change of it, waits for; nothing unless that is blocked."""
    if row.status not in MAY_WAIT or row.causes == NONE:
        return []
    causes = dict.fromkeys((cause.code, cause.key) for cause in causes_of(row.causes))
    return [(row.connection_id, code, key, row.accepted_at_position, row.stream_id) for code, key in causes]


def replace(connection: Connection, were_blocked: Sequence[UUID], rows: Iterable[InvoiceRow]) -> None:
    """Forget what the invoices that were blocked waited for, and note what those of `rows` wait for now."""
    if were_blocked:
        streams = any_(literal(list(were_blocked), ARRAY(Uuid)))
        connection.execute(BLOCKED_BY.delete().where(BLOCKED_BY.c.stream_id == streams))
    if values := list(zip(*(blocked for row in rows for blocked in rows_of(row)), strict=True)):
        arrays = {c.name: list(column) for c, column in zip(BLOCKED_BY.columns, values, strict=True)}
        connection.execute(insert_rows(BLOCKED_BY), arrays)


def of_these(connection: Connection, connection_id: UUID, causes: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of these causes and keys that any invoice waits for, in the order given."""
    wanted = tuple_(BLOCKED_BY.c.cause, BLOCKED_BY.c.key).in_(causes)
    query = select(BLOCKED_BY.c.cause, BLOCKED_BY.c.key).distinct()
    found = connection.execute(query.where(BLOCKED_BY.c.connection_id == connection_id, wanted))
    waited_for = {(row[0], row[1]) for row in found}
    return [cause for cause in causes if cause in waited_for]


def waiting_for_any(
    connection: Connection, connection_id: UUID, causes: Sequence[str], after: int, limit: int
) -> list[tuple[int, UUID]]:
    """Up to `limit` invoices that wait for any of these causes, in the order they were accepted, behind `after`."""
    query = (
        select(BLOCKED_BY.c.accepted_at_position, BLOCKED_BY.c.stream_id)
        .distinct()
        .where(
            BLOCKED_BY.c.connection_id == connection_id,
            BLOCKED_BY.c.cause.in_(causes),
            BLOCKED_BY.c.accepted_at_position > after,
        )
        .order_by(BLOCKED_BY.c.accepted_at_position)
        .limit(limit)
    )
    return [(position, stream) for position, stream in connection.execute(query)]


def connections_waiting(connection: Connection, causes: Sequence[str]) -> list[UUID]:
    """The connections with invoices that wait for any of these causes."""
    query = select(BLOCKED_BY.c.connection_id).distinct().where(BLOCKED_BY.c.cause.in_(causes))
    return list(connection.execute(query).scalars())


def waiting_for(
    connection: Connection, connection_id: UUID, cause: str, key: str, after: int, limit: int
) -> list[tuple[int, UUID]]:
    """Up to `limit` invoices that wait for this cause and key, in the order they were accepted, behind `after`.

    Each as the position in the log where it was accepted, and its stream.
    """
    query = (
        select(BLOCKED_BY.c.accepted_at_position, BLOCKED_BY.c.stream_id)
        .where(
            BLOCKED_BY.c.connection_id == connection_id,
            BLOCKED_BY.c.cause == cause,
            BLOCKED_BY.c.key == key,
            BLOCKED_BY.c.accepted_at_position > after,
        )
        .order_by(BLOCKED_BY.c.accepted_at_position)
        .limit(limit)
    )
    return [(position, stream) for position, stream in connection.execute(query)]
