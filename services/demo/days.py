"""Days that pass in no time: the engine's clock and the simulated Xero's are moved together, a day at a time.

Each day whatever a ticker does daily is done. Nothing should be on its way to Xero meanwhile: no lease outlives a day.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Final

import httpx

from adapters import virtual_clock
from domain.inactivity import DAY
from projections.checkpoints import RivalProjector
from services.bootstrap import Engine

LONGEST: Final = 1_000
"""Batches the projections may be behind."""


def walk(engine: Engine, control_url: str, days: int, each_day: Callable[[date], object] = lambda day: None) -> None:
    """Let so many days pass. The engine's clock must be virtual; `each_day` is told the date once a day was lived."""
    assert engine.settings.clock == "virtual", "a real clock is not moved"
    with httpx.Client(base_url=control_url, timeout=10) as xero:
        for _ in range(days):
            xero.post("/clock", json={"advance_seconds": DAY.total_seconds()}).raise_for_status()
            with engine.store.cursor() as cursor:
                virtual_clock.move(cursor, DAY)
            live_through(engine)
            each_day(engine.store.now().date())


def live_through(engine: Engine) -> None:
    """What a ticker does of itself in a day; tickers that run beside do no harm."""
    _fold_all(engine)
    engine.contact_reader.read_due()
    engine.connection_probe.round()
    engine.overdue_removals.step()
    _fold_all(engine)
    while engine.inactivity.round():
        _fold_all(engine)


def _fold_all(engine: Engine) -> None:
    for _ in range(LONGEST):
        with suppress(RivalProjector):
            if not engine.projector.step():
                return
