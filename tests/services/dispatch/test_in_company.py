"""What happened to an invoice in the company of others ends it by no count: it was perhaps another's doing.

It is parted from them, and ends by its own fault, or arrives.
"""

from typing import Any

import msgspec
import pytest

from adapters.xero.answers import InvoicesAnswer, RateHeaders
from adapters.xero.session import BeforeSend, XeroSession, nothing
from domain.poison import DEATHS_ALONE
from domain.retry import MOST_ATTEMPTS
from services.bootstrap import Parts
from services.dispatch.kind import Outcome
from services.dispatch.lane_work import Item, Work
from services.dispatch.record import Ended, Record
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.seen import keys
from tests.services.dispatch.test_deaths import die_with, live
from tests.world import World, example_invoices

COUNT = 50
POISON = 30
RESETS_BEFORE = 6
"""Requests of all that come to nothing before there is any poison; the lane's breaker opens meanwhile."""
LONG = 1_000.0
"""Seconds after which whatever waits is due."""


class ChargesCompany(Record):
    """Counts whatever was tried against everybody it was tried with."""

    def _one(self, work: Work[Any], item: Item[Any], outcome: Outcome, at: Any, ended: Ended) -> None:
        charged = msgspec.structs.replace(item.entry, attempts_alone=item.entry.attempts)
        super()._one(work, msgspec.structs.replace(item, entry=charged), outcome, at, ended)


class NeverParts(Record):
    """Lets what is tried in vain together be tried together for ever."""

    def _parted(self, work: Work[Any], outcomes: Any) -> Any:
        return outcomes


def fail_together(world: World) -> None:
    """Queue fifty; their requests are reset again and again, and none of them arrives."""
    world.queue(example_invoices(COUNT))
    for _ in range(RESETS_BEFORE):
        world.fault("reset", method="PUT", path="/Invoices")
        assert world.engine.dispatcher.look_at(world.lane)
        world.later(LONG)
        while (searched := world.engine.dispatcher._claim.to_look_up(world.lane)) is not None:
            world.engine.dispatcher._carry_out(searched)
    assert {entry["state"] for entry in live(world)} == {"PENDING"}
    assert len(live(world)) == COUNT


def until_ended(world: World, *killers: int) -> None:
    """Let workers do what there is to do, and die of these."""
    for _ in range(600):
        if not live(world):
            return
        if not die_with(world, *killers):
            world.later(LONG)
    raise AssertionError("there is always something live")


def not_in_xero(world: World) -> dict[int, list[str]]:
    """The invoices that are not there, and why."""
    found = ((number, world.invoice(f"inv-{number}")) for number in range(COUNT))
    return {number: [cause.code for cause in one.causes] for number, one in found if one.status != "synced"}


@pytest.mark.parametrize("killer", [0, 24, 30, 49])
def test_one_of_fifty_that_kills_its_worker_ends_as_our_own_fault_wherever_it_stands(world: World, killer: int) -> None:
    world.queue(example_invoices(COUNT))
    until_ended(world, killer)
    assert not_in_xero(world) == {killer: ["internal_error"]}
    ended = world.outbox()[killer]
    assert (ended["state"], ended["deaths_alone"], ended["attempts_alone"]) == ("REJECTED", DEATHS_ALONE, 0)
    assert ended["attempts"] >= MOST_ATTEMPTS, "more workers died than a policy of retries would have let try"


def test_one_that_kills_its_worker_after_all_of_them_failed_together_takes_nobody_with_it(world: World) -> None:
    fail_together(world)
    until_ended(world, POISON)
    assert not_in_xero(world) == {POISON: ["internal_error"]}


def test_it_and_its_neighbour_would_end_by_retries_if_tries_in_company_were_counted(world: World) -> None:
    with beside(world, Parts(record=ChargesCompany)) as other:
        fail_together(other)
        until_ended(other, POISON)
    ended = not_in_xero(world)
    assert ended[POISON] == ["retries_exhausted"]
    assert len(ended) > 1, "innocent ones are among them"


@pytest.mark.parametrize(("record", "cause"), [(Record, "rejected_by_xero"), (ChargesCompany, "retries_exhausted")])
def test_one_that_xero_refuses_after_all_of_them_failed_together_ends_as_refused(
    world: World, record: type[Record], cause: str
) -> None:
    with beside(world, Parts(record=record)) as other:
        fail_together(other)
        other.fault("batch_400", method="PUT", path="/Invoices", body_contains=f'"T-{POISON}"', times=None)
        until_ended(other)
    assert not_in_xero(world) == {POISON: [cause]}


class SaysNothing(XeroSession):
    """Answers what holds the poison with a 200 that tells of no invoice, and saves none."""

    def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        if f'"T-{POISON}"'.encode() not in body:
            return super().put_invoices(body, idempotency_key, before_send=before_send)
        return InvoicesAnswer(elements=(), status=200, correlation_id="", rates=RateHeaders())


def test_fifty_of_whom_xero_says_nothing_for_one_of_them_are_parted_after_twelve_tries(world: World) -> None:
    with beside(world, Parts(session=SaysNothing)) as other:
        other.queue(example_invoices(COUNT))
        until_ended(other)
    assert not_in_xero(world) == {POISON: ["retries_exhausted"]}
    assert world.outbox()[POISON]["attempts_alone"] == MOST_ATTEMPTS
    assert len(keys(world)) == 6, "the halves that did not hold it"


def test_fifty_of_whom_xero_says_nothing_for_one_of_them_would_all_be_tried_for_days_if_they_were_not_parted(
    world: World,
) -> None:
    with beside(world, Parts(session=SaysNothing, record=NeverParts)) as other:
        other.queue(example_invoices(COUNT))
        for _ in range(40):
            if not die_with(other):
                other.later(LONG)
    assert {entry["attempts_alone"] for entry in live(world)} == {0}
    assert len(live(world)) == COUNT
    assert keys(world) == []
