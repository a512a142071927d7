"""What a process locked is free again after a while, although the process is frozen and its kernel still answers."""

from contextlib import suppress
from typing import Final

import psycopg
import pytest
from eventsourcing.persistence import PersistenceError

from adapters.event_store.bounded import LONGEST, unhurried
from adapters.event_store.store import EventStore
from tests.waiting import until

TAKES: Final = "SELECT pg_advisory_xact_lock(7)"


def gets_it(database_url: str, within: str) -> bool:
    """Whether somebody else gets the lock within this time."""
    with psycopg.connect(database_url) as other:
        other.execute("SELECT set_config('lock_timeout', %s, false)", [within])
        try:
            other.execute(TAKES)
        except psycopg.errors.LockNotAvailable:
            return False
    return True


def arrived(database_url: str, backend: int) -> bool:
    """Whether this session holds the lock by now, or is over already."""
    with psycopg.connect(database_url) as other:
        held = "SELECT FROM pg_locks WHERE pid = %s AND locktype = 'advisory' AND granted AND objid = 7"
        lives = "SELECT FROM pg_stat_activity WHERE pid = %s"
        holds = other.execute(held, [backend]).fetchone() is not None
        return holds or other.execute(lives, [backend]).fetchone() is None


@pytest.mark.parametrize(
    ("limit", "within", "free"),
    [("transaction_timeout", "20s", True), ("idle_in_transaction_session_timeout", "2s", False)],
)
def test_who_stops_inside_a_pipeline_loses_its_locks_by_the_limit_of_the_transaction_not_by_that_of_its_idleness(
    store: EventStore, database_url: str, limit: str, within: str, free: bool
) -> None:
    with suppress(PersistenceError), store.begin() as tx:
        unhurried(tx.cursor)
        tx.cursor.execute("SELECT set_config(%s, '300ms', true)", [limit])
        backend = tx.cursor.connection.info.backend_pid
        with tx.in_one_trip():
            tx.cursor.execute(TAKES)
            tx.cursor.connection.pgconn.send_flush_request()
            tx.cursor.connection.pgconn.flush()
            until(lambda: arrived(database_url, backend))
            assert gets_it(database_url, within) == free
    assert gets_it(database_url, "20s")


def test_every_transaction_of_the_store_has_a_limit_but_those_that_may_take_their_time(store: EventStore) -> None:
    def limit(hurried: bool) -> str:
        with store.cursor() as cursor:
            if not hurried:
                unhurried(cursor)
            row = cursor.execute("SELECT current_setting('transaction_timeout') AS limit").fetchone()
        assert row is not None
        return str(row["limit"])

    assert [limit(True), limit(False), limit(True)] == [f"{LONGEST / 60:.0f}min", "0", f"{LONGEST / 60:.0f}min"]
