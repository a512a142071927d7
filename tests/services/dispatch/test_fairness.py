"""Fairness: one organisation's backlog delays another's lone invoice by one call at most; idle lanes cost nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Semaphore
from typing import Any
from uuid import uuid4

import pytest

from adapters.event_store import lanes
from adapters.event_store.store import EventStore
from adapters.xero.answers import InvoicesAnswer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from domain.thread_share import most_of_one
from services.bootstrap import Parts
from services.dispatch.thread_shares import ThreadShares
from services.running import working
from tests.examples import identity
from tests.many_lanes import many_lanes
from tests.waiting import PATIENCE

BACKLOG = 500
AT_ONCE = 4
"""Calls of one organisation that Xero is asked at once."""


class SlowCalls:
    """Calls of the busy organisations do not end until they are told to; the quiet one's lone call is noticed."""

    def __init__(self) -> None:
        self.begun, self.may_end = Semaphore(0), Semaphore(0)
        self.lone_left = Event()
        self.ended, self.ended_before_the_lone_one = 0, -1
        self.quiet = ""
        self._lock = Lock()

    def leaves(self, organisation_id: str) -> None:
        """A call is about to leave."""
        if organisation_id == self.quiet:
            with self._lock:
                self.ended_before_the_lone_one = self.ended
            self.lone_left.set()
            return
        self.begun.release()
        assert self.may_end.acquire(timeout=PATIENCE)
        with self._lock:
            self.ended += 1

    def session(self) -> type[XeroSession]:
        """A session whose calls are these."""
        slow = self

        class Slow(XeroSession):
            def put_invoices(
                self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing
            ) -> InvoicesAnswer:
                slow.leaves(self._organisation_id)
                return super().put_invoices(body, idempotency_key, before_send=before_send)

        return Slow


class NoShares(ThreadShares):
    """A control: whoever is rung for gets a thread."""

    def may_take(self, held: int, taken: int, threads: int) -> bool:
        """Always."""
        return True


@contextmanager
def beside_slow_calls(
    database_url: str, home: Path, threads: int, begun: int, busy: int = 1, shares: type[ThreadShares] = ThreadShares
) -> Iterator[SlowCalls]:
    """Every thread that busy organisations may hold hangs in a call of theirs when another's lone invoice comes."""
    slow = SlowCalls()
    parts = Parts(session=slow.session(), shares=shares)
    settings = {"KYRIOS_XERO_WORKER_THREADS": str(threads), "KYRIOS_XERO_SWEEP_INTERVAL": "600"}
    with many_lanes(busy + 1, database_url, home, parts, **settings) as many:
        slow.quiet, engine = many.tenants[busy], many.world.engine
        engine.ring = engine.doorbell.ring
        for lane in range(busy):
            many.queue(lane, BACKLOG)
        with working(engine):
            try:
                # A backend that sends its invoices one by one rings for each.
                for _ in range(50):
                    for lane in range(busy):
                        engine.ring(many.lanes[lane])
                for _ in range(begun):
                    assert slow.begun.acquire(timeout=PATIENCE)
                many.queue(busy, 1)
                engine.ring(many.lanes[busy])
                yield slow
            finally:
                slow.may_end.release(10 * BACKLOG)


@pytest.mark.parametrize(("threads", "busy"), [(2, 1), (4, 1), (16, 1), (8, 3)])
def test_a_lone_invoice_waits_for_no_call_of_anothers_backlog_however_long_it_takes(
    database_url: str, tmp_path: Path, threads: int, busy: int
) -> None:
    begun = min(AT_ONCE * busy, max(busy, most_of_one(threads)))
    with beside_slow_calls(database_url, tmp_path, threads, begun, busy) as slow:
        assert slow.lone_left.wait(PATIENCE)
        assert slow.ended_before_the_lone_one == 0


def test_where_there_is_one_thread_only_one_call_of_the_backlog_goes_before_a_lone_invoice(
    database_url: str, tmp_path: Path
) -> None:
    with beside_slow_calls(database_url, tmp_path, threads=1, begun=1) as slow:
        slow.may_end.release(2)  # The one under way, and one that was rung for before.
        assert slow.lone_left.wait(PATIENCE)


def test_without_shares_a_backlog_whose_calls_hang_holds_everybody_up(database_url: str, tmp_path: Path) -> None:
    with beside_slow_calls(database_url, tmp_path, AT_ONCE, AT_ONCE, shares=NoShares) as slow:
        assert not slow.lone_left.is_set()
        slow.may_end.release(10 * BACKLOG)
        assert slow.lone_left.wait(PATIENCE)
        assert slow.ended_before_the_lone_one > 0


def test_a_connection_that_was_turned_away_is_looked_at_again_once_it_gives_a_thread_back() -> None:
    shares, busy, other = ThreadShares(4), identity("busy"), identity("other")
    assert [shares.take(busy) for _ in range(3)] == [True, True, False]
    assert shares.take(other)
    assert not shares.give_back(other)
    assert [shares.give_back(busy), shares.give_back(busy)] == [True, False]
    assert shares.take(busy)


def test_a_thousand_idle_lanes_cost_a_sweep_nothing(store: EventStore) -> None:
    busy = [identity(f"busy {number}") for number in range(3)]
    with store.cursor() as cursor:
        lanes.ensure(cursor, dict.fromkeys(busy, "busy"))
        lanes.set_gates(cursor, dict.fromkeys(busy, True))
        for lane in busy:
            _fill(cursor, lane, 200)
    few = _buffers(store)
    with store.cursor() as cursor:
        idle = [uuid4() for _ in range(1_000)]
        lanes.ensure(cursor, dict.fromkeys(idle, "idle"))
        lanes.set_gates(cursor, dict.fromkeys(idle, True))
    assert _due(store) == set(busy)
    assert _buffers(store) <= 1.5 * few + 10
    with store.cursor() as cursor:
        for lane in idle[:50]:
            _fill(cursor, lane, 1)
    assert _due(store) == {*busy, *idle[:50]}


def _fill(cursor: Any, lane: Any, entries: int) -> None:
    cursor.execute(
        """
        INSERT INTO app.outbox (connection_id, kind, stream_id, seq, effect_key, state)
        SELECT %s, 'create_invoice', gen_random_uuid(), n, %s || n, 'PENDING' FROM generate_series(1, %s) n
        """,
        (lane, str(lane), entries),
    )


def _due(store: EventStore) -> set[Any]:
    with store.cursor() as cursor:
        return set(lanes.due(cursor, 1_000))


def _buffers(store: EventStore) -> int:
    """Pages the sweep's search touches."""
    with store.cursor() as cursor:
        cursor.execute("ANALYZE app.lane, app.outbox")
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + lanes.DUE, (1_000,))
        (row,) = cursor.fetchall()
    plan = row["QUERY PLAN"][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
