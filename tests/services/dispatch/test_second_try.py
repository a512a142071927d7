"""A lone invoice whose request Xero refused without a word about it has one more try, and never a third."""

from typing import Any

import pytest

from services.bootstrap import Parts
from services.dispatch.kind import Outcome, Unclear
from services.dispatch.lane_work import Item, Work
from services.dispatch.record import Ended, Record
from tests.crash.books import assert_in_xero_once, assert_invariants
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.seen import keys, states, statuses, story
from tests.services.dispatch.test_poison import settle
from tests.world import ACCOUNT, World, example_invoices

REJECTED = ["rejected_by_xero"]


def causes(world: World, invoice_id: str = "inv-0") -> list[str]:
    """The codes of what is in the invoice's way."""
    return [cause.code for cause in world.invoice(invoice_id).causes]


def said(world: World, invoice_id: str = "inv-0") -> str:
    """Xero's own words about it."""
    reference = world.invoice(invoice_id).answer_ref
    assert reference is not None
    return world.engine.answer_words(reference, ACCOUNT)


def test_a_good_invoice_refused_once_for_no_reason_is_searched_for_and_then_sent_again_under_a_new_key(
    world: World,
) -> None:
    world.fault("batch_400", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.work()
    assert_in_xero_once(world, 1)
    assert len(set(keys(world))) == len(keys(world)) == 2
    assert len(world.requests("GET", "/Invoices")) == 1
    assert story(world) == ["InvoiceQueued", "OutcomeUnknown", "OutcomeResolved", "InvoiceSynced"]


def test_one_refused_for_no_reason_twice_ends_with_xeros_words_and_is_not_sent_a_third_time(world: World) -> None:
    world.fault("batch_400", method="PUT", path="/Invoices", times=None)
    world.queue(example_invoices(1))
    settle(world, 1_000)
    assert (statuses(world, 1), states(world), causes(world)) == (["failed"], ["REJECTED"], REJECTED)
    assert said(world) == "A validation exception occurred"
    assert len(keys(world)) == len(world.requests("GET", "/Invoices")) == 2
    assert_invariants(world)


def test_a_search_that_fails_between_the_tries_gives_no_further_one(world: World) -> None:
    world.fault("batch_400", method="PUT", path="/Invoices", times=None)
    world.fault("http_500_before", method="GET", path="/Invoices", times=3)
    world.queue(example_invoices(1))
    settle(world, 1_000)
    assert (causes(world), len(keys(world))) == (REJECTED, 2)


@pytest.mark.parametrize("between", ["http_429_minute", "http_500_before", "http_503", "reset"])
def test_whatever_comes_between_two_refusals_they_are_the_only_two(world: World, between: str) -> None:
    world.fault("batch_400", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    assert world.engine.dispatcher.look_at(world.lane)
    other = world.fault(between, method="PUT", path="/Invoices")
    world.work()
    world.wait_for_fault(other)
    assert states(world) in (["PENDING"], ["AMBIGUOUS"])
    world.fault("batch_400", method="PUT", path="/Invoices", times=None)
    settle(world, 1_000)
    refused = [sent for sent in world.requests("PUT", "/Invoices") if sent["fault"] == "batch_400"]
    assert (causes(world), len(refused), len(keys(world))) == (REJECTED, 2, 3)


def test_an_invoice_that_xero_names_a_fault_of_is_not_sent_again_although_it_spoiled_its_request(world: World) -> None:
    world.fault("summarised", method="PUT", path="/Invoices", times=None)
    world.refuse({"T-0": "Account code '200' is not a valid code for this document."})
    world.queue(example_invoices(1))
    world.work()
    assert (causes(world), states(world)) == (REJECTED, ["REJECTED"])
    assert said(world) == "Account code '200' is not a valid code for this document."
    assert len(keys(world)) == 1


def test_an_invoice_is_alone_on_its_second_try_so_that_it_spoils_no_other_ones_request(world: World) -> None:
    world.fault("batch_400", method="PUT", path="/Invoices", body_contains='"T-0"', times=None)
    world.queue(example_invoices(1))
    assert world.engine.dispatcher.look_at(world.lane)
    world.queue(example_invoices(5, start=1))
    settle(world, 1_000)
    assert statuses(world, 6) == ["failed"] + ["synced"] * 5
    assert len(keys(world)) == 3
    assert {entry["attempts"] for entry in world.outbox()[1:]} == {1}


class ForgetsTheFirstRefusal(Record):
    """Takes every refusal without a reason for the first one."""

    def _one(self, work: Work[Any], item: Item[Any], outcome: Outcome, at: Any, ended: Ended) -> None:
        forgotten = Unclear(group=outcome.group) if isinstance(outcome, Unclear) and outcome.refused_once else outcome
        super()._one(work, item, forgotten, at, ended)


@pytest.mark.parametrize(
    ("record", "tries", "cause"), [(Record, 2, "rejected_by_xero"), (ForgetsTheFirstRefusal, 12, "retries_exhausted")]
)
def test_a_first_refusal_that_is_not_noted_is_followed_by_refusals_until_retries_end(
    world: World, record: type[Record], tries: int, cause: str
) -> None:
    world.fault("batch_400", method="PUT", path="/Invoices", times=None)
    with beside(world, Parts(record=record)) as other:
        other.queue(example_invoices(1))
        settle(other, 1_000)
    assert (len(keys(world)), causes(world)) == (tries, [cause])
