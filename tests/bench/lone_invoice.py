"""One invoice on an idle engine: how long from its commit until its request is on the wire."""

import threading
import time
from uuid import UUID

from services.running import working
from tests.bench.figures import Chapter, Figure
from tests.bench.ground import Ground
from tests.bench.stopwatch import Stopwatch, at_rank
from tests.bench.timed_parts import timed_parts
from tests.world import example_invoices

PAUSE = 0.02
"""Seconds between two invoices, so that the engine is idle again."""


def measure(ground: Ground, invoices: int) -> Chapter:
    """Milliseconds, median and 99th percentile."""
    watch, bell = Stopwatch(), _Bell()
    parts = timed_parts(watch, on_the_wire=bell.on_the_wire, recorded=lambda entries: bell.recorded.set())
    with ground.world(parts) as world:
        engine = world.engine
        ring = engine.doorbell.ring

        def rung(connection_id: UUID) -> None:
            bell.rung()
            ring(connection_id)

        engine.ring = rung
        with working(engine):
            for one in example_invoices(invoices):
                bell.recorded.clear()
                world.queue([one])
                assert bell.recorded.wait(30), "the invoice was not carried in time"
                threading.Event().wait(PAUSE)
    laps = [seconds * 1000 for seconds in bell.laps]
    figures = [
        Figure(what="committed → on the wire, median", value=at_rank(laps, 0.5), unit="ms", most=15),
        Figure(what="committed → on the wire, 99th percentile", value=at_rank(laps, 0.99), unit="ms", most=50),
    ]
    return Chapter(title=f"A lone invoice, {len(laps)} times", figures=figures)


class _Bell:
    """Times each invoice from the ring after its commit, by the thread that queued it, until its request leaves."""

    def __init__(self) -> None:
        self.laps: list[float] = []
        self.recorded = threading.Event()
        self._queuing, self._committed = threading.current_thread(), 0.0

    def rung(self) -> None:
        """A ring; the queuing thread rings right after its commit."""
        if threading.current_thread() is self._queuing:
            self._committed = time.perf_counter()

    def on_the_wire(self) -> None:
        """A request leaves."""
        self.laps.append(time.perf_counter() - self._committed)
