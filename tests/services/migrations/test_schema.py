"""The schema: migrations make exactly the tables the rooms define, whoever comes first; one behind is refused."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, create_engine

from adapters.event_store.store import EventStore
from adapters.tables import METADATA as ADAPTERS
from projections.tables import METADATA as PROJECTIONS
from services.database import sqlalchemy_url
from services.migrations import SchemaBehind, check_at_head, migrate
from tests.conftest import NewDatabase
from tests.examples import queued_invoice

OURS = ("app", "es")


@contextmanager
def engine_on(database_url: str) -> Iterator[Engine]:
    """A SQLAlchemy engine, disposed of at the end."""
    engine = create_engine(sqlalchemy_url(database_url))
    try:
        yield engine
    finally:
        engine.dispose()


def defined() -> MetaData:
    """Every table that a room defines, in one place."""
    together = MetaData()
    for table in [*ADAPTERS.tables.values(), *PROJECTIONS.tables.values()]:
        table.to_metadata(together)
    return together


def differences(database_url: str, tables: MetaData) -> list[Any]:
    """What Alembic would change to make the database hold these tables."""

    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return name in OURS if kind == "schema" else True

    options = {"include_schemas": True, "include_name": ours, "compare_type": True, "compare_server_default": True}
    with engine_on(database_url) as engine, engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), tables))


def test_the_migrated_schema_is_exactly_what_the_tables_say(database_url: str) -> None:
    assert differences(database_url, defined()) == []


def test_a_column_without_a_migration_is_noticed(database_url: str) -> None:
    tables = defined()
    tables.tables["app.lane"].append_column(Column("forgotten", Integer))
    ((operation, schema, table, column),) = differences(database_url, tables)
    assert (operation, schema, table, column.name) == ("add_column", "app", "lane", "forgotten")


def test_no_table_is_defined_twice() -> None:
    assert not set(ADAPTERS.tables) & set(PROJECTIONS.tables)


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    check_at_head(database_url)
    assert differences(database_url, defined()) == []


def test_four_processes_may_migrate_an_empty_database_at_once(new_database: NewDatabase) -> None:
    database_url = new_database()
    processes = [multiprocessing.get_context("spawn").Process(target=migrate, args=(database_url,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    check_at_head(database_url)
    assert differences(database_url, defined()) == []
    store = EventStore(database_url)
    store.append(queued_invoice())
    store.close()


def test_a_database_that_was_never_migrated_is_refused_with_what_to_do(new_database: NewDatabase) -> None:
    with pytest.raises(SchemaBehind, match=r"schema none.*run: kyrios-xero migrate"):
        check_at_head(new_database())


@pytest.mark.parametrize("revision", ["0000", "9999"])
def test_a_schema_behind_or_ahead_of_the_program_is_refused(database_url: str, revision: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE public.schema_version SET version_num = %s", [revision])
    with pytest.raises(SchemaBehind, match=f"at schema {revision}, this program needs"):
        check_at_head(database_url)


def test_a_migration_that_fails_leaves_the_database_as_it_was(new_database: NewDatabase) -> None:
    database_url = new_database()
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE SCHEMA app; CREATE TABLE app.checkpoints (in_the_way int)")
    with pytest.raises(Exception, match="already exists"):
        migrate(database_url)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT to_regclass('es.sync_events'), to_regclass('app.outbox')").fetchone() == (
            None,
            None,
        )
        assert connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)
