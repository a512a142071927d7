"""A backlog uses nearly all calls that Xero allows and not one more; the simulator counts, with time scaled down."""

from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.server import Simulator
from services.bootstrap import Parts
from services.dispatch.claim import Claim
from tests.bench.budget_use import broken_rules, carry_for, limit
from tests.world import World, example_invoices, world_on

CALLS, WINDOW, WINDOWS = 12, 5.0, 3
"""A call has ten times as long as one takes: what is measured is what we let go by, not how fast the machine is."""


class OneByOne(Claim):
    """Every request carries one invoice, so that few invoices make many calls."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._most = 1


@pytest.fixture
def hurried(xero: Simulator, database_url: str, tmp_path: Path) -> Any:
    settings = {"KYRIOS_XERO_LIMIT_WINDOW": f"{WINDOW:g}", "KYRIOS_XERO_CALLS_PER_MINUTE": str(CALLS)}
    with world_on(xero, database_url, tmp_path, Parts(claim=OneByOne), **settings) as world:
        world.set_up()
        limit(world, CALLS, WINDOW)
        yield world


def test_a_backlog_uses_nearly_all_that_xero_allows_and_no_call_more(hurried: World) -> None:
    hurried.queue(example_invoices(CALLS * (WINDOWS + 2)))
    calls = carry_for(hurried, WINDOW * WINDOWS)
    assert broken_rules(hurried) == 0
    # A window this short loses a larger part between windows than a minute does; the bench measures that.
    assert calls >= 0.8 * CALLS * WINDOWS
    assert {r["status"] for r in hurried.requests("PUT", "/Invoices")} == {200}
