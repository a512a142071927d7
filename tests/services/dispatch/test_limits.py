"""Xero's limits and outages rest the lane: nothing is sent before its time, and waiting uses up no attempt."""

import itertools
from contextlib import nullcontext
from datetime import timedelta

import pytest

from adapters.xero.errors import NotSent
from domain.retry import MOST_ATTEMPTS
from services.bootstrap import Parts
from tests.crash.books import assert_in_xero_once
from tests.services.dispatch.other_engine import beside, failing
from tests.services.dispatch.seen import keys, lane, rests, states, statuses, story
from tests.world import World, example_invoices

COUNT = 3
UNAVAILABLE = 300.0


@pytest.mark.parametrize(
    ("kind", "told", "rest", "cause"),
    [
        ("http_429_minute", 37, 37.0, "rate_limited"),
        ("http_429_day", 77_000, 77_000.0, "rate_limited_daily"),
        ("http_429_concurrent", None, 2.0, "rate_limited"),
    ],
)
@pytest.mark.complaint(11)
def test_a_limit_rests_the_lane_for_as_long_as_xero_says_and_uses_no_attempt(
    world: World, kind: str, told: int | None, rest: float, cause: str
) -> None:
    more = {} if told is None else {"retry_after": told}
    world.fault(kind, method="PUT", path="/Invoices", **more)
    world.queue(example_invoices(COUNT))
    with rests(world, rest):
        assert world.engine.dispatcher.look_at(world.lane)
    assert states(world) == ["PENDING"] * COUNT
    assert {entry["attempts"] for entry in world.outbox()} == {0}
    assert lane(world)["paused_for"] == cause
    world.later(-600)  # however long the machine takes for it, the rest is not over
    world.engine.sweeper.sweep()
    world.work()
    assert len(keys(world)) == 1, "nothing is sent while the lane rests"
    world.later(600 + rest)
    world.work()
    assert len(keys(world)) == 2
    assert story(world) == ["InvoiceQueued", "InvoiceSynced"]
    assert_in_xero_once(world, COUNT)


def test_too_many_calls_at_once_say_nothing_about_the_minute(world: World) -> None:
    world.queue(example_invoices(1))
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET promised = started + 9, window_over_at = app.now() + interval '50 seconds'")
    world.fault("http_429_concurrent", method="PUT", path="/Invoices", retry_after=1)
    over_at = lane(world)["window_over_at"]
    with rests(world, 1):
        assert world.engine.dispatcher.look_at(world.lane)
    assert lane(world)["window_over_at"] >= over_at, "the minute goes on"


def test_five_failures_in_a_row_rest_the_lane_and_then_one_invoice_goes_ahead(world: World) -> None:
    world.fault("http_503", method="PUT", path="/Invoices", times=5)
    for number in range(5):
        world.queue(example_invoices(1, start=number))
        with rests(world, 30) if number == 4 else nullcontext():
            assert world.engine.dispatcher.look_at(world.lane)
    assert lane(world)["failures_in_row"] == 5
    assert lane(world)["paused_for"] == "xero_unavailable"
    world.queue(example_invoices(4, start=5))
    assert not world.engine.dispatcher.look_at(world.lane)
    world.later(30.1)
    assert world.engine.dispatcher.look_at(world.lane)
    assert statuses(world, 9)[5:] == ["synced", "queued", "queued", "queued"]
    assert lane(world)["failures_in_row"] == 0
    assert world.engine.dispatcher.look_at(world.lane)
    assert statuses(world, 9)[5:] == ["synced"] * 4


def test_a_failed_probe_rests_the_lane_twice_as_long(world: World) -> None:
    errors = [NotSent("connect")] * 6
    with beside(world, Parts(session=failing(errors), chance=lambda: 0.0)) as other:
        other.queue(example_invoices(3))
        with rests(world, 30):
            other.work()
        world.later(30.1)
        with rests(world, 60):
            assert other.engine.dispatcher.look_at(other.lane)
        assert {entry["attempts"] for entry in world.outbox()} == {0}, "an outage uses up nobody's attempts"
        world.later(60.1)
        other.work()
    assert_in_xero_once(world, 3)


def test_only_one_probe_is_out_at_a_time(world: World) -> None:
    with beside(world, Parts(session=failing([NotSent("connect")] * 5), chance=lambda: 0.0)) as other:
        other.queue(example_invoices(60))
        other.work()
        world.later(30.1)
    claim = world.engine.dispatcher._claim
    probe = claim.to_send(world.lane)
    assert probe is not None
    assert len(probe.items) == 1
    assert claim.to_send(world.lane) is None


def test_requests_that_never_go_out_use_no_attempts_and_end_after_three_days_of_trying(world: World) -> None:
    errors = [NotSent("connect")] * 30
    with beside(world, Parts(session=failing(errors), chance=lambda: 0.5)) as other:
        other.queue(example_invoices(1))
        for _ in range(2 * MOST_ATTEMPTS):
            other.engine.dispatcher.look_at(other.lane)
            other.later(1_000)
        assert states(world) == ["PENDING"], "an outage of hours is no reason to give up"
        other.later(72 * 3600)
        other.engine.dispatcher.look_at(other.lane)
    assert states(world) == ["DEAD"]
    assert story(world) == ["InvoiceQueued", "SyncFailed"]
    assert [cause.code for cause in world.invoice("inv-0").causes] == ["retries_exhausted"]


def test_unknown_outcomes_end_after_twelve_attempts_too_and_only_after_a_search(world: World) -> None:
    world.fault("http_503", method="PUT", path="/Invoices", times=None)
    world.queue(example_invoices(1))
    for _ in range(3 * MOST_ATTEMPTS):
        world.engine.dispatcher.look_at(world.lane)
        world.later(UNAVAILABLE + 1)
    assert states(world) == ["DEAD"]
    assert story(world)[-1] == "SyncFailed"
    assert len(keys(world)) == len(set(keys(world))) == MOST_ATTEMPTS
    assert len(world.requests("GET", "/Invoices")) == MOST_ATTEMPTS
    assert world.in_xero() == []


def test_days_behind_a_closed_gate_are_no_days_of_trying(world: World) -> None:
    with beside(world, Parts(session=failing([NotSent("connect")]))) as other:
        other.queue(example_invoices(1))
        other.later(72 * 3600 + 1)
        other.engine.dispatcher.look_at(other.lane)
    assert states(world) == ["PENDING"]


def test_a_request_of_fifty_that_was_never_sent_goes_as_one_request_again(world: World) -> None:
    chances = itertools.cycle([0.9, 0.1])
    with beside(world, Parts(session=failing([NotSent("connect")]), chance=lambda: next(chances))) as other:
        other.queue(example_invoices(50))
        other.work()
        due = [entry["due_at"] for entry in world.outbox()]
        assert max(due) - min(due) < timedelta(seconds=0.5), "one wait for all of them"
        for _ in range(8):
            other.later(0.5)
            other.work()
    assert states(world) == ["DONE"] * 50
    assert len(keys(world)) == 1
