"""``python -m tests.bench [--quick | --long] [--only CHAPTER …] [--json]``: measure, and print."""

import argparse
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tests.bench import (
    appending,
    budget_use,
    carrying,
    draining,
    fairness,
    importing,
    lone_invoice,
    memory,
    releasing,
    replaying,
    touching,
)
from tests.bench.figures import Chapter, as_json, as_table
from tests.bench.ground import Ground, solid_ground


class Size(NamedTuple):
    """How much is measured."""

    invoices: int
    by_sdk: int
    lone: int
    appends: int
    events: int
    contacts: int
    windows: float
    ready: int
    backlog: int
    waits: int
    drained: int
    workers: int
    remembered: int
    short_history: int
    long_history: int


FULL = Size(
    invoices=3_000,
    by_sdk=300,
    lone=250,
    appends=600,
    events=120_000,
    contacts=100_000,
    windows=4.0,
    ready=15_000,
    backlog=10_000,
    waits=50,
    drained=4_000,
    workers=4,
    remembered=20_000,
    short_history=10_000,
    long_history=100_000,
)
LONG = FULL._replace(remembered=100_000, long_history=1_000_000, drained=12_000)
QUICK = Size(
    invoices=400,
    by_sdk=40,
    lone=30,
    appends=100,
    events=8_000,
    contacts=10_000,
    windows=2.0,
    ready=9_000,
    backlog=2_000,
    waits=10,
    drained=800,
    workers=4,
    remembered=4_000,
    short_history=2_000,
    long_history=10_000,
)
SMOKE = Size(
    invoices=100,
    by_sdk=3,
    lone=3,
    appends=20,
    events=500,
    contacts=2_500,
    windows=0.1,
    ready=500,
    backlog=100,
    waits=2,
    drained=40,
    workers=2,
    remembered=500,
    short_history=100,
    long_history=200,
)


MEASUREMENTS: Mapping[str, Callable[[Ground, Size], Chapter]] = {
    "throughput": lambda ground, size: carrying.measure(ground, size.invoices, size.by_sdk),
    "lone": lambda ground, size: lone_invoice.measure(ground, size.lone),
    "fairness": lambda ground, size: fairness.measure(ground, size.backlog, size.waits),
    "draining": lambda ground, size: draining.measure(ground, size.drained, size.workers),
    "releasing": lambda ground, size: releasing.measure(ground, size.backlog),
    "appending": lambda ground, size: appending.measure(ground, size.appends),
    "projections": lambda ground, size: replaying.measure(ground, size.events),
    "history": lambda ground, size: touching.measure(ground, size.short_history, size.long_history),
    "memory": lambda ground, size: memory.measure(ground, size.remembered),
    "contacts": lambda ground, size: importing.measure(ground, size.contacts),
    "budget": lambda ground, size: budget_use.measure(ground, size.windows, size.ready),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, printing each chapter as it is there, or all of them as JSON at the end."""
    given = _arguments(arguments)
    logging.basicConfig(level=logging.WARNING)
    size = SMOKE if given.smoke else QUICK if given.quick else LONG if given.long else FULL
    chapters = []
    with solid_ground(durable=not given.smoke) as ground:
        for name, measure in MEASUREMENTS.items():
            if given.only and name not in given.only:
                continue
            chapters.append(measure(ground, size))
            if not given.json:
                sys.stdout.write(as_table(chapters[-1]) + "\n")
                sys.stdout.flush()
    if given.json:
        sys.stdout.write(as_json(chapters) + "\n")
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the engine on this machine.")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", action="store_true", help="a rough look in a minute or two")
    sizes.add_argument("--long", action="store_true", help="100,000 invoices for memory, a million events of history")
    sizes.add_argument("--smoke", action="store_true", help="only see that it runs")
    names = list(MEASUREMENTS)
    parser.add_argument("--only", nargs="+", choices=names, metavar="CHAPTER", help=f"some of: {', '.join(names)}")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
