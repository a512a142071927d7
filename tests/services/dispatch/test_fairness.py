"""Fairness: one organisation's backlog delays another's lone invoice by one call at most; idle lanes cost nothing."""

import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from adapters.event_store import lanes
from adapters.event_store.store import EventStore
from adapters.xero.answers import InvoicesAnswer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from services.bootstrap import Parts
from services.running import working
from tests.examples import identity
from tests.many_lanes import many_lanes

BACKLOG = 500
AFTER = 3
"""Calls of the backlog after which the other organisation's lone invoice comes."""


@pytest.mark.parametrize("threads", [1, 3])
def test_a_backlog_delays_anothers_lone_invoice_by_one_call_at_most(
    database_url: str, tmp_path: Path, threads: int
) -> None:
    sent, lone_queued, done = list[str](), threading.Event(), threading.Event()
    queued_after: list[int] = []

    class Watched(XeroSession):
        """Lets the lone invoice in while a call of the backlog is under way."""

        def put_invoices(
            self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing
        ) -> InvoicesAnswer:
            before_send()
            sent.append(self._organisation_id)
            if len(sent) >= AFTER and not lone_queued.is_set():
                lone_queued.set()
                many.queue(1, 1)
                queued_after.append(len(sent))
            if self._organisation_id == many.tenants[1]:
                done.set()
            return super().put_invoices(body, idempotency_key)

    with many_lanes(
        2,
        database_url,
        tmp_path,
        Parts(session=Watched),
        KYRIOS_XERO_WORKER_THREADS=str(threads),
        KYRIOS_XERO_SWEEP_INTERVAL="600",
    ) as many:
        engine = many.world.engine
        engine.ring = engine.doorbell.ring
        many.queue(0, BACKLOG)
        with working(engine):
            # A backend that sends its invoices one by one rings for each.
            for _ in range(200):
                engine.ring(many.lanes[0])
            assert done.wait(30)
        lone = sent.index(many.tenants[1])
        # Calls of the other threads that had begun to be prepared are under way, not ahead in the queue.
        assert lone - queued_after[0] <= threads


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
