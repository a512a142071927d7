"""The virtual clock moves a whole installation that asks for it, and cannot move production."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from adapters import virtual_clock
from adapters.event_store.store import EventStore
from adapters.simulator.server import Simulator
from services.bootstrap import open_engine
from services.clock import check_clock
from services.settings import SettingsError
from tests.world import settings_for, world_on

YEAR = timedelta(days=365)


def move(database_url: str, by: timedelta) -> None:
    """Move the clock, as a demo does."""
    store = EventStore(database_url)
    with store.cursor() as cursor:
        virtual_clock.move(cursor, by)
    store.close()


def test_every_session_of_an_installation_goes_by_the_clock_that_was_moved(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    with world_on(xero, database_url, tmp_path, KYRIOS_XERO_CLOCK="virtual") as world:
        before = world.engine.store.now()
        move(database_url, YEAR)
        move(database_url, timedelta(hours=-1))
        with world.engine.read.connect() as connection:
            read = connection.exec_driver_sql("SELECT app.now()").scalar_one()
        with psycopg.connect(world.engine.database_url) as session:
            (alone,) = session.execute("SELECT app.now()").fetchone() or (None,)
        for now in (world.engine.store.now(), read, alone):
            assert abs(now - before - YEAR + timedelta(hours=1)) < timedelta(minutes=1)
        with world.engine.store.cursor() as cursor:
            cursor.execute("SELECT set_config('app.now', '2001-02-03 04:05:06+00', true)")
            row = cursor.execute("SELECT app.now()::text AS now").fetchone()
            assert row is not None
            assert row["now"].startswith("2001-02-03"), "a session's own override goes before"


def test_the_real_clock_is_moved_by_nothing_that_stands_in_a_table(store: EventStore, database_url: str) -> None:
    before = store.now()
    move(database_url, YEAR)
    assert store.now() - before < timedelta(minutes=1)


def test_the_real_clock_does_not_take_up_a_database_that_lived_in_another_time(
    database_url: str, tmp_path: Path
) -> None:
    real = settings_for("http://127.0.0.1:9", database_url, tmp_path)
    check_clock(database_url, real)
    move(database_url, YEAR)
    with pytest.raises(SettingsError, match=r"clock of this database was moved by 365 days"), open_engine(real):
        pass
    check_clock(database_url, settings_for("http://127.0.0.1:9", database_url, tmp_path, KYRIOS_XERO_CLOCK="virtual"))


@pytest.mark.parametrize("address", ["https://api.xero.com", "https://xero.example", "http://simulator:9"])
def test_a_virtual_clock_is_refused_unless_xero_is_on_this_machine(address: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        settings_for(address, "postgresql:///nowhere", tmp_path, KYRIOS_XERO_CLOCK="virtual", KYRIOS_XERO_QUIET="180")
    assert [p for p in refused.value.problems if p.startswith("KYRIOS_XERO_CLOCK must be real")]


@pytest.mark.parametrize(
    ("address", "options"),
    [
        ("postgresql://me:pass%40word@host:5433/db", "-c app.clock=virtual"),
        ("postgresql://me@/db?host=%2Ftmp%2Fa&sslmode=disable", "-c app.clock=virtual"),
        ("postgresql:///db?options=-c%20work_mem%3D8MB&host=/tmp", "-c work_mem=8MB -c app.clock=virtual"),
    ],
)
def test_an_address_keeps_all_else_it_says(address: str, options: str) -> None:
    clocked = virtual_clock.going_by_it(address)
    before = conninfo_to_dict(address)
    assert conninfo_to_dict(clocked) == {**before, "options": options}
    assert virtual_clock.going_by_it(clocked) == clocked
    assert clocked.startswith("postgresql://")


def test_the_clock_is_real_or_virtual(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="KYRIOS_XERO_CLOCK must be real or virtual"):
        settings_for("http://127.0.0.1:9", "postgresql:///nowhere", tmp_path, KYRIOS_XERO_CLOCK="moved")


def test_an_index_serves_what_is_asked_of_the_clock(database_url: str) -> None:
    with psycopg.connect(virtual_clock.going_by_it(database_url), autocommit=True) as session:
        session.execute(
            "INSERT INTO app.inactivity_clock SELECT gen_random_uuid(), '60', '1', app.now() + g * "
            "interval '1 minute' FROM generate_series(1, 2000) g"
        )
        session.execute("ANALYZE app.inactivity_clock")
        plan = session.execute("EXPLAIN SELECT * FROM app.inactivity_clock WHERE due_at <= app.now()").fetchall()
    assert "Index Scan" in str(plan) or "Bitmap" in str(plan)
