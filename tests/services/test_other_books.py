"""After a fresh start with another organisation: what belongs to the former books waits for them, and never goes on."""

import json

import pytest

from tests.payments import entered, paid_invoices, take_payments
from tests.services.cli.conftest import Kyrios, runner
from tests.services.cli.program import variables_of
from tests.services.test_reconnect import ELSEWHERE, found_another_organisation
from tests.world import ACCOUNT, OWNER, World, example_invoices, organisation_id


@pytest.fixture
def kyrios_in_world(world: World) -> Kyrios:
    """The program on this world."""
    return runner(variables_of(world))


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


def test_what_waits_for_the_former_books_says_so_and_names_who_must_act(moved: World, kyrios_in_world: Kyrios) -> None:
    former = organisation_id()
    where = f"organisation {former}"
    shown = kyrios_in_world("invoices", "show", ACCOUNT, "inv-0").stdout
    assert (
        f"In Xero as T-0. Xero gave no clear answer about a payment, and the account has left organisation {former}"
        in shown
    )
    assert "Who must act: owner" in shown
    assert "Next: It goes on by itself once the account is connected to that organisation again" in shown
    shown = kyrios_in_world("invoices", "show", ACCOUNT, "inv-5").stdout
    assert f"Xero gave no clear answer about the invoice, and the account has left {where} since" in shown
    # The payment was surely not entered: it waits as it is.
    with moved.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.outbox SET state = 'PENDING' WHERE kind = 'create_payment' AND state = 'AMBIGUOUS'")
    shown = json.loads(kyrios_in_world("invoices", "show", ACCOUNT, "inv-0", "--json").stdout)
    assert shown["entry"]["former_books"] == former
    assert shown["explanation"]["sentence"] == (
        f"In Xero as T-0. A payment waits for organisation {former}, which the account has left: it belongs there and "
        "goes nowhere else."
    )
    move(moved, former)
    shown = json.loads(kyrios_in_world("invoices", "show", ACCOUNT, "inv-0", "--json").stdout)
    assert shown["entry"]["former_books"] is None
    assert "waits for organisation" not in shown["explanation"]["sentence"]
