"""A process dies anywhere between an invoice and its payments: no payment is lost, and none is made twice.

Xero keeps no key of ours on a payment, so nothing but the quiet period and the look-up stands between us and a doubled
payment. Each invoice has three payments that leave room for all of them to be doubled.
"""

import pytest

from services.bootstrap import Parts
from services.dispatch.record import Record
from services.proof.verify import verify
from tests.crash.books import assert_in_xero_once, finish, live
from tests.crash.conftest import StartChild
from tests.crash.test_controls import beside
from tests.crash.undefended import SendsAgainWithoutLookingUp
from tests.payments import create_invoices_only, entered, paid_invoices, take_payments
from tests.world import World

pytestmark = pytest.mark.crash

COUNT = 4
AMOUNTS = ("10.00", "20.00", "30.00")
EXPECTED = {f"pay-{n}-{i}": 1 for n in range(COUNT) for i in range(len(AMOUNTS))}
AFTER_INVOICES = 1
"""Deliveries that reach a point before the first payment does."""


@pytest.fixture(autouse=True)
def _account_for_payments(world: World) -> None:
    take_payments(world)


def payment_states(world: World) -> dict[str, int]:
    """How many payment entries stand where."""
    states = [entry["state"] for entry in world.outbox() if entry["kind"] == "create_payment"]
    return {state: states.count(state) for state in dict.fromkeys(states)}


def assert_paid_once(world: World) -> None:
    """Every invoice and every payment is in Xero once, and every table says what the log says."""
    finish(world)
    assert entered(world) == EXPECTED
    assert_in_xero_once(world, COUNT)
    world.engine.projector.step()
    checked = verify(world.engine.read)
    assert checked.clean, checked.summary()


def test_a_death_after_the_invoice_was_recorded_leaves_its_payments_due(world: World, child: StartChild) -> None:
    world.queue(paid_invoices(COUNT, *AMOUNTS))
    dying = child("after_commit")
    dying.wait_at("after_commit")
    dying.kill()
    assert payment_states(world) == {"PENDING": COUNT, "WAITING": 2 * COUNT}
    assert_paid_once(world)


def test_a_death_before_the_invoice_was_recorded_opens_its_payments_once(world: World, child: StartChild) -> None:
    world.queue(paid_invoices(COUNT, *AMOUNTS))
    dying = child("before_commit")
    dying.wait_at("before_commit")
    dying.kill()
    assert payment_states(world) == {}
    assert_paid_once(world)


@pytest.mark.parametrize("point", ["inside_claim", "after_claim", "before_payment"])
def test_a_payment_that_was_claimed_and_never_sent_is_looked_up_and_sent(
    world: World, child: StartChild, point: str
) -> None:
    world.queue(paid_invoices(COUNT, *AMOUNTS))
    create_invoices_only(world)
    dying = child(point)
    dying.wait_at(point)
    dying.kill()
    assert payment_states(world) == {
        "PENDING" if point == "inside_claim" else "LEASED": COUNT,
        "WAITING": 2 * COUNT,
    }
    assert_paid_once(world)


def test_a_death_while_xero_works_on_the_payments_is_looked_up_and_adopted(world: World, child: StartChild) -> None:
    late = world.fault("late_commit", method="PUT", path="/Payments", delay=1.0)
    world.queue(paid_invoices(COUNT, *AMOUNTS))
    create_invoices_only(world)
    dying = child("nowhere")
    world.wait_for_fault(late, fired=1)
    dying.kill()
    world.wait_for_fault(late, completed=1)
    assert_paid_once(world)


def test_a_death_after_xero_entered_the_payments_is_looked_up_and_adopted(world: World, child: StartChild) -> None:
    held = world.fault("hold", method="PUT", path="/Payments")
    world.queue(paid_invoices(COUNT, *AMOUNTS))
    dying = child("nowhere")
    world.wait_for_fault(held, fired=1)
    assert sum(entered(world).values()) == COUNT
    assert payment_states(world) == {"LEASED": COUNT, "WAITING": 2 * COUNT}
    dying.kill()
    assert_paid_once(world)
    assert len(world.requests("PUT", "/Payments")) == len(AMOUNTS)


@pytest.mark.parametrize("point", ["payment_answered", "before_commit"])
def test_a_death_with_the_answer_in_hand_is_looked_up_and_adopted(world: World, child: StartChild, point: str) -> None:
    world.queue(paid_invoices(COUNT, *AMOUNTS))
    create_invoices_only(world)
    dying = child(point)
    dying.wait_at(point)
    dying.kill()
    assert payment_states(world) == {"LEASED": COUNT, "WAITING": 2 * COUNT}
    assert sum(entered(world).values()) == COUNT
    assert_paid_once(world)
    assert len(world.requests("PUT", "/Payments")) == len(AMOUNTS)


@pytest.mark.parametrize("point", ["before_payment_search", "after_payment_search", "before_commit"])
@pytest.mark.parametrize("arrived", [True, False])
def test_a_death_during_the_look_up_of_payments_is_looked_up_again(
    world: World, child: StartChild, point: str, arrived: bool
) -> None:
    world.fault("answer_lost" if arrived else "reset", method="PUT", path="/Payments")
    world.queue(paid_invoices(COUNT, *AMOUNTS))
    world.work()
    assert payment_states(world) == {"AMBIGUOUS": COUNT, "WAITING": 2 * COUNT}
    world.later(3.1)
    dying = child(point)
    dying.wait_at(point)
    dying.kill()
    assert payment_states(world)["AMBIGUOUS"] == COUNT
    assert_paid_once(world)


def test_a_death_after_the_record_of_a_payment_leaves_the_next_one_due(world: World, child: StartChild) -> None:
    world.queue(paid_invoices(COUNT, *AMOUNTS))
    create_invoices_only(world)
    dying = child("after_commit")
    dying.wait_at("after_commit")
    dying.kill()
    assert payment_states(world) == {"DONE": COUNT, "PENDING": COUNT, "WAITING": COUNT}
    assert_paid_once(world)
    assert world.requests("GET", "/Payments") == []


# ── negative controls ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("record", "copies"), [(Record, {1}), (SendsAgainWithoutLookingUp, {1, 2})])
def test_a_lost_answer_doubles_payments_if_they_are_sent_again_without_a_look_up(
    world: World, record: type[Record], copies: set[int]
) -> None:
    world.queue(paid_invoices(COUNT, *AMOUNTS))
    world.fault("answer_lost", method="PUT", path="/Payments")
    with beside(world, Parts(record=record)) as other:
        finish(other)
    assert set(entered(world).values()) == copies
    if copies == {1}:
        assert_paid_once(world)


@pytest.mark.parametrize(("quiet", "copies"), [(3.0, {1}), (0.0, {1, 2})])
def test_a_late_commit_doubles_payments_if_they_are_looked_up_at_once(
    world: World, quiet: float, copies: set[int]
) -> None:
    world.queue(paid_invoices(COUNT, *AMOUNTS))
    late = world.fault("late_commit", method="PUT", path="/Payments", delay=1.0)
    with beside(world, Parts()) as other:
        other.engine.timing = type(other.engine.timing)(
            call=other.engine.timing.call, lease=other.engine.timing.lease, quiet=quiet
        )
        other.work()
        world.wait_for_fault(late, completed=1)
        finish(other)
    assert set(entered(world).values()) == copies
    assert live(world) == []
