"""The wait of a lone invoice beside an organisation with a backlog: in calls that went before it, and in time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from adapters.xero.answers import InvoicesAnswer
from adapters.xero.session import XeroSession
from domain.thread_share import most_of_one
from services.bootstrap import Parts
from services.dispatch.claim import Claim
from services.dispatch.lane_work import Work
from services.running import working
from tests.bench.figures import Chapter, Figure
from tests.bench.ground import Ground
from tests.bench.stopwatch import at_rank
from tests.bench.workers import outbox_of
from tests.many_lanes import ManyLanes

BUSY, LONE = 0, 1
THREADS: Final = 8
AT_ONCE: Final = 4
"""Calls of one organisation that Xero is asked at once."""
FULL: Final = 50
"""Invoices of a call that is full, and waits for no more."""
PATIENCE: Final = 60.0
PAUSE: Final = 0.02


def measure(ground: Ground, backlog: int, lone: int) -> Chapter:
    """Waits of so many lone invoices, one after the other: with the backlog, while its calls hang, and without it."""
    calls = _Calls()

    class Noticed(Claim):
        def to_send(self, connection_id: UUID) -> Work[Any] | None:
            calls.claims()
            return super().to_send(connection_id)

    class Watched(XeroSession):
        def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: Any = None) -> InvoicesAnswer:
            calls.hangs(self._organisation_id)

            def leave() -> None:
                before_send()
                calls.leaves(self._organisation_id)

            return super().put_invoices(body, idempotency_key, before_send=leave)

    settings = {"KYRIOS_XERO_WORKER_THREADS": str(THREADS)}
    with ground.many(2, Parts(session=Watched, claim=Noticed), **settings) as many:
        calls.lone = many.tenants[LONE]
        engine = many.world.engine
        ring = engine.doorbell.ring

        def rung(connection_id: UUID) -> None:
            calls.rung(connection_id == many.lanes[LONE])
            ring(connection_id)

        engine.ring = rung
        with working(engine), calls.ending():
            alone = [_wait(many, calls, number)[1] for number in range(lone)]
            many.queue(BUSY, backlog)
            beside = [_wait(many, calls, lone + number) for number in range(lone)]
            with outbox_of(many.world) as outbox:
                left = outbox.left()
            calls.hang()
            many.queue(BUSY, AT_ONCE * FULL, start=backlog)
            calls.wait_until_hanging(min(AT_ONCE, most_of_one(THREADS)))
            hanging = [_wait(many, calls, 2 * lone + number) for number in range(lone)]
    waits, slow_waits = ([milliseconds for _, milliseconds in some] for some in (beside, hanging))
    usual, against = at_rank(alone, 0.5), "without the backlog"
    return Chapter(
        title=f"A lone invoice beside an organisation with {backlog:,}, {lone} times",
        figures=[
            Figure(
                what="most calls of the backlog claimed later that went before it",
                value=max(before for before, _ in beside),
                unit="calls",
                most=1,
            ),
            Figure(
                what="committed → on the wire, median",
                value=at_rank(waits, 0.5),
                unit="ms",
                baseline=usual,
                against=against,
            ),
            Figure(what="committed → on the wire, longest", value=max(waits), unit="ms"),
            Figure(
                what="most calls it waited for while calls of the backlog hang",
                value=max(before for before, _ in hanging),
                unit="calls",
                most=1,
            ),
            Figure(
                what="the same, committed → on the wire, median",
                value=at_rank(slow_waits, 0.5),
                unit="ms",
                baseline=usual,
                against=against,
            ),
        ],
        remarks=[
            f"{THREADS} threads, of which one organisation keeps {most_of_one(THREADS)} at most",
            f"{left:,} entries of the backlog were left after the last one beside calls that do not hang",
        ],
    )


class _Calls:
    """The calls that leave from the moment on at which the lone invoice is committed, until its own leaves."""

    def __init__(self) -> None:
        self.lone = ""
        self._queuing, self._lock = threading.current_thread(), threading.Lock()
        self._committed, self._before, self._waits = 0.0, 0, False
        self._here = threading.local()
        self._go_on, self._hanging = threading.Event(), threading.Semaphore(0)
        self._go_on.set()
        self.left = threading.Event()
        self.milliseconds = 0.0

    @property
    def before(self) -> int:
        """How many calls of others that were claimed meanwhile left."""
        return self._before

    def rung(self, for_the_lone: bool) -> None:
        """A ring; the queuing thread rings right after its commit."""
        if for_the_lone and threading.current_thread() is self._queuing:
            with self._lock:
                self._committed, self._before, self._waits = time.perf_counter(), 0, True

    def claims(self) -> None:
        """A worker is about to claim; what it claimed before the lone invoice came is under way, and not ahead."""
        self._here.claimed = time.perf_counter()

    def leaves(self, organisation_id: str) -> None:
        """A call of this organisation leaves."""
        with self._lock:
            if self._waits and organisation_id == self.lone:
                self._waits, self.milliseconds = False, (time.perf_counter() - self._committed) * 1_000
                self.left.set()
            elif self._waits and self._here.claimed > self._committed:
                self._before += 1

    def hang(self) -> None:
        """From now on calls of the backlog hang."""
        self._go_on.clear()

    def wait_until_hanging(self, calls: int) -> None:
        """Until so many of them do."""
        for _ in range(calls):
            assert self._hanging.acquire(timeout=PATIENCE), "the backlog has not so many calls under way"

    def hangs(self, organisation_id: str) -> None:
        """A call waits here for as long as those of its organisation hang."""
        if organisation_id != self.lone and not self._go_on.is_set():
            self._hanging.release()
            self._go_on.wait(PATIENCE)

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Nothing hangs any longer than the block."""
        try:
            yield
        finally:
            self._go_on.set()


def _wait(many: ManyLanes, calls: _Calls, number: int) -> tuple[int, float]:
    """Queue one invoice for the quiet account: calls that went before it, and milliseconds until it left."""
    calls.left.clear()
    many.queue(LONE, 1, start=number)
    assert calls.left.wait(PATIENCE), "the lone invoice did not leave"
    threading.Event().wait(PAUSE)
    return calls.before, calls.milliseconds
