"""Leaving invoices out: what is not yet in Xero never goes there; what may be there already is not left out."""

import pytest

from domain.refusals import NotPossible
from domain.streams import invoice_stream
from services.bootstrap import Parts
from tests.changes import assert_clean
from tests.services.dispatch.other_engine import beside, once_while_sending
from tests.world import ACCOUNT, OWNER, World, example_invoices


def leave_out(world: World, *invoice_ids: str) -> int:
    streams = [invoice_stream(ACCOUNT, one) for one in invoice_ids]
    return world.engine.dismiss_invoices(ACCOUNT, streams, "Entered by hand", OWNER)


def test_queued_invoices_are_left_out_once_and_never_sent(world: World) -> None:
    world.queue(example_invoices(3))
    head = world.engine.store.head()
    assert leave_out(world, "inv-0", "inv-1") == 2
    assert world.engine.store.head() == head + 2
    assert leave_out(world, "inv-0", "inv-1") == 0
    assert world.engine.store.head() == head + 2
    world.work()
    assert [one["InvoiceNumber"] for one in world.in_xero()] == ["T-2"]
    assert [one["state"] for one in world.outbox()] == ["WITHDRAWN", "WITHDRAWN", "DONE"]
    assert_clean(world)


def test_if_one_cannot_be_left_out_none_is(world: World) -> None:
    world.queue(example_invoices(1))
    world.work()
    world.queue(example_invoices(1, start=1))
    head = world.engine.store.head()
    for other, says in (("inv-0", "inv-0 is synced; it cannot be left out"), ("inv-9", "has no such invoice")):
        with pytest.raises(NotPossible, match=says):
            leave_out(world, "inv-1", other)
    assert world.engine.store.head() == head
    world.work()
    assert len(world.in_xero()) == 2


def test_what_is_on_its_way_is_not_left_out(world: World) -> None:
    refused: list[str] = []

    def try_to() -> None:
        with pytest.raises(NotPossible) as refusal:
            leave_out(world, "inv-0")
        refused.append(str(refusal.value))

    world.queue(example_invoices(1))
    with beside(world, Parts(session=once_while_sending(try_to))) as other:
        other.work()
    assert refused == ["invoice inv-0 is on its way to Xero; look again in a minute"]
    assert world.invoice("inv-0").status == "synced"
    assert_clean(world)


def test_what_may_have_arrived_is_looked_up_first(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.work()
    with pytest.raises(NotPossible, match=r"on its way|being looked up"):
        leave_out(world, "inv-0")
