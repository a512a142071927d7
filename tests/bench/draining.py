"""How fast one and several worker processes empty the same backlog of four organisations."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from services.running import working
from tests.bench.figures import Chapter, Figure
from tests.bench.ground import Ground
from tests.bench.workers import Outbox, outbox_of, workers
from tests.many_lanes import ManyLanes
from tests.processes.rabbit_node import RabbitNode, place
from tests.world import REAL_PARTS

LANES: Final = 4
WARM: Final = 200
"""Invoices of each organisation beforehand, at most, so that every process has met everything once."""


def measure(ground: Ground, invoices: int, several: int) -> Chapter:
    """Invoices per second of one worker and of several. Without RabbitMQ, threads of one process stand in."""
    by_processes = place() is not None
    with ExitStack() as using:
        broker = {"KYRIOS_XERO_BROKER_URL": using.enter_context(rabbit())} if by_processes else {}
        few, more = (_drained(ground, count, invoices, broker) for count in (1, several))
    kind = "worker processes over RabbitMQ" if by_processes else "worker threads in one process (no RabbitMQ here)"
    return Chapter(
        title=f"Draining {invoices:,} invoices of {LANES} organisations",
        figures=[
            Figure(what="1 worker", value=few, unit="invoices/s"),
            Figure(what=f"{several} workers", value=more, unit="invoices/s", baseline=few, against="1 worker"),
        ],
        remarks=[f"{kind}; simulator, PostgreSQL and workers share {os.cpu_count()} processors"],
    )


@contextmanager
def rabbit() -> Iterator[str]:
    """The address of a RabbitMQ of the bench's own."""
    with tempfile.TemporaryDirectory(prefix="kyrios-xero-rabbit-") as home:
        node = RabbitNode(Path(home))
        try:
            node.start()
            yield node.url
        finally:
            node.close()


def _drained(ground: Ground, count: int, invoices: int, broker: dict[str, str]) -> float:
    """Invoices per second from the rings until all are recorded; no sweep helps out."""
    settings = {**broker, "KYRIOS_XERO_SWEEP_INTERVAL": "600"}
    if not broker:
        settings["KYRIOS_XERO_WORKER_THREADS"] = str(count)
    with ground.many(LANES, REAL_PARTS, **settings) as many, outbox_of(many.world) as outbox, ExitStack() as using:
        engine = many.world.engine
        using.enter_context(workers(many.world, count, **settings) if broker else working(engine))
        engine.ring = engine.doorbell.ring
        each = invoices // LANES
        _carry(many, outbox, min(WARM, each), 0)
        return each * LANES / _carry(many, outbox, each, WARM)


def _carry(many: ManyLanes, outbox: Outbox, each: int, start: int) -> float:
    """Seconds from the rings until so many invoices of each organisation are recorded."""
    ring, many.world.engine.ring = many.world.engine.ring, lambda connection_id: None
    for lane in range(LANES):
        many.queue(lane, each, start)
    many.world.engine.ring = ring
    began = time.perf_counter()
    for connection_id in many.lanes:
        ring(connection_id)
    outbox.wait_until_left(0)
    return time.perf_counter() - began
