"""After a fresh start with another organisation: what belongs to the former books waits for them, and never goes on."""

import pytest

from tests.payments import entered, paid_invoices, take_payments
from tests.services.test_reconnect import ELSEWHERE, found_another_organisation
from tests.world import ACCOUNT, OWNER, World, example_invoices, organisation_id


@pytest.fixture
def moved(world: World) -> World:
    """A payment and an invoice without an answer were on their way when the account started afresh elsewhere."""
    take_payments(world)
    world.queue(paid_invoices(1, "100.00", "50.00"))
    assert world.engine.dispatcher.look_at(world.lane)
    world.queue(example_invoices(1, start=5))
    lost = world.fault("answer_lost", method="PUT", path="/Invoices")
    world.fault("http_500_before", method="PUT", path="/Payments")
    world.work()
    world.wait_for_fault(lost)
    open_entries = [(e["kind"], e["state"]) for e in world.outbox() if e["closed_at"] is None]
    assert sorted(open_entries) == [
        ("create_invoice", "AMBIGUOUS"),
        ("create_payment", "AMBIGUOUS"),
        ("create_payment", "WAITING"),
    ]
    move(world, ELSEWHERE)
    return world


def move(world: World, organisation: str) -> None:
    """Start afresh with these books. The gate is opened by hand: their set-up is not what is looked at."""
    if organisation == ELSEWHERE:
        found_another_organisation(world)
    world.consent(organisation)
    world.engine.set_up.choose_organisation(ACCOUNT, organisation, OWNER, start_afresh=True)
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET gate = 'open' WHERE connection_id = %s", [world.lane])


def calls(world: World) -> int:
    """How many calls about invoices and payments Xero has seen."""
    return sum(
        len(world.requests(method, f"/{what}")) for method in ("GET", "PUT") for what in ("Invoices", "Payments")
    )


@pytest.mark.article("R17")
def test_what_belongs_to_the_former_books_waits_for_them(moved: World) -> None:
    before = calls(moved)
    moved.later(7_200)
    moved.work()
    assert calls(moved) == before
    move(moved, organisation_id())
    moved.later(7_200)
    moved.work()
    assert entered(moved) == {"pay-0-0": 1, "pay-0-1": 1}
    assert moved.invoice("inv-5").status == "synced"
    assert len(moved.in_xero()) == 2


def test_without_knowing_its_books_an_entry_would_be_looked_for_in_the_wrong_ones(moved: World) -> None:
    with moved.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.outbox SET organisation_id = NULL")
    before = calls(moved)
    moved.later(7_200)
    moved.engine.dispatcher.look_at(moved.lane)
    assert calls(moved) > before
