"""An invoice's way from the queue into Xero, when all goes well and when an answer is lost."""

import pytest

from tests.world import World, example_invoices


@pytest.mark.article("R2")
def test_a_queued_invoice_arrives_in_xero_once(world: World) -> None:
    assert world.queue(example_invoices(1)) == ["accepted"]
    world.work()
    (held,) = world.in_xero()
    state = world.invoice("inv-0")
    assert state.status == "synced"
    assert state.xero_invoice_id == held["InvoiceID"]
    assert held["Total"] == float(state.document.totals.total)


def test_fifty_invoices_take_one_request(world: World) -> None:
    world.queue(example_invoices(50))
    world.work()
    assert len(world.in_xero()) == 50
    assert len(world.requests("PUT", "/Invoices")) == 1


@pytest.mark.complaint(1)
def test_a_lost_answer_is_looked_up_and_the_invoice_adopted(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(3))
    world.work()
    assert {world.invoice(f"inv-{n}").status for n in range(3)} == {"checking"}
    world.work()
    assert len(world.requests("GET", "/Invoices")) == 0, "nothing is asked before the quiet period is over"
    world.later(3.1)
    world.work()
    assert {world.invoice(f"inv-{n}").status for n in range(3)} == {"synced"}
    assert len(world.in_xero()) == 3
    assert len(world.requests("PUT", "/Invoices")) == 1
