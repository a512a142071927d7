"""Invoices of one connection by status, cause and date, for what people do with many of them. Queries only."""

import datetime as dt
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import cast

from projections.invoice_status import INVOICE_STATUS

_C: Final = INVOICE_STATUS.c


def fitting(
    connection: Connection,
    connection_id: UUID,
    *,
    statuses: Sequence[str],
    causes: Sequence[str],
    only_reviews: bool,
    earliest: dt.date | None,
    latest: dt.date | None,
    after: int,
    limit: int,
) -> list[tuple[int, UUID, str]]:
    """Up to `limit` invoices in the order they were accepted, behind `after`: position in the log, stream, Kyrios id.

    Each has one of the statuses and, if any are named, one of these causes; `only_reviews`: as an open review.
    """
    query = select(_C.accepted_at_position, _C.stream_id, _C.kyrios_invoice_id).where(
        _C.connection_id == connection_id, _C.status.in_(statuses), _C.accepted_at_position > after
    )
    if only_reviews or causes:
        # Said as the index over the few invoices with causes says it.
        query = query.where(or_(_C.causes != cast([], JSONB), _C.reviews != cast([], JSONB)))
    if only_reviews:
        query = query.where(_C.reviews != cast([], JSONB))
    if causes:
        query = query.where(or_(*(_with(code, only_reviews) for code in causes)))
    if earliest is not None:
        query = query.where(_C.date >= earliest)
    if latest is not None:
        query = query.where(_C.date <= latest)
    found = connection.execute(query.order_by(_C.accepted_at_position).limit(limit))
    return [(position, stream, invoice_id) for position, stream, invoice_id in found]


def _with(code: str, only_reviews: bool) -> ColumnElement[bool]:
    named = cast([{"code": code}], JSONB)
    reviewed: ColumnElement[bool] = _C.reviews.contains(named)
    return reviewed if only_reviews else or_(_C.causes.contains(named), reviewed)
