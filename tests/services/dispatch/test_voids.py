"""A voided invoice: before it is sent, while it is on its way, and once it is in Xero."""

import pytest

from domain.refusals import NotPossible
from domain.streams import invoice_stream
from services.bootstrap import Parts
from services.views.invoice_question import Question
from services.views.timeline import timeline
from tests.changes import (
    assert_clean,
    change_in_xero,
    held,
    kinds,
    posts,
    refusals,
    remove_payments,
    revise,
    revised,
    synced,
    void,
)
from tests.payments import in_xero as payments_in_xero
from tests.payments import paid_invoices, pay_by_hand, take_payments
from tests.services.dispatch.other_engine import beside, once_while_sending
from tests.services.dispatch.seen import story
from tests.world import ACCOUNT, BACKEND, OWNER, World, example_invoices

CREATED = ("create_invoice", "DONE")
UPDATED = ("update_invoice", "DONE")
VOIDED = ("void_invoice", "DONE")
REFUSED_VOID = ("void_invoice", "REJECTED")


def sentence(world: World) -> str:
    """What people read of inv-0."""
    return Question(world.engine).explain(world.invoice("inv-0")).sentence


def test_an_invoice_voided_before_it_is_sent_never_goes_to_xero(world: World) -> None:
    world.queue(example_invoices(1))
    assert void(world)
    assert kinds(world) == [("create_invoice", "WITHDRAWN")]
    assert_clean(world)
    world.work()
    assert world.in_xero() == []
    assert sentence(world) == "Cancelled; it never went to Xero."


def test_a_blocked_invoice_may_be_voided(world: World) -> None:
    world.queue([revised(revision=1, currency="GBP")])
    world.work()
    assert void(world)
    world.work()
    assert (world.in_xero(), world.invoice("inv-0").status) == ([], "voided")
    assert_clean(world)


def test_voiding_twice_is_no_news_and_a_voided_invoice_takes_no_revision(world: World) -> None:
    synced(world)
    assert (void(world), void(world)) == (True, False)
    assert "is voided; it takes no revision" in refusals(world, revised())[0]
    assert world.queue(example_invoices(1)) == ["known"]
    with pytest.raises(NotPossible, match="has no invoice with the id or the number inv-9"):
        world.engine.void_invoice(ACCOUNT, "inv-9", BACKEND)
    world.work()
    assert kinds(world) == [CREATED, VOIDED]


@pytest.mark.article("R25")
def test_an_invoice_in_xero_is_voided_there(world: World) -> None:
    synced(world, 2)
    assert void(world)
    assert sentence(world) == "Cancelled; Xero is being told."
    world.work()
    assert (held(world)["Status"], held(world, "T-1")["Status"]) == ("VOIDED", "AUTHORISED")
    assert story(world) == ["InvoiceQueued", "InvoiceSynced", "InvoiceVoided", "VoidSynced"]
    assert sentence(world) == "Cancelled; also voided in Xero."
    assert_clean(world)


@pytest.mark.parametrize("arrives", [True, False])
def test_an_invoice_voided_while_it_is_sent_is_voided_in_xero_only_if_it_arrived(world: World, arrives: bool) -> None:
    world.queue(example_invoices(1))
    if not arrives:
        world.fault("http_429_minute", method="PUT", path="/Invoices", retry_after=0)
    with beside(world, Parts(session=once_while_sending(lambda: void(world)))) as other:
        assert other.engine.dispatcher.look_at(other.lane)
        other.later(61)
        other.work()
    if arrives:
        assert (held(world)["Status"], kinds(world)) == ("VOIDED", [CREATED, VOIDED])
    else:
        assert (world.in_xero(), kinds(world)) == ([], [("create_invoice", "WITHDRAWN")])
        assert story(world) == ["InvoiceQueued", "InvoiceVoided", "InvoiceVoided"]
    assert world.invoice("inv-0").status == "voided"
    assert_clean(world)


@pytest.mark.parametrize("arrived", [True, False])
def test_an_invoice_voided_while_nobody_knows_whether_it_arrived_is_searched_first(world: World, arrived: bool) -> None:
    world.fault("answer_lost" if arrived else "reset", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.work()
    assert void(world)
    assert_clean(world)
    assert "we are finding out whether it arrived" in sentence(world)
    world.later(3.1)
    world.work()
    if arrived:
        assert (held(world)["Status"], kinds(world)) == ("VOIDED", [CREATED, VOIDED])
    else:
        assert (world.in_xero(), kinds(world)) == ([], [("create_invoice", "WITHDRAWN")])
        assert sentence(world) == "Cancelled; it never went to Xero."
    assert_clean(world)


def test_an_update_that_was_not_yet_sent_is_withdrawn_by_a_void(world: World) -> None:
    synced(world)
    revise(world, revised())
    assert void(world)
    world.work()
    assert kinds(world) == [CREATED, ("update_invoice", "WITHDRAWN"), VOIDED]
    assert (posts(world), held(world)["Total"]) == (1, 414.0)
    assert_clean(world)


@pytest.mark.parametrize(("fault", "total"), [("answer_lost", 230.0), ("reset", 414.0)])
def test_a_void_follows_the_unknown_outcome_of_an_update(world: World, fault: str, total: float) -> None:
    synced(world)
    world.fault(fault, method="POST", path="/Invoices")
    revise(world, revised())
    world.work()
    assert void(world)
    assert_clean(world)
    world.later(3.1)
    world.work()
    assert (held(world)["Status"], held(world)["Total"]) == ("VOIDED", total)
    assert kinds(world)[-1] == VOIDED
    assert_clean(world)


def test_an_update_refused_while_the_invoice_was_voided_leaves_no_review(world: World) -> None:
    synced(world)
    pay_by_hand(world, "T-0", "100.00")
    revise(world, revised())
    with beside(world, Parts(session=once_while_sending(lambda: void(world)))) as other:
        assert other.engine.dispatcher.look_at(other.lane)
    assert world.invoice("inv-0").reviews == ()
    remove_payments(world)
    world.work()
    assert kinds(world) == [CREATED, ("update_invoice", "REJECTED"), VOIDED]
    assert_clean(world)


# ── payments ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_payments_that_were_not_yet_sent_are_withdrawn_by_a_void(world: World) -> None:
    take_payments(world)
    world.queue(paid_invoices(1, "10.00", "20.00"))
    assert world.engine.dispatcher.look_at(world.lane)
    assert void(world)
    world.work()
    assert (payments_in_xero(world), held(world)["Status"]) == ([], "VOIDED")
    assert kinds(world) == [CREATED, *[("create_payment", "WITHDRAWN")] * 2, VOIDED]
    assert_clean(world)


def test_an_invoice_voided_while_it_is_sent_is_not_paid(world: World) -> None:
    take_payments(world)
    world.queue(paid_invoices(1, "10.00"))
    with beside(world, Parts(session=once_while_sending(lambda: void(world)))) as other:
        other.work()
    assert (payments_in_xero(world), held(world)["Status"]) == ([], "VOIDED")
    assert_clean(world)


SURELY_NOT = ["reset", "http_500_before", "http_429_concurrent"]
"""Faults after which a payment is surely not in Xero; the first two need a look-up to know it."""


@pytest.mark.parametrize("fault", SURELY_NOT)
@pytest.mark.parametrize("known", [False, True], ids=["voided while it is sent", "voided once its fate is open"])
def test_a_payment_that_did_not_arrive_is_not_sent_again_once_the_invoice_is_voided(
    world: World, fault: str, known: bool
) -> None:
    take_payments(world)
    world.queue(paid_invoices(1, "10.00", "20.00"))
    assert world.engine.dispatcher.look_at(world.lane)
    world.fault(fault, method="PUT", path="/Payments")
    with beside(world, Parts(session=once_while_sending(lambda: known or void(world)))) as other:
        assert other.engine.dispatcher.look_at(other.lane)
    assert void(world) is known
    assert_clean(world)
    world.later(61)
    world.work()
    assert (payments_in_xero(world), held(world)["Status"]) == ([], "VOIDED")
    assert kinds(world) == [CREATED, *[("create_payment", "WITHDRAWN")] * 2, VOIDED]
    assert len(world.requests("PUT", "/Payments")) == 1
    assert [one.standing for one in world.invoice("inv-0").payments] == ["left_out"] * 2
    assert sentence(world) == "Cancelled; also voided in Xero."
    assert_clean(world)


@pytest.mark.parametrize("fault", [None, "answer_lost", "http_500_after"])
def test_a_void_follows_a_payment_that_arrived_and_is_refused_because_of_it(world: World, fault: str | None) -> None:
    take_payments(world)
    world.queue(paid_invoices(1, "10.00", "20.00"))
    assert world.engine.dispatcher.look_at(world.lane)
    if fault:
        world.fault(fault, method="PUT", path="/Payments")
    with beside(world, Parts(session=once_while_sending(lambda: void(world)))) as other:
        assert other.engine.dispatcher.look_at(other.lane)
    if fault:
        assert sentence(world) == (
            "Cancelled while a payment was on its way to Xero; we are finding out whether that arrived."
        )
    assert_clean(world)
    world.later(61)
    world.work()
    assert ([one["Reference"] for one in payments_in_xero(world)], held(world)["Status"]) == (["pay-0-0"], "AUTHORISED")
    assert kinds(world)[1:] == [("create_payment", "DONE"), ("create_payment", "WITHDRAWN"), REFUSED_VOID]
    assert [review.code for review in world.invoice("inv-0").reviews] == ["void_refused"]
    assert_clean(world)


def test_a_payment_refused_while_the_invoice_was_voided_leaves_no_review(world: World) -> None:
    take_payments(world)
    world.queue(paid_invoices(1, "400.00"))
    assert world.engine.dispatcher.look_at(world.lane)
    pay_by_hand(world, "T-0", "100.00")
    with beside(world, Parts(session=once_while_sending(lambda: void(world)))) as other:
        assert other.engine.dispatcher.look_at(other.lane)
    assert world.invoice("inv-0").reviews == ()
    remove_payments(world)
    world.work()
    assert kinds(world) == [CREATED, ("create_payment", "REJECTED"), VOIDED]
    assert held(world)["Status"] == "VOIDED"
    assert_clean(world)


@pytest.mark.parametrize(("amount", "paid"), [("100.00", "paid or credited in part"), ("414.00", "paid in full")])
@pytest.mark.article("R25")
def test_a_void_of_an_invoice_paid_in_xero_becomes_a_review_and_goes_on_request(
    world: World, amount: str, paid: str
) -> None:
    synced(world)
    pay_by_hand(world, "T-0", amount)
    void(world)
    world.work()
    state = world.invoice("inv-0")
    assert (state.status, [review.code for review in state.reviews]) == ("voided", ["void_refused"])
    assert f"Cancelled, but not in Xero: In Xero this invoice is {paid}, so it cannot be voided." in sentence(world)
    assert state.answer_ref is not None
    assert world.engine.answer_words(state.answer_ref, ACCOUNT)
    assert_clean(world)
    remove_payments(world)
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    world.work()
    assert (held(world)["Status"], world.invoice("inv-0").reviews) == ("VOIDED", ())
    assert sentence(world) == "Cancelled; also voided in Xero."
    assert_clean(world)


@pytest.mark.article("R25")
def test_a_void_after_a_refused_edit_leaves_one_advice(world: World) -> None:
    synced(world)
    pay_by_hand(world, "T-0", "414.00")
    revise(world, revised())
    world.work()
    assert [review.code for review in world.invoice("inv-0").reviews] == ["edit_refused"]
    void(world)
    world.work()
    assert [review.code for review in world.invoice("inv-0").reviews] == ["void_refused"]
    assert sentence(world) == (
        "Cancelled, but not in Xero: In Xero this invoice is paid in full, so it cannot be voided. "
        "Remove payments and credits there, then retry."
    )
    said = [step.says for step in timeline(world.engine.store.events_of(invoice_stream(ACCOUNT, "inv-0")))]
    settled = said.index("Settled by what came after it (edit_refused).")
    assert said[settled + 1] == "Cancelled in Kyrios; Xero is to be told."
    assert_clean(world)


# ── what Xero says ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", ["VOIDED", "DELETED"])
def test_an_invoice_that_is_gone_in_xero_already_is_done(world: World, status: str) -> None:
    synced(world, 2)
    for number in range(2):
        change_in_xero(world, f"T-{number}", Status=status)
        void(world, f"inv-{number}")
    world.work()
    assert kinds(world)[-2:] == [VOIDED, VOIDED]
    assert [world.invoice(f"inv-{n}").reviews for n in range(2)] == [(), ()]
    assert_clean(world)


@pytest.mark.parametrize(("fault", "sent"), [("answer_lost", 1), ("http_500_after", 1), ("reset", 2)])
def test_a_void_without_an_answer_is_looked_up_by_id_and_sent_again_only_if_it_did_not_arrive(
    world: World, fault: str, sent: int
) -> None:
    synced(world)
    world.fault(fault, method="POST", path="/Invoices")
    void(world)
    world.work()
    assert kinds(world) == [CREATED, ("void_invoice", "AMBIGUOUS")]
    world.later(3.1)
    world.work()
    assert (held(world)["Status"], kinds(world)[-1]) == ("VOIDED", VOIDED)
    assert len({request["idempotency_key"] for request in world.requests("POST", "/Invoices")}) == sent
    assert_clean(world)


def test_fifty_voids_are_one_request(world: World) -> None:
    synced(world, 50)
    for number in range(50):
        void(world, f"inv-{number}")
    world.work()
    assert (posts(world), {one["Status"] for one in world.in_xero()}) == (1, {"VOIDED"})
    assert_clean(world)
