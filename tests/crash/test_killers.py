"""An invoice that kills whoever carries it is counted before it is sent or searched for, parted from its fellows, and
ends; deaths it shared with others, or came through since, do not end it.
"""

import pytest

from domain.poison import DEATHS_ALONE, DEATHS_BEFORE_PARTING
from services.proof.verify import verify
from services.views.invoice_question import Question
from tests.crash.books import LEASE_AND_QUIET, assert_in_xero_once, live
from tests.crash.conftest import PATIENCE, StartChild
from tests.crash.killers import KILLER
from tests.world import ACCOUNT, OWNER, World, example_invoices

pytestmark = pytest.mark.crash

COUNT = 6
PARTINGS = 3
"""ceil(log2 6)"""
MOST_WORKERS = DEATHS_BEFORE_PARTING + PARTINGS + DEATHS_ALONE


def workers_until_ended(world: World, child: StartChild, point: str) -> int:
    """Let workers do what there is to do, one after the other; how many of them died."""
    deaths = 0
    while live(world) and deaths <= MOST_WORKERS:
        worker = child(point)
        deaths += worker.process.wait(PATIENCE) != 0
        world.later(LEASE_AND_QUIET)
        world.engine.sweeper.sweep()
    return deaths


@pytest.mark.parametrize("point", ["rendering_kills", "sending_kills"])
def test_a_row_that_kills_its_worker_ends_as_our_own_fault_and_takes_nobody_with_it(
    world: World, child: StartChild, point: str
) -> None:
    world.queue(example_invoices(COUNT))
    deaths = workers_until_ended(world, child, point)
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


def lose_answers(world: World, count: int, start: int = 0) -> None:
    """Queue invoices that arrive in Xero without our knowing, and are to be searched for now."""
    world.fault("http_500_after", method="PUT", path="/Invoices")
    world.queue(example_invoices(count, start=start))
    world.work()
    world.later(LEASE_AND_QUIET)


@pytest.mark.parametrize("point", ["seeking_kills", "searching_kills"])
def test_an_invoice_that_kills_whoever_searches_for_it_ends_as_not_known_and_a_retry_searches_again(
    world: World, child: StartChild, point: str
) -> None:
    lose_answers(world, COUNT)
    deaths = workers_until_ended(world, child, point)
    assert live(world) == []
    assert DEATHS_ALONE <= deaths <= MOST_WORKERS
    found = [world.invoice(f"inv-{number}") for number in range(COUNT)]
    assert [number for number, invoice in enumerate(found) if invoice.status != "synced"] == [KILLER]
    assert [cause.code for cause in found[KILLER].causes] == ["outcome_unresolved"], "it may be in Xero, and is"
    assert world.engine.retry_invoice(ACCOUNT, f"inv-{KILLER}", OWNER)
    world.work()
    assert_in_xero_once(world, COUNT)
    assert len(world.requests("PUT", "/Invoices")) == 1


def test_a_search_that_kills_inside_its_claim_would_kill_for_ever_if_its_deaths_left_no_trace(
    world: World, child: StartChild
) -> None:
    lose_answers(world, 1, start=KILLER)
    for _ in range(DEATHS_ALONE):
        assert child("seeking_kills_uncounted").process.wait(PATIENCE) != 0
    (entry,) = live(world)
    assert (entry["state"], entry["deaths_alone"]) == ("AMBIGUOUS", 0)
    assert child("seeking_kills_uncounted").process.wait(PATIENCE) != 0, "whoever comes next meets it again"


def test_a_worker_that_is_killed_by_chance_while_it_claims_a_search_costs_its_entries_nothing(
    world: World, child: StartChild
) -> None:
    lose_answers(world, COUNT)
    for _ in range(DEATHS_BEFORE_PARTING - 1):
        dying = child("inside_look_up")
        dying.wait_at("inside_look_up")
        dying.kill()
    world.work()
    assert_in_xero_once(world, COUNT)
    assert len(world.requests("GET", "/Invoices")) == len(world.requests("PUT", "/Invoices")) == 1
    assert {entry["deaths"] for entry in world.outbox()} == {DEATHS_BEFORE_PARTING - 1}


@pytest.mark.parametrize(("lost", "ended", "says"), [(False, "WITHDRAWN", "carry it"), (True, "DEAD", "search Xero")])
def test_what_kills_whoever_reads_it_ends_unread_and_says_that_nothing_is_under_way(
    world: World, child: StartChild, lost: bool, ended: str, says: str
) -> None:
    if lost:
        lose_answers(world, 1, start=KILLER)
    else:
        world.queue(example_invoices(1, start=KILLER))
    assert workers_until_ended(world, child, "reading_kills") == DEATHS_ALONE + 1
    assert [entry["state"] for entry in world.outbox()] == [ended]
    told = Question(world.engine).explain(world.invoice(f"inv-{KILLER}"))
    assert (f"nothing is set to {says}" in told.sentence, told.who) == (True, ("support",))
    assert not verify(world.engine.read).clean
    world.queue(example_invoices(2))
    world.work()
    assert {world.invoice(f"inv-{number}").status for number in range(2)} == {"synced"}
