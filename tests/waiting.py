"""Waiting for what somebody tells: the database of what was recorded and projected, the kernel of a process's end.

For what nobody tells of there is `until`.
"""

import os
import select
from collections.abc import Callable, Iterable
from time import monotonic, sleep
from typing import Final

import psycopg

from services.projector import CHANNEL

PATIENCE: Final = 120.0
"""Seconds any wait may take before the test fails."""
_PROJECTED: Final = "test_projected"
_TELLS_OF_PROJECTIONS: Final = f"""
    CREATE OR REPLACE FUNCTION app.tell_of_projections() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('{_PROJECTED}', ''); RETURN NULL; END $$;
    CREATE OR REPLACE TRIGGER tells AFTER INSERT OR UPDATE ON app.checkpoints
        EXECUTE FUNCTION app.tell_of_projections();
"""


def until(done: Callable[[], bool]) -> None:
    """Wait for what nobody tells of: that a node of RabbitMQ dropped a ring, that a session waits for a lock."""
    end = monotonic() + PATIENCE
    while not done():
        assert monotonic() < end, "this took too long"
        sleep(0.05)


def somebody_waits_for_a_lock(database_url: str) -> bool:
    """Whether any session of this database waits for a lock."""
    with psycopg.connect(database_url) as connection:
        waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return connection.execute(waiting).fetchone() is not None


def until_recorded(database_url: str, done: Callable[[], bool]) -> None:
    """Wait until this is so; it is looked at whenever events were recorded."""
    _until_told(database_url, CHANNEL, done)


def until_projected(database_url: str, done: Callable[[], bool]) -> None:
    """Wait until this is so; it is looked at whenever the projections moved, which this database tells from now on."""
    with psycopg.connect(database_url) as connection:
        connection.execute(_TELLS_OF_PROJECTIONS)
    _until_told(database_url, _PROJECTED, done)


def until_ended(pids: Iterable[int]) -> None:
    """Wait until these processes have ended, whoever's children they are."""
    ends, watch, alive = monotonic() + PATIENCE, select.poll(), set[int]()
    for pid in pids:
        try:
            alive.add(watched := os.pidfd_open(pid))
        except ProcessLookupError:
            continue
        watch.register(watched, select.POLLIN)
    while alive:
        told = watch.poll(max(0.0, ends - monotonic()) * 1_000)
        assert told, "some process does not end"
        for watched, _ in told:
            watch.unregister(watched)
            os.close(watched)
            alive.discard(watched)


def _until_told(database_url: str, channel: str, done: Callable[[], bool]) -> None:
    ends = monotonic() + PATIENCE
    with psycopg.connect(database_url, autocommit=True) as listening:
        listening.execute(f"LISTEN {channel}")
        while not done():
            told = list(listening.notifies(timeout=max(0.0, ends - monotonic()), stop_after=1))
            assert told, "this took too long"
