"""Reads beside the queue take places in flight and calls from the lane, and a reader that dies gives them back."""

import pytest

from services.reads import OutOfBudget
from tests.crash.books import read_deliveries
from tests.services.dispatch.seen import lane, states
from tests.world import World, example_invoices


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
