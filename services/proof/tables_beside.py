"""The tables a rebuild makes: in a schema beside the live one, under their own names, filled by COPY, indexed after."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Boolean, Connection, Date, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.schema import CreateIndex

from projections import blocked_by
from projections.batch import Batch
from projections.blocked_by import BLOCKED_BY
from projections.connection_status import CONNECTION_STATUS
from projections.counters import COUNTERS
from projections.inactivity_clock import INACTIVITY_CLOCK
from projections.invoice_status import INVOICE_STATUS
from projections.tables import FOLDED
from services.projector import driver_connection

BESIDE: Final = "app_rebuild"
"""The schema. A rebuild that died leaves it behind, the next one removes it."""

ELSEWHERE: Final = {"schema_translate_map": {"app": BESIDE}}
"""Execution options under which statements about the live tables go to those beside."""

_WIRE_TYPES: Final[tuple[tuple[type[Any], str], ...]] = (
    (Uuid, "uuid"),
    (BigInteger, "int8"),
    (Boolean, "bool"),
    (Date, "date"),
    (Numeric, "numeric"),
    (TIMESTAMP, "timestamptz"),
    (JSONB, "text"),
    (Text, "text"),
)
# PostgreSQL's binary form of jsonb is its text behind a version byte.
_JSONB_VERSION: Final = "\x01"


def fill(connection: Connection, batch: Batch) -> dict[str, int]:
    """Make the tables and copy a folded log into them; returns the number of rows in each."""
    _run(connection, f"DROP SCHEMA IF EXISTS {BESIDE} CASCADE", f"CREATE SCHEMA {BESIDE}")
    for table in FOLDED:
        _run(connection, f"CREATE TABLE {BESIDE}.{table.name} (LIKE {table} INCLUDING DEFAULTS)")
    invoices = batch.invoices.values()
    waits = (blocked for row in invoices for blocked in blocked_by.rows_of(row))
    return {
        INVOICE_STATUS.name: _copy(connection, INVOICE_STATUS, map(msgspec.structs.astuple, invoices)),
        BLOCKED_BY.name: _copy(connection, BLOCKED_BY, waits),
        CONNECTION_STATUS.name: _copy(
            connection, CONNECTION_STATUS, map(msgspec.structs.astuple, batch.connections.values())
        ),
        INACTIVITY_CLOCK.name: _copy(connection, INACTIVITY_CLOCK, map(msgspec.structs.astuple, batch.clocks.values())),
        COUNTERS.name: _copy(connection, COUNTERS, batch.counter_changes()),
    }


def index(connection: Connection) -> None:
    """Add keys and indexes, named as in the live schema."""
    for table in FOLDED:
        key = ", ".join(column.name for column in table.primary_key)
        name = table.primary_key.name or f"{table.name}_pkey"
        _run(connection, f"ALTER TABLE {BESIDE}.{table.name} ADD CONSTRAINT {name!s} PRIMARY KEY ({key})")
        for made in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(made), execution_options=ELSEWHERE)
        _run(connection, f"ANALYZE {BESIDE}.{table.name}")


def swap(connection: Connection) -> None:
    """Put the tables in the place of the live ones, which are dropped."""
    for table in FOLDED:
        _run(connection, f"DROP TABLE {table}", f"ALTER TABLE {BESIDE}.{table.name} SET SCHEMA {table.schema}")
    _run(connection, f"DROP SCHEMA {BESIDE}")


def _copy(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> int:
    json = [place for place, column in enumerate(table.columns) if isinstance(column.type, JSONB)]
    names = ", ".join(column.name for column in table.columns)
    statement = f"COPY {BESIDE}.{table.name} ({names}) FROM STDIN (FORMAT BINARY)"
    with driver_connection(connection).cursor() as cursor:
        with cursor.copy(statement) as copy:
            copy.set_types([_wire_type(column.type) for column in table.columns])
            write = copy.write_row
            for row in rows:
                write(_with_json(row, json) if json else row)
        return cursor.rowcount


def _with_json(row: tuple[Any, ...], places: list[int]) -> list[Any]:
    values = list(row)
    for place in places:
        values[place] = _JSONB_VERSION + values[place]
    return values


def _wire_type(column_type: Any) -> str:
    return next(name for known, name in _WIRE_TYPES if isinstance(column_type, known))


def _run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
