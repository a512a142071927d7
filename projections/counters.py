"""counters: how many invoices, and for how much, stand where, per connection and currency. Table, deltas, queries.

Kept by differences, old row to new, in the transaction of the rows they count. A count of nothing has no row.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Connection,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    any_,
    literal,
    select,
)

from projections.invoice_status import InvoiceRow
from projections.schema import METADATA
from projections.upsert import insert_rows

COUNTERS: Final = Table(
    "counters",
    METADATA,
    Column("connection_id", Uuid, nullable=False),
    Column("currency", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("invoices", BigInteger, nullable=False),
    Column("total", Numeric(20, 2), nullable=False),
    PrimaryKeyConstraint("connection_id", "currency", "status", name="counters_pkey"),
)


class Counted(NamedTuple):
    """Where an invoice counts, and for how much in its currency."""

    connection_id: UUID
    currency: str
    status: str
    total: Decimal


class Counter(NamedTuple):
    """Number and sum of the invoices of one connection, currency and status; also a change of them."""

    connection_id: UUID
    currency: str
    status: str
    invoices: int
    total: Decimal


class _Sum(msgspec.Struct, gc=False):
    invoices: int
    total: Decimal


def counted(row: InvoiceRow) -> Counted:
    """Where a row counts now."""
    return Counted(row.connection_id, row.currency, row.status, row.total)


def changes(before: Mapping[UUID, Counted], rows: Iterable[InvoiceRow]) -> list[Counter]:
    """How the counters change when rows that counted as `before` (or not at all) become `rows`."""
    sums: dict[tuple[UUID, str, str], _Sum] = {}

    def add(place: Counted, sign: int) -> None:
        known = sums.get(place[:3])
        if known is None:
            known = sums[place[:3]] = _Sum(0, Decimal(0))
        known.invoices += sign
        known.total += sign * place.total

    for row in rows:
        # A rebuild has no rows from before: tens of thousands of look-ups for nothing.
        now, then = counted(row), before.get(row.stream_id) if before else None
        if now != then:
            add(now, 1)
            if then is not None:
                add(then, -1)
    return [Counter(*key, one.invoices, one.total) for key, one in sums.items() if one.invoices or one.total]


def add(connection: Connection, changed: Iterable[Counter]) -> None:
    """Add changes to the counters; what counts nothing any more is removed."""
    values = list(zip(*changed, strict=True))
    if not values:
        return
    statement = insert_rows(COUNTERS)
    summed = {name: COUNTERS.c[name] + statement.excluded[name] for name in ("invoices", "total")}
    arrays = {c.name: list(column) for c, column in zip(COUNTERS.columns, values, strict=True)}
    connection.execute(statement.on_conflict_do_update(index_elements=list(COUNTERS.primary_key), set_=summed), arrays)
    touched = any_(literal(list(set(arrays["connection_id"])), ARRAY(Uuid)))
    connection.execute(COUNTERS.delete().where(COUNTERS.c.connection_id == touched, COUNTERS.c.invoices == 0))


def by_connection(connection: Connection, only: UUID | None = None) -> dict[UUID, list[Counter]]:
    """The counters of all connections, or of one, by connection."""
    query = select(COUNTERS).order_by(*COUNTERS.primary_key)
    if only is not None:
        query = query.where(COUNTERS.c.connection_id == only)
    counters: dict[UUID, list[Counter]] = {}
    for row in connection.execute(query):
        counters.setdefault(row.connection_id, []).append(Counter(*row))
    return counters
