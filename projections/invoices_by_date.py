"""Invoices of one connection that have not gone to Xero, by their date. Queries only."""

import datetime as dt
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select

from projections.invoice_status import INVOICE_STATUS

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
