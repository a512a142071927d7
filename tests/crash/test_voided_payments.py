"""A process dies with a payment in its hands while Kyrios voids the invoice: what did not arrive is not sent again.

What arrived stays in Xero, which then refuses the void, and that is what people are told.
"""

import pytest

from domain.invoice import InvoiceVoided, PaymentSynced
from tests.changes import assert_clean, kinds, void
from tests.crash.books import assert_invariants, finish, stream_of
from tests.crash.conftest import Child, StartChild
from tests.payments import create_invoices_only, entered, paid_invoices, take_payments
from tests.world import World

pytestmark = pytest.mark.crash

COUNT = 3


@pytest.fixture(autouse=True)
def _paid_invoices_in_xero(world: World) -> None:
    """Each invoice has two payments; the first of them is due."""
    take_payments(world)
    world.queue(paid_invoices(COUNT, "10.00", "20.00"))
    create_invoices_only(world)


def void_all_and_kill(world: World, dying: Child) -> None:
    """Kyrios voids every invoice while its payment is on the wire, and then the process dies."""
    assert all(void(world, f"inv-{number}") for number in range(COUNT))
    assert [kind for kind, _ in kinds(world)].count("void_invoice") == 0
    dying.kill()
    assert_clean(world)


def assert_repaired(world: World, *, arrived: bool) -> None:
    """All records agree, each invoice has one entry for its void, and Xero holds just the payments that arrived."""
    finish(world)
    payments, void_ended, status = (
        (["DONE", "WITHDRAWN"], "REJECTED", "AUTHORISED") if arrived else (["WITHDRAWN"] * 2, "DONE", "VOIDED")
    )
    assert entered(world) == ({f"pay-{n}-0": 1 for n in range(COUNT)} if arrived else {})
    ended = [entry["state"] for entry in world.outbox() if entry["kind"] == "create_payment"]
    assert ended == payments * COUNT
    assert [state for kind, state in kinds(world) if kind == "void_invoice"] == [void_ended] * COUNT
    assert {one["Status"] for one in world.in_xero()} == {status}
    reviews = {tuple(review.code for review in world.invoice(f"inv-{n}").reviews) for n in range(COUNT)}
    assert reviews == {("void_refused",) if arrived else ()}
    opened_by = [
        type(event)
        for event in world.engine.store.events_of(stream_of("inv-0"))
        if isinstance(event, InvoiceVoided | PaymentSynced) and event.opens == "void_invoice"
    ]
    assert opened_by == [PaymentSynced if arrived else InvoiceVoided]
    assert_invariants(world)
    assert_clean(world)


@pytest.mark.parametrize("point", ["after_claim", "before_payment"])
def test_a_payment_claimed_and_never_sent_stays_out_once_its_invoice_is_voided(
    world: World, child: StartChild, point: str
) -> None:
    dying = child(point)
    dying.wait_at(point)
    void_all_and_kill(world, dying)
    assert_repaired(world, arrived=False)
    assert world.requests("PUT", "/Payments") == []


@pytest.mark.parametrize("point", ["payment_answered", "before_commit"])
def test_a_payment_that_arrived_is_adopted_and_its_void_refused(world: World, child: StartChild, point: str) -> None:
    dying = child(point)
    dying.wait_at(point)
    if point == "before_commit":
        # Its open transaction holds the rows a void would lock; it is voided once the death has undone that.
        dying.kill()
    void_all_and_kill(world, dying)
    assert_repaired(world, arrived=True)
    assert len(world.requests("PUT", "/Payments")) == 1


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("point", ["before_payment_search", "after_payment_search"])
def test_a_death_while_the_payment_is_looked_up_changes_nothing_of_it(
    world: World, child: StartChild, point: str, arrived: bool
) -> None:
    world.fault("answer_lost" if arrived else "reset", method="PUT", path="/Payments")
    world.work()
    world.later(3.1)
    dying = child(point)
    dying.wait_at(point)
    void_all_and_kill(world, dying)
    assert_repaired(world, arrived=arrived)
    assert len(world.requests("PUT", "/Payments")) == 1
