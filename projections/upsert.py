"""One statement for many rows: `INSERT … SELECT FROM unnest(arrays) ON CONFLICT DO UPDATE`."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, Column, Connection, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.sql.elements import ColumnElement


def upsert(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows or replace those with the same key. A row holds all columns in order; JSON as text."""
    values = list(zip(*rows, strict=True))
    if values:
        arrays = {c.name: list(of_column) for c, of_column in zip(table.columns, values, strict=True)}
        connection.execute(_replacing(table), arrays)


def insert_rows(table: Table) -> Insert:
    """Insert rows that come as one array per column, each bound under the column's name."""
    arrays = [bindparam(c.name, type_=ARRAY(_sent_as(c))) for c in table.columns]
    rows = func.unnest(*arrays).table_valued(*[column(c.name, _sent_as(c)) for c in table.columns])
    given = rows.render_derived(name="given")
    return insert(table).from_select(
        [c.name for c in table.columns], select(*[_as_stored(c, given.c[c.name]) for c in table.columns])
    )


def _replacing(table: Table) -> Insert:
    statement = insert_rows(table)
    changed = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)


def _sent_as(stored: Column[Any]) -> Any:
    return Text() if isinstance(stored.type, JSONB) else stored.type


def _as_stored(stored: Column[Any], given: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(given, JSONB) if isinstance(stored.type, JSONB) else given
