"""The invoices a cause keeps out of Xero, or that are there and need a look because of it: for mails. Queries only."""

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Column, Connection, Text, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.sql.expression import cast

from domain.causes import Cause
from projections.invoice_status import INVOICE_STATUS

_C = INVOICE_STATUS.c
_ALL_CODES: Final = "$[*].code"
_OTHER_CODE: Final = "$[*] ? (@.code != $code)"


def codes(connection: Connection, connection_id: UUID) -> tuple[list[str], list[str]]:
    """The different codes of what its invoices wait or failed for, and of their reviews; of those left out, none."""
    waiting, reviews = (_different(connection, connection_id, _C[standing]) for standing in ("causes", "reviews"))
    return waiting, reviews


def _different(connection: Connection, connection_id: UUID, column: Column[Any]) -> list[str]:
    some = or_(_C.causes != cast([], JSONB), _C.reviews != cast([], JSONB))
    code = func.jsonb_path_query(column, cast(_ALL_CODES, JSONPATH)).op("#>>")(cast([], ARRAY(Text)))
    query = select(code).where(_C.connection_id == connection_id, some, _C.status != "dismissed").distinct()
    return sorted(connection.execute(query).scalars())


class Concerned(msgspec.Struct, frozen=True):
    """How many invoices there are, the first of them in the order they were accepted, and their different causes.

    `others` is how many of them wait for another cause besides.
    """

    number: int
    first: tuple[str, ...]
    causes: tuple[Cause, ...]
    others: int = 0


def last_changed(
    connection: Connection, connection_id: UUID, code: str, standing: Literal["causes", "reviews"]
) -> datetime | None:
    """When one of the invoices with a cause, or a review, of this code changed last; None if there is none."""
    some = or_(_C.causes != cast([], JSONB), _C.reviews != cast([], JSONB))
    concerns = _C[standing].contains(cast([{"code": code}], JSONB))
    return connection.execute(
        select(func.max(_C.changed_at)).where(_C.connection_id == connection_id, some, concerns)
    ).scalar()


def concerned(
    connection: Connection, connection_id: UUID, code: str, standing: Literal["causes", "reviews"], limit: int
) -> Concerned:
    """The invoices with a cause, or a review, of this code: Kyrios ids of the first. Those left out do not count."""
    column = _C[standing]
    # Said twice, so that the index over the few invoices with causes can be used.
    some = or_(_C.causes != cast([], JSONB), _C.reviews != cast([], JSONB))
    found = (_C.connection_id == connection_id, some, column.contains(cast([{"code": code}], JSONB)),
             _C.status != "dismissed")  # fmt: skip
    besides = func.jsonb_path_exists(column, cast(_OTHER_CODE, JSONPATH), cast({"code": code}, JSONB))
    number, others = connection.execute(select(func.count(), func.count().filter(besides)).where(*found)).one()
    first = connection.execute(
        select(_C.kyrios_invoice_id).where(*found).order_by(_C.accepted_at_position).limit(limit)
    )
    different = connection.execute(select(column).where(*found).distinct().limit(limit)).scalars()
    causes = {(c.key, tuple(c.facts.items())): c for row in different for c in msgspec.convert(row, list[Cause])
              if c.code == code}  # fmt: skip
    return Concerned(number, tuple(first.scalars()), tuple(causes.values()), others)
