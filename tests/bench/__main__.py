"""``python -m tests.bench [--quick] [--json]``: measure, and print."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.bench import appending, budget_use, carrying, importing, lone_invoice, replaying
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


FULL = Size(invoices=3_000, by_sdk=300, lone=250, appends=600, events=120_000, contacts=100_000, windows=4.0)
QUICK = Size(invoices=400, by_sdk=40, lone=30, appends=100, events=8_000, contacts=10_000, windows=2.0)
SMOKE = Size(invoices=100, by_sdk=3, lone=3, appends=20, events=500, contacts=2_500, windows=0.1)


def measured(size: Size, ground: Ground) -> Sequence[Callable[[], Chapter]]:
    """The measurements of this size, in order."""
    return (
        lambda: carrying.measure(ground, size.invoices, size.by_sdk),
        lambda: lone_invoice.measure(ground, size.lone),
        lambda: appending.measure(ground, size.appends),
        lambda: replaying.measure(ground, size.events),
        lambda: importing.measure(ground, size.contacts),
        lambda: budget_use.measure(ground, size.windows),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, printing each chapter as it is there, or all of them as JSON at the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the engine on this machine.")
    parser.add_argument("--quick", action="store_true", help="a rough look in half a minute")
    parser.add_argument("--smoke", action="store_true", help="only see that it runs")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    size = SMOKE if given.smoke else QUICK if given.quick else FULL
    chapters = []
    with solid_ground() as ground:
        for measure in measured(size, ground):
            chapters.append(measure())
            if not given.json:
                sys.stdout.write(as_table(chapters[-1]) + "\n")
                sys.stdout.flush()
    if given.json:
        sys.stdout.write(as_json(chapters) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
