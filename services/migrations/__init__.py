"""The database schema, by Alembic: `migrate` brings a database to head, `check_at_head` refuses one that is behind.

Alembic owns all DDL; processes never create tables themselves.
"""

from pathlib import Path
from typing import Final, NamedTuple

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine

from services.database import sqlalchemy_url

_HERE: Final = Path(__file__).parent
MIGRATION_LOCK: Final = 7_205_759
VERSION_TABLE: Final = {"version_table": "schema_version", "version_table_schema": "public"}


class SchemaBehind(Exception):
    """The database's schema is not the one this program needs."""


class Migrated(NamedTuple):
    """The schema a database was at, empty if it had none, and the one it is at now."""

    before: str
    now: str


def migrate(database_url: str) -> Migrated:
    """Bring the database to the newest schema; several processes may call this at once."""
    engine = create_engine(sqlalchemy_url(database_url), hide_parameters=True)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({MIGRATION_LOCK})")
            connection.commit()
            try:
                before = _present(connection) or ""
                upgrade(connection)
                return Migrated(before, _present(connection) or "")
            finally:
                connection.rollback()
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({MIGRATION_LOCK})")
                connection.commit()
    finally:
        engine.dispose()


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest schema, if the caller holds the lock."""
    command.upgrade(_config(connection), "head")
    connection.commit()


def check_at_head(database_url: str) -> None:
    """Refuse to work on a schema that is behind or ahead of this program; one that is being migrated is waited for."""
    wanted = ScriptDirectory.from_config(_config(None)).get_current_head()
    engine = create_engine(sqlalchemy_url(database_url), hide_parameters=True)
    try:
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            present = _present(connection)
            if present != wanted:
                connection.exec_driver_sql(f"SELECT pg_advisory_lock_shared({MIGRATION_LOCK})")
                present = _present(connection)
    finally:
        engine.dispose()
    if present != wanted:
        raise SchemaBehind(
            f"the database is at schema {present or 'none'}, this program needs {wanted}; run: kyrios-xero migrate"
        )


def present_schema(engine: Engine) -> str:
    """The schema a database is at; empty if it has none."""
    with engine.connect() as connection:
        return _present(connection) or ""


def _present(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts=VERSION_TABLE).get_current_revision()


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    return config
