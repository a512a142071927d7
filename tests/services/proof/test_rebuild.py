"""Rebuild: the same rows as the live projector makes, whatever happens meanwhile; refused rather than half done."""

import threading
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine

from adapters.event_store.store import EventStore
from projections.recorded import BadEvent
from projections.snapshot import snapshot
from services.projector import Projector
from services.proof.rebuild import REBUILD_LOCK, RebuildRefused, rebuild
from tests.projections.databases import every_row, queue, store_random
from tests.services.migrations.test_schema import defined, differences
from tests.tampering import UNGUARDED


@pytest.mark.parametrize("seed", [11, 12])
def test_a_rebuild_makes_the_same_rows_as_the_live_projector(store: EventStore, read: Engine, seed: int) -> None:
    events = store_random(store, seed)
    projector = Projector(store, read, batch=9)
    projector.catch_up()
    live = every_row(read)
    done = rebuild(read)
    assert every_row(read) == live
    assert (done.events, done.position) == (len(events), store.head())
    assert done.rows == {name: len(rows) for name, rows in live.items()}
    assert all(live.values())


def test_a_rebuild_mends_what_was_tampered_with(store: EventStore, read: Engine) -> None:
    store_random(store, seed=13)
    Projector(store, read).catch_up()
    live = every_row(read)
    with read.begin() as connection:
        connection.exec_driver_sql("DELETE FROM app.invoice_status WHERE number = 'INV-3'")
        connection.exec_driver_sql("UPDATE app.counters SET invoices = invoices + 1")
    rebuild(read)
    assert every_row(read) == live


def test_the_schema_after_a_rebuild_is_the_migrated_one(store: EventStore, read: Engine, database_url: str) -> None:
    queue(store, "inv-1")
    rebuild(read)
    rebuild(read)
    assert differences(database_url, defined()) == []
    with read.connect() as connection:
        names = connection.exec_driver_sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'app%%'").scalars()
        assert list(names) == ["app"]


def test_the_projector_goes_on_where_a_rebuild_ends(store: EventStore, read: Engine) -> None:
    queue(store, "inv-1", "inv-2")
    rebuild(read)
    queue(store, "inv-3")
    projector = Projector(store, read)
    assert (projector.step(), projector.position()) == (1, store.head())
    assert len(every_row(read)["invoice_status"]) == 3


def test_an_empty_log_makes_empty_tables(store: EventStore, read: Engine) -> None:
    assert rebuild(read).events == 0
    assert not any(every_row(read).values())
    queue(store, "inv-1")
    assert Projector(store, read).step() == 1


def test_events_stored_during_a_rebuild_are_in_the_new_tables(store: EventStore, read: Engine) -> None:
    queue(store, "inv-1")
    came = iter(["inv-2", "inv-3"])

    def more(reached: int, end: int) -> None:
        queue(store, *[name for name in [next(came, None)] if name])
        Projector(store, read).catch_up()

    rebuild(read, more)
    assert len(every_row(read)["invoice_status"]) == 3
    assert Projector(store, read).behind() == 0


def test_progress_is_told_up_to_the_end(store: EventStore, read: Engine) -> None:
    queue(store, "inv-1", "inv-2")
    told: list[tuple[int, int]] = []
    rebuild(read, lambda reached, end: told.append((reached, end)))
    assert told[-1] == (store.head(), store.head())


def test_a_bad_event_leaves_the_old_tables(store: EventStore, read: Engine) -> None:
    queue(store, "inv-1")
    Projector(store, read).catch_up()
    live = every_row(read)
    with store.cursor() as cursor:
        cursor.execute(UNGUARDED)
        cursor.execute("UPDATE es.sync_events SET state = '{}'")
    with pytest.raises(BadEvent):
        rebuild(read)
    assert every_row(read) == live


def test_what_a_rebuild_that_died_left_behind_is_in_nobodys_way(store: EventStore, read: Engine) -> None:
    queue(store, "inv-1")
    with read.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA app_rebuild")
        connection.exec_driver_sql("CREATE TABLE app_rebuild.invoice_status (half integer)")
    rebuild(read)
    assert len(every_row(read)["invoice_status"]) == 1


def test_a_second_rebuild_is_refused_while_one_is_at_work(store: EventStore, read: Engine) -> None:
    with read.connect() as other:
        other.exec_driver_sql(f"SELECT pg_advisory_lock({REBUILD_LOCK})")
        with pytest.raises(RebuildRefused, match="another rebuild"):
            rebuild(read)
        other.exec_driver_sql(f"SELECT pg_advisory_unlock({REBUILD_LOCK})")
    rebuild(read)


def test_a_reader_is_never_shown_half_a_swap(store: EventStore, read: Engine) -> None:
    queue(store, "inv-1")
    Projector(store, read).catch_up()
    indexed, done = threading.Event(), threading.Event()

    def rebuild_now() -> None:
        rebuild(read, lambda reached, end: indexed.set())
        done.set()

    with ExitStack() as reading:
        connection = reading.enter_context(snapshot(read))
        thread = threading.Thread(target=rebuild_now)
        thread.start()
        assert indexed.wait(10)
        assert connection.exec_driver_sql("SELECT count(*) FROM app.invoice_status").scalar() == 1
        assert not done.is_set()
    thread.join(30)
    assert done.is_set()
    assert len(every_row(read)["invoice_status"]) == 1


def test_a_rebuild_gives_up_when_readers_never_let_go(store: EventStore, read: Engine) -> None:
    queue(store, "inv-1")
    Projector(store, read).catch_up()
    live = every_row(read)
    with snapshot(read), pytest.raises(RebuildRefused, match="kept reading"):
        rebuild(read, swap_within=0.2)
    assert every_row(read) == live
