"""Payments whose outcome is unknown: Xero is searched by invoice and reference before anything is sent again."""

import pytest

from domain.invoice import ReviewRaised
from domain.streams import invoice_stream
from tests.payments import (
    TOTAL,
    create_invoices_only,
    due,
    entered,
    in_xero,
    paid_invoices,
    pay_by_hand,
    take_payments,
)
from tests.services.dispatch.seen import story
from tests.world import ACCOUNT, OWNER, World, organisation_id

UNCLEAR = ["OutcomeUnknown", "OutcomeResolved", "PaymentSynced"]


@pytest.fixture(autouse=True)
def _account_for_payments(world: World) -> None:
    take_payments(world)


def payment_entries(world: World) -> list[str]:
    """Where the payment entries stand."""
    return [entry["state"] for entry in world.outbox() if entry["kind"] == "create_payment"]


def keys(world: World) -> list[str]:
    """The idempotency keys under which payments were sent."""
    return [request["idempotency_key"] for request in world.requests("PUT", "/Payments")]


@pytest.mark.parametrize("kind", ["answer_lost", "http_500_after", "truncated_json"])
def test_a_payment_that_arrived_although_its_answer_did_not_is_adopted(world: World, kind: str) -> None:
    world.fault(kind, method="PUT", path="/Payments")
    world.queue(paid_invoices(2, TOTAL))
    world.work()
    assert payment_entries(world) == ["AMBIGUOUS"] * 2
    assert world.invoice("inv-0").status == "synced"
    world.later(3.1)
    world.work()
    assert entered(world) == {"pay-0-0": 1, "pay-1-0": 1}
    assert len(keys(world)) == 1
    assert story(world) == ["InvoiceQueued", "InvoiceSynced", *UNCLEAR]


@pytest.mark.parametrize("kind", ["reset", "http_500_before"])
def test_a_payment_that_did_not_arrive_is_sent_again_under_a_new_key_after_the_quiet_period(
    world: World, kind: str
) -> None:
    world.fault(kind, method="PUT", path="/Payments")
    world.queue(paid_invoices(2, "10.00", "20.00"))
    world.work()
    assert payment_entries(world) == ["AMBIGUOUS", "WAITING"] * 2
    world.later(2)
    world.work()
    assert world.requests("GET", "/Payments") == [], "Xero is not asked before its time"
    world.later(1.1)
    world.work()
    assert set(entered(world).values()) == {1}
    assert len(in_xero(world)) == 4
    assert len(set(keys(world))) == len(keys(world)) == 3
    assert story(world) == ["InvoiceQueued", "InvoiceSynced", *UNCLEAR, "PaymentSynced"]


def test_a_look_up_is_one_request_and_so_one_call_of_the_budget_for_each_payment(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Payments")
    world.queue(paid_invoices(3, TOTAL))
    world.work()
    world.later(3.1)
    assert world.engine.dispatcher.look_at(world.lane)
    assert len(world.requests("GET", "/Payments")) == 1
    assert payment_entries(world).count("DONE") == 1
    world.work()
    assert len(world.requests("GET", "/Payments")) == 3
    assert set(entered(world).values()) == {1}
    assert len(keys(world)) == 1


def test_a_payment_that_a_person_removed_in_xero_while_we_searched_is_not_made_again(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Payments")
    world.queue(paid_invoices(1, TOTAL))
    world.work()
    (made,) = in_xero(world)
    removed = {"PaymentID": made["PaymentID"], "Status": "DELETED"}
    world.control.post(f"/organisations/{organisation_id()}/payments", json=removed).raise_for_status()
    world.later(3.1)
    world.work()
    assert (len(keys(world)), in_xero(world)) == (1, [])
    assert story(world) == ["InvoiceQueued", "InvoiceSynced", *UNCLEAR]


def test_another_amount_under_our_reference_is_a_conflict_a_person_must_see(world: World) -> None:
    world.fault("reset", method="PUT", path="/Payments")
    world.queue(paid_invoices(1, "100.00"))
    world.work()
    pay_by_hand(world, "T-0", "60.00", reference="pay-0-0")
    world.later(3.1)
    world.work()
    assert payment_entries(world) == ["CONFLICT"]
    assert due(world, "T-0") == ("AUTHORISED", "354.00")
    (review,) = world.invoice("inv-0").reviews
    assert (review.code, review.key) == ("outcome_unresolved", "pay-0-0")
    assert len(keys(world)) == 1


def test_the_same_payment_entered_by_hand_under_our_reference_is_taken_for_ours(world: World) -> None:
    world.fault("reset", method="PUT", path="/Payments")
    world.queue(paid_invoices(1, "100.00"))
    world.work()
    pay_by_hand(world, "T-0", "100.00", reference="pay-0-0")
    world.later(3.1)
    world.work()
    assert due(world, "T-0") == ("AUTHORISED", "314.00")
    assert story(world) == ["InvoiceQueued", "InvoiceSynced", *UNCLEAR]


def test_a_request_refused_whole_is_searched_for_then_halved_until_the_bad_payment_is_alone(world: World) -> None:
    world.fault("batch_400", method="PUT", path="/Payments", times=None, body_contains='"pay-2-0"')
    world.queue(paid_invoices(4, TOTAL))
    world.work(rounds=40)
    assert entered(world) == {"pay-0-0": 1, "pay-1-0": 1, "pay-3-0": 1}
    (review,) = world.invoice("inv-2").reviews
    assert (review.code, review.key) == ("rejected_by_xero", "pay-2-0")
    assert sorted(payment_entries(world)) == ["DONE", "DONE", "DONE", "REJECTED"]


def test_a_payment_that_never_got_through_is_for_a_person_to_look_at_and_to_retry(world: World) -> None:
    world.fault("http_500_before", method="PUT", path="/Payments", times=None)
    world.queue(paid_invoices(1, TOTAL))
    create_invoices_only(world)
    for _ in range(40):
        world.later(1000)
        world.work()
    assert payment_entries(world) == ["DEAD"]
    assert [review.code for review in world.invoice("inv-0").reviews] == ["retries_exhausted"]
    world.control.delete("/faults").raise_for_status()
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    world.later(1000)
    world.work()
    assert entered(world) == {"pay-0-0": 1}
    assert world.invoice("inv-0").reviews == ()


def test_a_review_of_one_payment_leaves_that_of_another_when_it_is_raised(world: World) -> None:
    world.queue(paid_invoices(1, "300.00", "200.00", "250.00"))
    world.work()
    raised = [e for e in world.engine.store.events_of(invoice_stream(ACCOUNT, "inv-0")) if isinstance(e, ReviewRaised)]
    assert [event.cause.key for event in raised] == ["pay-0-1", "pay-0-2"]
    assert [review.key for review in world.invoice("inv-0").reviews] == ["pay-0-1", "pay-0-2"]


def test_a_payment_xero_holds_with_another_amount_is_not_entered_beside_it_by_a_retry(world: World) -> None:
    world.queue(paid_invoices(1, "100.00"))
    create_invoices_only(world)
    pay_by_hand(world, "T-0", "90.00", reference="pay-0-0")
    world.fault("reset", method="PUT", path="/Payments")
    world.work()
    world.later(400)
    world.work()
    assert [review.code for review in world.invoice("inv-0").reviews] == ["outcome_unresolved"]
    world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    world.work()
    assert [(paid["Reference"], paid["Amount"]) for paid in in_xero(world)] == [("pay-0-0", 90.0)]
