"""Duties: each is done by one of those who stand by, and by another within seconds when that one is gone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import psycopg
import pytest

from adapters.advisory_locks import key_of
from services.bootstrap import Engine
from services.duties import Duty, Watch
from services.running import duties_of
from tests.services.engines import NOWHERE
from tests.waiting import PATIENCE
from tests.world import World, settings_for


class Done:
    """Tells who begins and ends what."""

    def __init__(self) -> None:
        self.said: Queue[str] = Queue()

    def duty(self, name: str, by: str) -> Duty:
        """A duty that says when it begins and when it ends."""

        def run(stop: threading.Event) -> None:
            self.said.put(f"{by} begins {name}")
            stop.wait(PATIENCE)
            self.said.put(f"{by} ends {name}")

        return Duty(name, run)

    def next(self) -> str:
        """What is said next."""
        return self.said.get(timeout=PATIENCE)


@contextmanager
def watching(database_url: str, *duties: Duty) -> Iterator[threading.Event]:
    """One who stands by, at a quick pace; the event ends it."""
    stop = threading.Event()
    watch = Watch(database_url, duties, looks_every=0.05)
    thread = threading.Thread(target=watch.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def cut_off(database_url: str, name: str) -> None:
    """End the session that holds this duty, as a lost line or an administrator would."""
    with psycopg.connect(database_url, autocommit=True) as administrator:
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND granted AND objid = %s::bigint"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            (key_of(name) % 2**32,),
        )


def test_one_does_it_and_when_it_ends_the_other_goes_on(database_url: str) -> None:
    done = Done()
    with watching(database_url, done.duty("x", "first")) as first:
        assert done.next() == "first begins x"
        with watching(database_url, done.duty("x", "second")):
            first.set()
            assert done.next() == "first ends x", "what is under way is finished before its lock is given up"
            assert done.next() == "second begins x"


def test_who_lost_its_locks_ends_what_it_did_and_stands_by_anew(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    done = Done()
    with watching(database_url, done.duty("x", "first")):
        assert done.next() == "first begins x"
        cut_off(database_url, "x")
        assert [done.next(), done.next()] == ["first ends x", "first begins x"]
    assert "it stands by anew" in caplog.text


def test_several_share_the_duties_and_none_is_done_twice(database_url: str) -> None:
    done = Done()
    with watching(database_url, done.duty("x", "first")):
        assert done.next() == "first begins x"
        with watching(database_url, done.duty("x", "second"), done.duty("y", "second")):
            assert done.next() == "second begins y"
    assert [done.next(), done.next()] == ["second ends y", "first ends x"]
    assert done.said.empty()


def test_one_that_has_not_ended_is_not_begun_a_second_time(database_url: str) -> None:
    begun, go_on = Queue[int](), threading.Event()

    def stuck(stop: threading.Event) -> None:
        begun.put(1)
        assert go_on.wait(PATIENCE)

    done = Done()
    with watching(database_url, Duty("stuck", stuck), done.duty("y", "first")):
        assert begun.get(timeout=PATIENCE)
        assert done.next() == "first begins y"
        cut_off(database_url, "stuck")
        assert [done.next(), done.next()] == ["first ends y", "first begins y"], "the watch is on again"
        assert begun.empty()
        go_on.set()
        assert begun.get(timeout=PATIENCE)


def test_every_duty_of_a_ticker_has_a_lock_of_its_own(world: World, tmp_path: Path) -> None:
    settings = settings_for(NOWHERE, world.engine.database_url, tmp_path, KYRIOS_XERO_BROKER_URL="amqp://nowhere/")
    engine = Engine(settings, world.engine.database_url)
    names = [duty.name for duty in duties_of(engine)]
    engine.close()
    assert len({key_of(name) for name in names}) == len(names)
    assert {"projector", "sweeper", "releaser"} <= set(names)
    assert "sweeper" not in [duty.name for duty in duties_of(world.engine)], "without a broker workers sweep"
