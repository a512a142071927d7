"""The rows of a table in the order of their streams, fetched in portions, to be compared with a replay."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Column, Connection, Table, Text, cast, select
from sqlalchemy.dialects.postgresql import JSONB

from domain.counted import count

_PORTION: Final = 2_000


class StoredRows:
    """A table read once, from the lowest key up; nothing of it is kept."""

    def __init__(self, connection: Connection, table: Table, key: str) -> None:
        self.columns: Sequence[Column[Any]] = tuple(table.columns)
        self._place = [column.name for column in self.columns].index(key)
        query = select(*[_read_as(column) for column in self.columns]).order_by(table.c[key])
        self._rows = iter(connection.execute(query, execution_options={"yield_per": _PORTION}))
        self._next: tuple[Any, ...] | None = None

    def key_of(self, row: Sequence[Any]) -> UUID:
        """The stream a row belongs to."""
        key: UUID = row[self._place]
        return key

    def up_to(self, key: UUID) -> tuple[list[Any], list[Any]]:
        """The rows passed over, whose keys come before `key`, and the rows under `key`. Keys must be asked in order."""
        before: list[Any] = []
        rows: list[Any] = []
        for row in self.rest():
            if self.key_of(row) > key:
                self._next = row
                break
            (rows if self.key_of(row) == key else before).append(row)
        return before, rows

    def rest(self) -> Iterator[tuple[Any, ...]]:
        """The rows nobody asked for yet."""
        if self._next is not None:
            given, self._next = self._next, None
            yield given
        for row in self._rows:
            yield tuple(row)


def differences(columns: Sequence[Column[Any]], expected: Sequence[Any], stored: Sequence[Any]) -> str:
    """What differs between the rows of one stream, in words; empty if nothing does. JSON is compared by meaning."""
    if len(expected) != len(stored):
        return f"{count(len(stored), 'row')}; the log says {len(expected)}"
    wrong = []
    for should, stands in zip(expected, stored, strict=True):
        for column, right, found in zip(columns, should, stands, strict=True):
            if _meaning(column, right) != _meaning(column, found):
                wrong.append(f"{column.name} is {_shown(found)}; the log says {_shown(right)}")
    return ", ".join(wrong)


def _read_as(column: Column[Any]) -> Any:
    return cast(column, Text) if isinstance(column.type, JSONB) else column


def _meaning(column: Column[Any], value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(column.type, JSONB) and value is not None else value


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value) if isinstance(value, Decimal) else f"{value}"
