"""The wait of a lone invoice beside an organisation with a backlog: in calls that went before it, and in time."""

import threading
import time
from typing import Any, Final
from uuid import UUID

from adapters.xero.answers import InvoicesAnswer
from adapters.xero.session import XeroSession
from services.bootstrap import Parts
from services.running import working
from tests.bench.figures import Chapter, Figure
from tests.bench.ground import Ground
from tests.bench.stopwatch import at_rank
from tests.bench.workers import outbox_of
from tests.many_lanes import ManyLanes

BUSY, LONE = 0, 1
THREADS: Final = 4
PATIENCE: Final = 60.0
PAUSE: Final = 0.02


def measure(ground: Ground, backlog: int, lone: int) -> Chapter:
    """Waits of so many lone invoices, one after the other, while the backlog is carried; and without one."""
    calls = _Calls()

    class Watched(XeroSession):
        def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: Any = None) -> InvoicesAnswer:
            def leave() -> None:
                before_send()
                calls.leaves(self._organisation_id)

            return super().put_invoices(body, idempotency_key, before_send=leave)

    settings = {"KYRIOS_XERO_WORKER_THREADS": str(THREADS)}
    with ground.many(2, Parts(session=Watched), **settings) as many:
        calls.lone = many.tenants[LONE]
        engine = many.world.engine
        ring = engine.doorbell.ring

        def rung(connection_id: UUID) -> None:
            calls.rung(connection_id == many.lanes[LONE])
            ring(connection_id)

        engine.ring = rung
        with working(engine):
            alone = [_wait(many, calls, number)[1] for number in range(lone)]
            many.queue(BUSY, backlog)
            beside = [_wait(many, calls, lone + number) for number in range(lone)]
            with outbox_of(many.world) as outbox:
                left = outbox.left()
    waits = [milliseconds for _, milliseconds in beside]
    return Chapter(
        title=f"A lone invoice beside an organisation with {backlog:,}, {lone} times",
        figures=[
            Figure(
                what="most calls of the backlog that went before it",
                value=max(before for before, _ in beside),
                unit="calls",
                most=THREADS,
            ),
            Figure(
                what="committed → on the wire, median",
                value=at_rank(waits, 0.5),
                unit="ms",
                baseline=at_rank(alone, 0.5),
                against="without the backlog",
            ),
            Figure(what="committed → on the wire, longest", value=max(waits), unit="ms"),
        ],
        remarks=[
            f"{THREADS} threads: each may have one call of the backlog in hand when the lone invoice comes",
            f"{left:,} entries of the backlog were left after the last one",
        ],
    )


class _Calls:
    """The calls that leave from the moment on at which the lone invoice is committed, until its own leaves."""

    def __init__(self) -> None:
        self.lone = ""
        self._queuing, self._lock = threading.current_thread(), threading.Lock()
        self._committed, self._before, self._waits = 0.0, 0, False
        self.left = threading.Event()
        self.milliseconds = 0.0

    @property
    def before(self) -> int:
        """How many calls of others left meanwhile."""
        return self._before

    def rung(self, for_the_lone: bool) -> None:
        """A ring; the queuing thread rings right after its commit."""
        if for_the_lone and threading.current_thread() is self._queuing:
            with self._lock:
                self._committed, self._before, self._waits = time.perf_counter(), 0, True

    def leaves(self, organisation_id: str) -> None:
        """A call of this organisation leaves."""
        with self._lock:
            if self._waits and organisation_id == self.lone:
                self._waits, self.milliseconds = False, (time.perf_counter() - self._committed) * 1_000
                self.left.set()
            elif self._waits:
                self._before += 1


def _wait(many: ManyLanes, calls: _Calls, number: int) -> tuple[int, float]:
    """Queue one invoice for the quiet account: calls that went before it, and milliseconds until it left."""
    calls.left.clear()
    many.queue(LONE, 1, start=number)
    assert calls.left.wait(PATIENCE), "the lone invoice did not leave"
    threading.Event().wait(PAUSE)
    return calls.before, calls.milliseconds
