"""What is sent when: at once on an idle lane, fuller under load, four calls at most, nothing behind a closed gate."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import msgspec
import pytest

from domain.invoice import RetryRequested
from domain.money import parse_amount
from domain.tax import DeclaredTaxSet, TaxComponent, TaxSet
from services.bootstrap import Parts
from services.intake import IssuedInvoice
from tests.services.dispatch.other_engine import beside, while_sending
from tests.services.dispatch.seen import lane, states, statuses, story
from tests.world import ACCOUNT, BACKEND, OWNER, World, declared_taxes, example_invoices


@pytest.mark.complaint(11)
def test_an_idle_lane_sends_a_lone_invoice_at_once(world: World) -> None:
    world.rung.clear()
    world.queue(example_invoices(1))
    assert world.rung == [world.lane]
    assert world.engine.dispatcher.look_at(world.lane)
    assert len(world.in_xero()) == 1


def test_while_a_call_is_in_flight_a_few_invoices_wait_for_more_to_share_the_next_one(world: World) -> None:
    tried: list[bool] = []

    def more_come() -> None:
        if not tried:
            world.queue(example_invoices(3, start=1))
            have_not_waited(world)
            tried.append(world.engine.dispatcher.look_at(world.lane))

    with beside(world, Parts(session=while_sending(more_come))) as busy:
        busy.queue(example_invoices(1))
        busy.work()
    assert tried == [False]
    assert len(world.requests("PUT", "/Invoices")) == 2
    assert len(world.in_xero()) == 4


def test_invoices_that_have_waited_two_seconds_are_sent_beside_a_call_in_flight(world: World) -> None:
    tried: list[bool] = []

    def time_passes() -> None:
        world.queue(example_invoices(3, start=1))
        world.later(2.1)
        tried.append(world.engine.dispatcher.look_at(world.lane))

    with beside(world, Parts(session=while_sending(time_passes))) as busy:
        busy.queue(example_invoices(1))
        busy.engine.dispatcher.look_at(busy.lane)
    assert tried == [True]
    assert len(world.in_xero()) == 4


def test_at_most_four_calls_of_a_connection_are_in_flight(world: World) -> None:
    depth = [0]
    deepest = [0]

    def another() -> None:
        depth[0] += 1
        deepest[0] = max(depth[0], deepest[0])
        busy.engine.dispatcher.look_at(busy.lane)
        depth[0] -= 1

    with beside(world, Parts(session=while_sending(another))) as busy:
        busy.queue(example_invoices(250))
        busy.work()
    assert deepest == [4]
    assert len(world.in_xero()) == 250
    assert len(world.requests("PUT", "/Invoices")) == 5


@pytest.mark.article("R19")
def test_a_closed_gate_sends_nothing_and_writes_nothing(world: World) -> None:
    world.engine.set_up.declare_taxes(ACCOUNT, [*(d for d, _ in declared_taxes()), unmapped_tax()], BACKEND)
    assert lane(world)["gate"] == "closed"
    world.queue(example_invoices(3))
    before = world.outbox(), lane(world), world.engine.store.head()
    assert not world.engine.dispatcher.look_at(world.lane)
    world.engine.sweeper.sweep()
    assert (world.outbox(), lane(world), world.engine.store.head()) == before
    assert world.requests("PUT", "/Invoices") == []


@pytest.mark.article("R19")
def test_invoices_that_fail_preflight_are_blocked_and_the_others_go(world: World) -> None:
    issued = example_invoices(4)
    issued[1] = wrong_total(issued[1])
    world.queue(issued)
    world.work()
    assert statuses(world, 4) == ["synced", "blocked", "synced", "synced"]
    assert story(world, "inv-1") == ["InvoiceQueued", "InvoiceBlocked"]
    assert states(world) == ["DONE", "WITHDRAWN", "DONE", "DONE"]
    assert world.outbox()[1]["cause"] == "total_mismatch"
    assert world.outbox()[1]["attempts"] == 0
    assert len(world.requests("PUT", "/Invoices")) == 1


def test_a_backlog_of_blocked_invoices_does_not_hold_up_what_is_behind_it(world: World) -> None:
    issued = example_invoices(130)
    world.queue([wrong_total(one) for one in issued[:120]] + issued[120:])
    assert world.engine.dispatcher.look_at(world.lane)
    assert states(world) == ["WITHDRAWN"] * 120 + ["DONE"] * 10


def test_a_second_entry_of_an_invoice_waits_for_the_first_and_is_not_sent_twice(world: World) -> None:
    def asked_again() -> None:
        if len(world.outbox()) == 1:
            world.engine.store.append([retry_requested(world)])
            assert states(world) == ["LEASED", "WAITING"]

    with beside(world, Parts(session=while_sending(asked_again))) as busy:
        busy.queue(example_invoices(1))
        busy.engine.dispatcher.look_at(busy.lane)
        assert states(world) == ["DONE", "PENDING"]
        busy.work()
    assert states(world) == ["DONE", "DONE"]
    assert story(world) == ["InvoiceQueued", "RetryRequested", "InvoiceSynced"]
    assert len(world.in_xero()) == 1


def test_two_dispatchers_on_one_lane_send_each_invoice_once(world: World) -> None:
    count = 230
    with beside(world) as other, ThreadPoolExecutor(6) as threads:
        world.queue(example_invoices(count))
        for _ in range(20):
            looks = [threads.submit(w.engine.dispatcher.look_at, w.lane) for w in (world, other) * 3]
            worked = [look.result(timeout=60) for look in looks]
            if not any(worked) and set(states(world)) == {"DONE"}:
                break
    assert set(states(world)) == {"DONE"}
    assert sorted(i["InvoiceNumber"] for i in world.in_xero()) == sorted(f"T-{n}" for n in range(count))
    assert all(request["status"] == 200 for request in world.requests("PUT", "/Invoices"))
    assert {entry["attempts"] for entry in world.outbox()} == {1}
    assert world.control.get("/ledger/max_in_flight").json()["max_in_flight"] <= 4


def have_not_waited(world: World) -> None:
    """However slow the machine is, what has just been queued has waited for no time yet."""
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.outbox SET created_at = app.now() + interval '1 minute' WHERE state = 'PENDING'")


def wrong_total(issued: IssuedInvoice) -> IssuedInvoice:
    """The same invoice with a total a dollar off what its lines come to."""
    totals = msgspec.structs.replace(issued.document.totals, total=issued.document.totals.total + 1)
    return msgspec.structs.replace(issued, document=msgspec.structs.replace(issued.document, totals=totals))


def unmapped_tax() -> DeclaredTaxSet:
    """A tax set Kyrios offers that has no Xero rate yet."""
    component = TaxComponent(tax_id="luxury", rate=parse_amount("12.5"))
    return DeclaredTaxSet(tax_set=TaxSet((component,)), name="Luxury 12.5%")


def retry_requested(world: World) -> RetryRequested:
    """A person asked for another try; written as it is, whatever the decision would have said."""
    state = world.invoice("inv-0")
    return RetryRequested(
        originator_id=world.outbox()[0]["stream_id"],
        originator_version=state.version + 1,
        event_id=uuid4(),
        occurred_at=world.engine.store.now(),
        correlation_id=uuid4(),
        actor=OWNER,
        account_id=ACCOUNT,
        organisation_id=state.organisation_id,
        opens="create_invoice",
    )
