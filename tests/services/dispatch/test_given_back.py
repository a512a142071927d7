"""A process that ends gives back all it has taken: entries, calls of the budget, and who may go ahead."""

from pathlib import Path

from adapters.event_store import whole_app
from services.bootstrap import Parts
from tests.many_lanes import many_lanes
from tests.services.dispatch.other_engine import beside, while_sending
from tests.services.dispatch.seen import keys, lane, states
from tests.world import World, example_invoices


def ends_before_the_wire(world: World) -> None:
    """Another process claims the next piece of work, is told to end, and does."""

    def stop() -> None:
        other.engine.stopping.set()

    with beside(world, Parts(session=while_sending(stop))) as other:
        assert other.engine.dispatcher.look_at(other.lane)


def test_what_was_never_sent_takes_nothing_from_the_budget(world: World) -> None:
    world.queue(example_invoices(1))
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.lane SET promised = started + 1, window_over_at = app.now() + interval '1 minute',"
            " promised_today = started + 501, day_most = 5000, day_over_at = app.now() + interval '1 hour'"
        )
    ends_before_the_wire(world)
    assert keys(world) == []
    assert states(world) == ["PENDING"]
    assert world.engine.dispatcher.look_at(world.lane), "the one call that was left is still left"
    assert states(world) == ["DONE"]


def test_however_many_calls_are_given_back_all_are_left(world: World) -> None:
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.lane SET promised = started + 3, window_over_at = app.now() + interval '1 minute',"
            " promised_today = started + 3, day_most = 0"
        )
    claimed = []
    for number in range(3):
        world.queue(example_invoices(1, start=number))
        world.later(3)
        claimed.append(world.engine.dispatcher._claim.to_send(world.lane))
    for work in claimed:
        assert work is not None
        world.engine.dispatcher._give_back(work)
    kept = lane(world)
    assert (kept["promised"] - kept["started"], kept["promised_today"] - kept["started"]) == (3, 3)
    assert kept["window_over_at"] is not None


def test_another_goes_ahead_at_once_where_the_one_that_went_ahead_gave_up(world: World) -> None:
    world.queue(example_invoices(1))
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.lane SET promised = started, window_over_at = app.now() - interval '1 second',"
            " promised_today = started + 500, day_most = 5000, day_over_at = app.now() - interval '1 second'"
        )
    ends_before_the_wire(world)
    assert keys(world) == []
    assert world.engine.dispatcher.look_at(world.lane)
    assert states(world) == ["DONE"]


def test_another_goes_ahead_for_all_at_once_where_the_one_that_did_gave_up(database_url: str, tmp_path: Path) -> None:
    with many_lanes(3, database_url, tmp_path) as many:
        world = many.world
        for number in range(3):
            many.queue(number, 2)
        with world.engine.store.cursor() as cursor:
            whole_app.rest(cursor, 0.0)
        world.lane = many.lanes[0]
        with beside(world, Parts(session=while_sending(lambda: other.engine.stopping.set()))) as other:
            assert other.engine.dispatcher.look_at(many.lanes[0])
        assert many.calls() == []
        assert world.engine.dispatcher.look_at(many.lanes[1])
        with world.engine.store.cursor() as cursor:
            assert not whole_app.read(cursor)["resting"]
        assert many.calls() == [1]


def test_a_search_of_which_a_part_was_sent_gives_nothing_back(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.work()
    world.later(4)
    before = lane(world)
    work = world.engine.dispatcher._claim.to_look_up(world.lane)
    assert work is not None
    world.engine.dispatcher._call(work)
    world.engine.dispatcher._give_back(work)
    assert lane(world)["promised"] == before["promised"]
    assert states(world) == ["AMBIGUOUS"]
