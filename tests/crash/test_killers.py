"""An invoice that kills whoever carries it is counted before it is sent, parted from its fellows, and ends."""

import pytest

from domain.poison import DEATHS_ALONE, DEATHS_BEFORE_PARTING
from tests.crash.books import LEASE_AND_QUIET, live
from tests.crash.conftest import PATIENCE, StartChild
from tests.crash.killers import KILLER
from tests.world import World, example_invoices

pytestmark = pytest.mark.crash

COUNT = 6
PARTINGS = 3
"""ceil(log2 6)"""
MOST_WORKERS = DEATHS_BEFORE_PARTING + PARTINGS + DEATHS_ALONE


@pytest.mark.parametrize("point", ["rendering_kills", "sending_kills"])
def test_a_row_that_kills_its_worker_ends_as_our_own_fault_and_takes_nobody_with_it(
    world: World, child: StartChild, point: str
) -> None:
    world.queue(example_invoices(COUNT))
    deaths = 0
    while live(world) and deaths <= MOST_WORKERS:
        worker = child(point)
        deaths += worker.process.wait(PATIENCE) != 0
        world.later(LEASE_AND_QUIET)
        world.engine.sweeper.sweep()
    assert live(world) == []
    assert DEATHS_ALONE <= deaths <= MOST_WORKERS
    statuses = {number: world.invoice(f"inv-{number}") for number in range(COUNT)}
    assert [n for n, invoice in statuses.items() if invoice.status != "synced"] == [KILLER]
    assert [cause.code for cause in statuses[KILLER].causes] == ["internal_error"]
    assert len(world.in_xero()) == COUNT - 1
    assert world.control.get("/ledger/violations").json()["violations"] == []
    with world.engine.store.cursor() as cursor:
        assert cursor.execute("SELECT FROM app.claim_begun").fetchall() == []


def test_a_row_that_kills_inside_the_claim_would_kill_for_ever_if_its_deaths_left_no_trace(
    world: World, child: StartChild
) -> None:
    world.queue(example_invoices(1, start=KILLER))
    for _ in range(DEATHS_ALONE):
        assert child("rendering_kills_uncounted").process.wait(PATIENCE) != 0
    (entry,) = live(world)
    assert (entry["state"], entry["deaths"]) == ("PENDING", 0)
    assert child("rendering_kills_uncounted").process.wait(PATIENCE) != 0, "whoever comes next meets it again"


def test_a_worker_that_is_killed_by_chance_while_it_claims_costs_its_entries_nothing(
    world: World, child: StartChild
) -> None:
    world.queue(example_invoices(COUNT))
    for _ in range(DEATHS_BEFORE_PARTING - 1):
        dying = child("inside_claim")
        dying.wait_at("inside_claim")
        dying.kill()
    world.work()
    assert len(world.in_xero()) == COUNT
    assert len(world.requests("PUT", "/Invoices")) == 1
    assert {entry["deaths"] for entry in world.outbox()} == {DEATHS_BEFORE_PARTING - 1}
