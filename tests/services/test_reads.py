"""Reads beside the queue take places in flight and calls from the lane, and a reader that dies gives them back."""

import pytest

from adapters.xero.errors import LimitKind, RateLimited, Resting
from services.reads import OutOfBudget
from tests.crash.books import read_deliveries
from tests.services.dispatch.seen import lane, states
from tests.world import World, example_invoices


def has(world: World, change: str) -> None:
    """The lane is as it is in the middle of something."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(f"UPDATE app.lane SET {change}")


def begin(world: World) -> None:
    """A read begins and is never ended."""
    with world.engine.store.cursor() as cursor:
        world.engine.reads.begin(cursor, world.lane, "contacts")


def test_four_reads_leave_no_place_and_a_dead_reader_gives_its_own_back_with_its_lease(world: World) -> None:
    before = lane(world)["started"]
    for _ in range(4):
        begin(world)
    with pytest.raises(OutOfBudget):
        begin(world)
    assert lane(world)["started"] == before + 4
    world.queue(example_invoices(1))
    assert not world.engine.dispatcher.look_at(world.lane)
    world.later(8.1)
    world.engine.sweeper.sweep()
    world.work()
    assert states(world) == ["DONE"]
    assert {one["outcome"] for one in read_deliveries(world) if one["purpose"] == "read"} == {"lease_expired"}


def test_what_waited_for_a_reads_place_is_rung_for_when_it_ends(world: World) -> None:
    with world.engine.store.cursor() as cursor:
        read = world.engine.reads.begin(cursor, world.lane, "contacts")
    world.queue(example_invoices(1))
    world.rung.clear()
    world.engine.reads.end(read)
    assert world.rung == [world.lane]
    assert [one for one in read_deliveries(world) if one["purpose"] == "read"] == []


@pytest.mark.parametrize(
    ("lane_has", "kind", "seconds"),
    [
        ("promised = started, window_over_at = app.now() + interval '40 seconds'", "minute", 40),
        ("promised_today = started, day_over_at = app.now() + interval '30 minutes'", "day", 1_800),
        ("paused_until = app.now() + interval '2 hours', paused_for = 'rate_limited_daily'", "day", 7_200),
    ],
)
def test_a_read_that_gets_no_call_says_which_limit_it_is_and_how_long(
    world: World, lane_has: str, kind: LimitKind, seconds: float
) -> None:
    has(world, lane_has)
    with pytest.raises(RateLimited) as refused:
        world.engine.reads.begin_patiently(world.lane, "invoices", "routine", 0.0)
    assert refused.value.kind == kind
    assert refused.value.retry_after == pytest.approx(seconds, abs=5)


def test_a_read_whose_places_are_all_taken_says_so(world: World) -> None:
    for _ in range(4):
        begin(world)
    with pytest.raises(RateLimited) as refused:
        world.engine.reads.begin_patiently(world.lane, "invoices", "routine", 0.0)
    assert (refused.value.kind, refused.value.retry_after) == ("concurrent", None)


def test_a_read_while_xero_is_let_rest_is_not_said_to_be_at_a_limit(world: World) -> None:
    has(world, "paused_until = app.now() + interval '5 minutes', paused_for = 'xero_unavailable'")
    with pytest.raises(Resting) as refused:
        world.engine.reads.begin_patiently(world.lane, "invoices", "routine", 0.0)
    assert refused.value.retry_after == pytest.approx(300, abs=5)
