"""Invoices of one connection by their date: those that have not gone to Xero, and all of a range. Queries only."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Select, Text, cast, func, select

from projections.invoice_status import INVOICE_STATUS, InvoiceRow

_C: Final = INVOICE_STATUS.c
_NOT_GONE: Final = ("queued", "blocked")


def not_gone(
    connection: Connection,
    connection_id: UUID,
    *,
    earliest: dt.date | None,
    latest: dt.date,
    after: int,
    limit: int,
) -> list[tuple[int, UUID]]:
    """Up to `limit` invoices dated in this range, in the order they were accepted, behind `after`.

    Each as the position in the log where it was accepted, and its stream; both ends of the range are in it.
    """
    query = select(_C.accepted_at_position, _C.stream_id).where(
        _C.connection_id == connection_id,
        _C.status.in_(_NOT_GONE),
        _C.date <= latest,
        _C.accepted_at_position > after,
    )
    if earliest is not None:
        query = query.where(_C.date >= earliest)
    found = connection.execute(query.order_by(_C.accepted_at_position).limit(limit))
    return [(position, stream) for position, stream in found]


def first_and_last(connection: Connection, connection_id: UUID) -> tuple[dt.date, dt.date] | None:
    """The dates of the oldest and of the newest invoice; None if there is none."""
    found = connection.execute(select(func.min(_C.date), func.max(_C.date)).where(_C.connection_id == connection_id))
    first, last = found.one()
    return None if first is None else (first, last)


def dated(connection: Connection, connection_id: UUID, first: dt.date, until: dt.date) -> Iterator[InvoiceRow]:
    """Every invoice dated from `first` to before `until`."""
    query = _rows().where(_C.connection_id == connection_id, _C.date >= first, _C.date < until)
    return (InvoiceRow(*row) for row in connection.execute(query))


def of_any_date(connection: Connection, stream_ids: Iterable[UUID]) -> dict[UUID, InvoiceRow]:
    """Those of these invoices that are known, by stream."""
    found = connection.execute(_rows().where(_C.stream_id.in_(list(stream_ids))))
    return {row.stream_id: row for row in (InvoiceRow(*columns) for columns in found)}


def _rows() -> Select[Any]:
    return select(*(cast(c, Text) if c.name in ("causes", "reviews") else c for c in INVOICE_STATUS.columns))
