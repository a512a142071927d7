"""Lists of invoices as people see them: invoice_status with the gate of its connection joined. Queries only."""

import datetime as dt
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, false, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import cast

from domain import invoice
from domain.causes import CATALOGUE, Cause
from projections import connection_status
from projections.invoice_status import INVOICE_STATUS

Listed = invoice.Status | Literal["waiting"]
_C = INVOICE_STATUS.c
_COLUMNS = (
    _C.kyrios_invoice_id, _C.number, _C.date, _C.currency, _C.total, _C.status, _C.causes, _C.reviews,
    _C.xero_invoice_id, _C.queued_at, _C.changed_at, _C.accepted_at_position,
)  # fmt: skip


class ListedInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """One invoice in a list. `causes` are its own and, while it waits behind a closed gate, the connection's."""

    kyrios_invoice_id: str
    number: str
    date: dt.date
    currency: str
    total: Decimal
    status: Listed
    causes: tuple[Cause, ...]
    reviews: tuple[Cause, ...]
    xero_invoice_id: str | None
    queued_at: dt.datetime
    changed_at: dt.datetime


class Page(msgspec.Struct, frozen=True):
    """Invoices, newest first; `next_cursor` continues the list, None at its end."""

    invoices: tuple[ListedInvoice, ...]
    next_cursor: str | None


def invoices_of(
    connection: Connection,
    connection_id: UUID,
    *,
    status: Listed | None = None,
    cause: str | None = None,
    after: int | None = None,
    limit: int = 50,
) -> Page:
    """The invoices of one connection with this status and cause, the last accepted first.

    `after` is the cursor of the page before; `cause` a code of the catalogue.
    """
    held = connection_status.held_by(connection, connection_id)
    query = select(*_COLUMNS).where(_C.connection_id == connection_id)
    if status is not None:
        query = query.where(_with_status(status, held))
    if cause is not None:
        query = query.where(_with_cause(cause, held))
    if after is not None:
        query = query.where(_C.accepted_at_position < after)
    rows = connection.execute(_newest_first(query, limit + 1)).all()
    shown = tuple(_listed(row, held) for row in rows[:limit])
    return Page(shown, str(rows[limit - 1].accepted_at_position) if len(rows) > limit else None)


def accepted(connection: Connection) -> dict[UUID, tuple[str, int]]:
    """By connection: its account, and how many of its invoices are known, counted one by one."""
    counted = select(_C.connection_id, func.min(_C.account_id), func.count()).group_by(_C.connection_id)
    return {row[0]: (row[1], row[2]) for row in connection.execute(counted)}


def account_of(connection: Connection, connection_id: UUID) -> str | None:
    """The account whose invoices these are; None if there are none."""
    first = select(_C.account_id).where(_C.connection_id == connection_id).limit(1)
    return connection.execute(first).scalar()


def is_known(connection: Connection, connection_id: UUID) -> bool:
    """Whether anything is known of an account: its connection, or an invoice."""
    known = account_of(connection, connection_id) is not None
    return known or bool(connection_status.load(connection, [connection_id]))


def by_number(connection: Connection, connection_id: UUID, number: str) -> list[str]:
    """The Kyrios ids of the invoices with this number; numbers may be used again."""
    found = select(_C.kyrios_invoice_id).where(_C.connection_id == connection_id, _C.number == number)
    return list(connection.execute(found.order_by(_C.accepted_at_position)).scalars())


def streams_of(connection: Connection, connection_id: UUID) -> list[UUID]:
    """The streams of all invoices of one connection."""
    return list(connection.execute(select(_C.stream_id).where(_C.connection_id == connection_id)).scalars())


def _newest_first(query: Select[Any], limit: int) -> Select[Any]:
    return query.order_by(_C.accepted_at_position.desc()).limit(limit)


def _with_status(status: Listed, held: tuple[Cause, ...]) -> ColumnElement[bool]:
    if status == "waiting":
        return _C.status.in_(("blocked", "queued")) if held else _C.status == "blocked"
    if status == "queued" and held:
        return false()
    return _C.status == status


def _with_cause(code: str, held: tuple[Cause, ...]) -> ColumnElement[bool]:
    if CATALOGUE[code].standing == "gate":
        return _C.status == "queued" if any(cause.code == code for cause in held) else false()
    if CATALOGUE[code].standing == "checking":
        return _C.status == "checking"
    named = cast([{"code": code}], JSONB)
    # Said twice, so that the index over the few invoices with causes can be used.
    some = or_(_C.causes != cast([], JSONB), _C.reviews != cast([], JSONB))
    return some & or_(_C.causes.contains(named), _C.reviews.contains(named))


def _listed(row: Any, held: tuple[Cause, ...]) -> ListedInvoice:
    fields = {name: row._mapping[name] for name in ListedInvoice.__struct_fields__}
    own = tuple(msgspec.convert(fields["causes"], list[Cause]))
    behind_gate = row.status == "queued" and bool(held)
    return ListedInvoice(
        **fields
        | {
            "status": "waiting" if behind_gate else row.status,
            "causes": (*own, *held) if behind_gate else own,
            "reviews": tuple(msgspec.convert(fields["reviews"], list[Cause])),
        }
    )
