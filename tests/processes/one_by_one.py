"""A worker process whose every request carries one invoice, so that few invoices make many calls.

python -m tests.processes.one_by_one '{"xero_url": …}'; it says that it works, and ends with its standard input.
"""

import random
import sys
from pathlib import Path
from typing import Any

import msgspec

from services.bootstrap import Engine, Parts
from services.dispatch.all_lanes import AllLanes
from services.dispatch.claim import Claim
from services.running import working
from tests.world import settings_for


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Where to work, and by which settings."""

    xero_url: str
    database_url: str
    home: str
    settings: dict[str, str]
    deaf: bool = False


class OneByOne(Claim):
    """Claims one entry at a time."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._most = 1


class Deaf(AllLanes):
    """Does not hear what answers say of the app's limit."""

    def _heard(self, app_left: int | None) -> None:
        """Nothing."""


def main(order: Order) -> None:
    """Work until nobody needs it any more."""
    settings = settings_for(order.xero_url, order.database_url, Path(order.home), **order.settings)
    engine = Engine(settings, order.database_url, Parts(claim=OneByOne))
    engine.ring = engine.doorbell.ring
    if order.deaf:
        engine.dispatcher._all_lanes = Deaf(engine.store, engine.budget, random.random, engine.alarms.set)
    try:
        with working(engine):
            sys.stdout.write("works\n")
            sys.stdout.flush()
            sys.stdin.read()
    finally:
        engine.close()


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=Order))
