"""A process dies on an invoice's way into Xero: at the claim (C5), on the wire (C6 to C8), at the record (C9, C10)."""

import pytest

from tests.changes import assert_clean, change_in_xero
from tests.crash.books import assert_in_xero_once, assert_invariants, finish, live
from tests.crash.conftest import LEASE, StartChild
from tests.world import World, example_invoices

pytestmark = pytest.mark.crash

COUNT = 6


def states(world: World) -> set[str]:
    """The states entries are in."""
    return {entry["state"] for entry in world.outbox()}


def sends(world: World) -> int:
    """How many whole requests to create invoices Xero got."""
    return len(world.requests("PUT", "/Invoices"))


def test_a_death_inside_the_claim_leaves_nothing_behind(world: World, child: StartChild) -> None:
    world.queue(example_invoices(COUNT))
    dying = child("inside_claim")
    dying.wait_at("inside_claim")
    dying.kill()
    assert states(world) == {"PENDING"}
    assert {entry["attempts"] for entry in world.outbox()} == {0}
    finish(world)
    assert_in_xero_once(world, COUNT)
    assert sends(world) == 1


@pytest.mark.parametrize("point", ["after_claim", "before_fence", "after_fence", "half_sent"])
def test_a_death_before_all_was_sent_is_looked_up_and_sent_again_under_a_new_key(
    world: World, child: StartChild, point: str
) -> None:
    world.queue(example_invoices(COUNT))
    dying = child(point)
    dying.wait_at(point)
    dying.kill()
    assert states(world) == {"LEASED"}
    (first,) = {entry["delivery_id"] for entry in live(world)}
    world.work()
    assert states(world) == {"LEASED"}, "nobody touches a lease that runs"
    finish(world)
    assert_in_xero_once(world, COUNT)
    assert {entry["attempts"] for entry in world.outbox()} == {2}
    assert sends(world) == 1
    assert len(world.requests("GET", "/Invoices")) == 1
    assert first not in {entry["delivery_id"] for entry in world.outbox()}


def test_a_death_while_xero_works_on_the_request_is_looked_up_and_adopted(world: World, child: StartChild) -> None:
    fault = world.fault("late_commit", method="PUT", path="/Invoices", delay=1.0)
    world.queue(example_invoices(COUNT))
    dying = child("nowhere")
    world.wait_for_fault(fault, fired=1)
    dying.kill()
    world.wait_for_fault(fault, completed=1)
    finish(world)
    assert_in_xero_once(world, COUNT)
    assert sends(world) == 1


@pytest.mark.complaint(1)
def test_a_death_after_xero_stored_it_is_looked_up_and_adopted(world: World, child: StartChild) -> None:
    fault = world.fault("hold", method="PUT", path="/Invoices")
    world.queue(example_invoices(COUNT))
    dying = child("nowhere")
    world.wait_for_fault(fault, fired=1)
    assert len(world.in_xero()) == COUNT
    assert states(world) == {"LEASED"}
    dying.kill()
    finish(world)
    assert_in_xero_once(world, COUNT)
    assert sends(world) == 1
    assert {entry["attempts"] for entry in world.outbox()} == {1}


def test_an_invoice_edited_in_xero_after_the_death_that_hid_its_answer_is_adopted_all_the_same(
    world: World, child: StartChild
) -> None:
    fault = world.fault("hold", method="PUT", path="/Invoices")
    world.queue(example_invoices(COUNT))
    dying = child("nowhere")
    world.wait_for_fault(fault, fired=1)
    dying.kill()
    change_in_xero(world, "T-0", Total=413.99, SubTotal=359.99)
    finish(world)
    assert {world.invoice(f"inv-{n}").status for n in range(COUNT)} == {"synced"}
    assert [review.code for review in world.invoice("inv-0").reviews] == ["total_differs_in_xero"]
    assert (len(world.in_xero()), sends(world)) == (COUNT, 1)
    assert_invariants(world)
    assert_clean(world)


@pytest.mark.parametrize("point", ["with_answer", "before_commit"])
def test_a_death_before_the_answer_is_recorded_is_looked_up_and_adopted(
    world: World, child: StartChild, point: str
) -> None:
    world.queue(example_invoices(COUNT))
    dying = child(point)
    dying.wait_at(point)
    dying.kill()
    assert states(world) == {"LEASED"}
    finish(world)
    assert_in_xero_once(world, COUNT)
    assert sends(world) == 1


def test_a_death_after_the_record_leaves_nothing_to_do(world: World, child: StartChild) -> None:
    world.queue(example_invoices(COUNT))
    dying = child("after_commit")
    dying.wait_at("after_commit")
    dying.kill()
    assert states(world) == {"DONE"}
    finish(world)
    assert_in_xero_once(world, COUNT)
    assert world.requests("GET", "/Invoices") == []


@pytest.mark.parametrize("point", ["before_search", "after_search", "before_commit"])
@pytest.mark.parametrize("arrived", [True, False])
def test_a_death_during_the_look_up_is_looked_up_again(
    world: World, child: StartChild, point: str, arrived: bool
) -> None:
    world.fault("answer_lost" if arrived else "reset", method="PUT", path="/Invoices")
    world.queue(example_invoices(COUNT))
    world.work()
    assert states(world) == {"AMBIGUOUS"}
    world.later(3.1)
    dying = child(point)
    dying.wait_at(point)
    dying.kill()
    assert states(world) == {"AMBIGUOUS"}
    finish(world)
    assert_in_xero_once(world, COUNT)
    assert sends(world) == (1 if arrived else 2)


@pytest.mark.parametrize(
    "point", ["before_search", "after_search", "before_commit", "after_claim", "before_fence", "after_fence"]
)
@pytest.mark.parametrize("refusals", [1, None])
def test_a_death_between_a_refusal_without_a_reason_and_the_second_try_gives_no_third_one(
    world: World, child: StartChild, point: str, refusals: int | None
) -> None:
    world.fault("batch_400", method="PUT", path="/Invoices", times=refusals)
    world.queue(example_invoices(1))
    assert world.engine.dispatcher.look_at(world.lane)
    dying = child(point)
    dying.wait_at(point)
    dying.kill()
    finish(world)
    assert sends(world) == 2, "the one who died had sent nothing"
    if refusals == 1:
        assert_in_xero_once(world, 1)
    else:
        assert [cause.code for cause in world.invoice("inv-0").causes] == ["rejected_by_xero"]
        assert_invariants(world)


def test_another_process_finishes_what_a_dead_one_began(world: World, child: StartChild) -> None:
    fault = world.fault("hold", method="PUT", path="/Invoices")
    world.queue(example_invoices(COUNT))
    dying = child("nowhere")
    world.wait_for_fault(fault, fired=1)
    dying.kill()
    world.later(LEASE + 0.1)
    world.engine.sweeper.sweep()
    world.later(3.1)
    heir = child("nowhere")
    assert heir.said() == "done"
    assert_in_xero_once(world, COUNT)
