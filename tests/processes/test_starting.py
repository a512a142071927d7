"""Processes start in any order, several at once, on a database that is empty or becomes one of ours meanwhile."""

import json
import signal
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Connection, create_engine

from services.cli.complaints import EXIT_CONFIGURATION
from services.database import sqlalchemy_url
from services.migrations import MIGRATION_LOCK, upgrade
from tests.conftest import NewDatabase
from tests.services.cli.program import open_home, running
from tests.waiting import until
from tests.world import KEYS


def variables(database_url: str, home: Path) -> dict[str, str]:
    """What a process needs to know to start."""
    return {
        "KYRIOS_XERO_DATABASE_URL": database_url,
        "KYRIOS_XERO_HOME": str(home),
        "KYRIOS_XERO_SECRET_KEYS": KEYS,
        "KYRIOS_XERO_CLIENT_ID": "simulator-client",
        "KYRIOS_XERO_CLIENT_SECRET": "simulator-secret",
        "KYRIOS_XERO_API_URL": "http://127.0.0.1:9",
    }


def test_four_that_start_at_once_where_there_is_nothing_share_one_migrated_database() -> None:
    with open_home() as home, ExitStack() as started:
        four = [started.enter_context(running("status", "--json", KYRIOS_XERO_HOME=str(home))) for _ in range(4)]
        for one in four:
            assert one.ends() == 0, one.everything()
            assert json.loads(one.everything())["accounts"] == []


def test_who_starts_before_the_migration_says_what_to_do(new_database: NewDatabase, tmp_path: Path) -> None:
    url = new_database()
    with ExitStack() as started:
        for role in [started.enter_context(running(role, **variables(url, tmp_path))) for role in ("worker", "ticker")]:
            assert role.ends() == EXIT_CONFIGURATION
            assert role.everything().startswith("The database is at schema none, this program needs ")
            assert role.everything().endswith("; run: kyrios-xero migrate.\n")


def test_who_starts_during_the_migration_waits_for_its_end(new_database: NewDatabase, tmp_path: Path) -> None:
    url = new_database()
    engine = create_engine(sqlalchemy_url(url))
    with engine.connect() as migrating, ExitStack() as started:
        migrating.exec_driver_sql(f"SELECT pg_advisory_lock({MIGRATION_LOCK})")
        roles = [started.enter_context(running(role, **variables(url, tmp_path))) for role in ("worker", "ticker")]
        until(lambda: _waiting(migrating) == len(roles))
        upgrade(migrating)
        migrating.exec_driver_sql(f"SELECT pg_advisory_unlock({MIGRATION_LOCK})")
        for role in roles:
            role.says("runs")
            role.tell(signal.SIGTERM)
            assert role.ends() == 0
    engine.dispose()


def _waiting(connection: Connection) -> int:
    asked = f"SELECT count(*) FROM pg_locks WHERE objid = {MIGRATION_LOCK} AND NOT granted"
    return int(connection.exec_driver_sql(asked).scalar_one())
