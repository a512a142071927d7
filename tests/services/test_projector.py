"""The projector: nothing is missed, nothing is folded twice, whoever dies or works beside it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from adapters.event_store.store import EventStore
from projections import checkpoints
from projections.batch import Batch
from projections.checkpoints import RivalProjector
from projections.recorded import BadEvent
from services.projector import Projector
from services.proof.verify import verify
from tests.examples import open_connection
from tests.projections.databases import engine_on, every_row, queue, store_random
from tests.tampering import UNGUARDED
from tests.waiting import PATIENCE


class Watched(Projector):
    """Tells when a step is over."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.steps: Queue[int] = Queue()

    def step(self) -> int:
        folded = super().step()
        self.steps.put(folded)
        return folded

    def until(self, folded: int) -> None:
        """Until so many events were folded in all."""
        while folded > 0:
            folded -= self.steps.get(timeout=PATIENCE)


@contextmanager
def running(projector: Projector) -> Iterator[threading.Event]:
    stop = threading.Event()
    thread = threading.Thread(target=projector.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_small_batches_make_the_same_rows_as_one_big_batch(store: EventStore, read: Engine) -> None:
    events = store_random(store, seed=1)
    small = Projector(store, read, batch=7)
    assert small.catch_up() == len(events)
    assert (small.position(), small.behind(), small.step()) == (store.head(), 0, 0)
    rows = every_row(read)
    with read.begin() as connection:
        connection.exec_driver_sql(
            "TRUNCATE app.invoice_status, app.blocked_by, app.connection_status, app.counters, app.checkpoints"
        )
    assert Projector(store, read).catch_up() == len(events)
    assert every_row(read) == rows
    assert rows["blocked_by"]
    # The random histories were stored without entries and lanes; all else agrees.
    assert {finding.table for finding in verify(read).findings} <= {"outbox", "lane"}


def test_of_two_projectors_at_once_one_is_rolled_back(store: EventStore, read: Engine) -> None:
    queue(store, "inv-1", "inv-2")

    class Overtaken(Projector):
        def _move(self, connection: Connection, old: int, new: int) -> None:
            Projector(store, read).catch_up()
            super()._move(connection, old, new)

    with pytest.raises(RivalProjector):
        Overtaken(store, read).step()
    assert every_row(read)["counters"][0].endswith(",queued,2,1133.32)")
    queue(store, "inv-3")
    # Who only wants everything folded does not mind by whom.
    late = Overtaken(store, read)
    assert (late.catch_up(), late.behind()) == (0, 0)


def test_it_listens_where_the_projections_are_whatever_the_address_says(store: EventStore, database_url: str) -> None:
    address = make_conninfo(database_url, options="-c app.told=by-the-address -c statement_timeout=9s")
    with engine_on(address) as read:
        projector = Watched(store, read)
        with running(projector):
            queue(store, "inv-1")
            projector.until(folded=1)


def test_a_death_between_fold_and_commit_changes_nothing(store: EventStore, read: Engine) -> None:
    queue(store, "inv-1")

    class Dying(Projector):
        def _write(self, connection: Connection, batch: Batch) -> None:
            super()._write(connection, batch)
            own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with read.connect() as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({own}, 5000)")

    with pytest.raises(DBAPIError):
        Dying(store, read).step()
    assert not any(every_row(read).values())
    projector = Projector(store, read)
    assert (projector.position(), projector.catch_up()) == (0, 1)


def test_a_checkpoint_moved_outside_the_transaction_loses_invoices(store: EventStore, read: Engine) -> None:
    """Negative control: what the one transaction is for."""
    queue(store, "inv-1")

    class MovesFirst(Projector):
        def _move(self, connection: Connection, old: int, new: int) -> None:
            with read.begin() as apart:
                checkpoints.move(apart, old, new)

        def _write(self, connection: Connection, batch: Batch) -> None:
            raise ConnectionError("died before the rows were written")

    with pytest.raises(ConnectionError):
        MovesFirst(store, read).step()
    assert Projector(store, read).catch_up() == 0
    assert "invoice_status" in {finding.table for finding in verify(read).findings}


def test_a_checkpoint_that_is_not_moved_folds_events_twice_and_that_is_noticed(store: EventStore, read: Engine) -> None:
    """Negative control: the same, the other way round."""
    queue(store, "inv-1")

    class NeverMoves(Projector):
        def _move(self, connection: Connection, old: int, new: int) -> None:
            """The checkpoint was to be moved later, and then came the death."""

    NeverMoves(store, read).step()
    with pytest.raises(BadEvent, match="is at version 1"):
        Projector(store, read).step()


def test_the_projector_misses_nothing_that_four_writers_store_at_once(
    store: EventStore, read: Engine, database_url: str
) -> None:
    invoices, writers = 40, 4
    with running(Watched(store, read)) as stop:

        def write(writer: int) -> None:
            own = EventStore(database_url)
            try:
                for number in range(invoices):
                    queue(own, f"inv-{writer}-{number}")
            finally:
                own.close()

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        stop.set()
    Projector(store, read).catch_up()
    assert len(every_row(read)["invoice_status"]) == invoices * writers
    assert verify(read).findings == ()


def test_a_notification_wakes_the_projector(store: EventStore, read: Engine) -> None:
    projector = Watched(store, read)
    with running(projector):
        projector.steps.get(timeout=PATIENCE)
        queue(store, "inv-1")
        projector.until(folded=1)
    assert len(every_row(read)["invoice_status"]) == 1


def test_a_lost_connection_is_made_again(store: EventStore, read: Engine) -> None:
    projector = Watched(store, read)
    with running(projector):
        projector.steps.get(timeout=PATIENCE)
        _terminate_listeners(read)
        queue(store, "inv-1")
        projector.until(folded=1)


def test_a_bad_event_stops_the_projector_loudly_and_changes_nothing(
    store: EventStore, read: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    queue(store, "inv-1")
    with store.cursor() as cursor:
        cursor.execute(UNGUARDED)
        cursor.execute("UPDATE es.sync_events SET topic = 'InvoiceForgotten.1'")
    store.append(open_connection())
    with pytest.raises(BadEvent, match=r"InvoiceForgotten\.1"):
        Projector(store, read).run(threading.Event())
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert "InvoiceForgotten.1" in caplog.text
    assert not any(every_row(read).values())


def _terminate_listeners(read: Engine) -> None:
    with read.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
