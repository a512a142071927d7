"""Memory of a worker process while it carries many invoices: it must not grow with what it has done."""

from typing import Final

from services.bootstrap import Parts
from tests.bench.figures import Chapter, Figure
from tests.bench.ground import Ground
from tests.bench.workers import outbox_of, resident, workers
from tests.world import example_invoices

CHUNK: Final = 500
BACKLOG: Final = 1_500
WARM: Final = 0.2
"""The share of all invoices after which a worker has met everything once: threads, pools, buffers."""


def measure(ground: Ground, invoices: int) -> Chapter:
    """The worker's resident memory, sampled at every chunk that is taken on."""
    samples: list[float] = []
    with (
        ground.world(Parts()) as world,
        outbox_of(world) as outbox,
        workers(world, 1, KYRIOS_XERO_SWEEP_INTERVAL="0.2") as (worker,),
    ):
        for start in range(0, invoices, CHUNK):
            world.queue(example_invoices(min(CHUNK, invoices - start), start))
            outbox.wait_until_left(BACKLOG)
            samples.append(resident(worker.process.pid))
        outbox.wait_until_left(0)
        samples.append(resident(worker.process.pid))
    warm = samples[int(WARM * (len(samples) - 1)) :]
    return Chapter(
        title=f"Memory of a worker over {invoices:,} invoices",
        figures=[
            Figure(
                what="largest after the first fifth",
                value=max(warm),
                unit="MiB",
                baseline=warm[0],
                against="at the end of that fifth",
                most_ratio=1.1,
            ),
            Figure(what="at the end", value=warm[-1], unit="MiB", baseline=warm[0], against="as above", most_ratio=1.1),
        ],
        remarks=[f"{len(samples)} samples of one worker process: first {samples[0]:.1f}, warm {warm[0]:.1f} MiB"],
    )
