"""Causes of not knowing: Xero is searched before anything is sent again, and what stays unclear is for a person."""

import contextlib
from typing import Final

import pytest

from domain.causes import CATALOGUE
from domain.refusals import NotPossible
from tests.payments import in_xero as payments_in_xero
from tests.payments import paid_invoices, pay_by_hand, take_payments
from tests.scenarios.table import asked, explained, held, plain, settle, told
from tests.services.dispatch.seen import story
from tests.world import ACCOUNT, OWNER, World

CHECKING: Final = (
    "Xero gave no clear answer. We are finding out whether it arrived before doing anything else, so that it cannot be "
    "created twice."
)


@pytest.mark.cause("outcome_unknown")
def test_a_lost_answer_is_searched_for_before_anything_is_sent_again(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue([plain(0)])
    settle(world)
    found = explained(world)
    says = "We do not know yet whether it arrived. We search Xero before sending again."
    assert (found.status, told(found), found.who) == ("checking", [("outcome_unknown", says)], ())
    assert found.sentence == CHECKING
    assert found.next_step.startswith("We search Xero for it in about ")
    assert asked(world) == 1
    world.later(400)
    settle(world)
    assert story(world) == ["InvoiceQueued", "OutcomeUnknown", "OutcomeResolved", "InvoiceSynced"]
    assert (asked(world), held(world, "T-0")) == (1, 1)


@pytest.mark.cause("outcome_unresolved")
def test_what_a_search_cannot_settle_is_left_to_support_and_nothing_is_sent_again(world: World) -> None:
    take_payments(world)
    world.fault("reset", method="PUT", path="/Payments")
    world.queue(paid_invoices(1, "100.00"))
    world.work()
    pay_by_hand(world, "T-0", "60.00", reference="pay-0-0")
    world.later(400)
    settle(world)
    found = explained(world)
    says = "The search gave no clear result. Please tell support the account, the invoice and outcome_unresolved."
    assert (found.status, told(found)) == ("synced", [("outcome_unresolved", says)])
    assert found.sentence == (
        f"In Xero as T-0, but: The payment of NZD 100.00 did not go: {says} We changed nothing; please look."
    )
    assert found.who == CATALOGUE["outcome_unresolved"].who == ("support",)
    assert found.next_step == "Once you have looked, mark the review as done."
    try_again(world)
    assert [one["Amount"] for one in payments_in_xero(world)] == [60.0]


def try_again(world: World) -> None:
    """A retry changes nothing: a second payment would stand beside the one that is there."""
    before = asked(world)
    with contextlib.suppress(NotPossible):
        world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    settle(world)
    assert asked(world) == before
