"""The sweeper makes every ring dispensable: it rings for due lanes, frees what died, deletes what ended long ago."""

import threading

from eventsourcing.persistence import OperationalError

from services.sweeper import KEEP_CLOSED_DAYS, LANES_AT_ONCE, Sweeper
from tests.crash.books import read_deliveries
from tests.services.dispatch.seen import states, story
from tests.world import World, example_invoices

DAY = 24 * 3600.0


def test_it_rings_for_a_lane_with_due_entries_and_for_no_other(world: World) -> None:
    world.rung.clear()
    assert world.engine.sweeper.sweep() == 0
    world.queue(example_invoices(2))
    world.rung.clear()
    assert world.engine.sweeper.sweep() == 1
    assert world.rung == [world.lane]
    world.work()
    world.rung.clear()
    assert world.engine.sweeper.sweep() == 0
    assert world.rung == []


def test_it_rings_for_an_unknown_outcome_once_its_quiet_period_is_over(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.work()
    assert world.engine.sweeper.sweep() == 0
    world.later(3.1)
    assert world.engine.sweeper.sweep() == 1


def test_an_entry_whose_worker_never_reported_back_becomes_an_unknown_outcome(world: World) -> None:
    world.queue(example_invoices(2))
    assert world.engine.dispatcher._claim.to_send(world.lane) is not None
    world.engine.sweeper.sweep()
    assert states(world) == ["LEASED"] * 2, "a lease that runs is nobody's business"
    world.later(8.1)
    world.engine.sweeper.sweep()
    assert states(world) == ["AMBIGUOUS"] * 2
    assert story(world) == ["InvoiceQueued", "OutcomeUnknown"]
    assert [delivery["outcome"] for delivery in read_deliveries(world)] == ["lease_expired"]
    world.work()
    assert world.requests("GET", "/Invoices") == [], "quiet is counted from the end of the lease"


def test_a_look_up_whose_worker_never_reported_back_is_closed_and_made_again(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(2))
    world.work()
    world.later(3.1)
    assert world.engine.dispatcher._claim.to_look_up(world.lane) is not None
    assert world.engine.sweeper.sweep() == 0
    world.later(8.1)
    assert world.engine.sweeper.sweep() == 1
    world.work()
    assert states(world) == ["DONE"] * 2
    assert [delivery["outcome"] for delivery in read_deliveries(world)][1:] == ["lease_expired", "answered"]


def test_entries_that_ended_a_week_ago_are_deleted_and_their_deliveries_kept(world: World) -> None:
    world.queue(example_invoices(3))
    world.work()
    close_days_ago(world, KEEP_CLOSED_DAYS - 0.1)
    world.engine.sweeper.sweep()
    assert len(states(world)) == 3
    close_days_ago(world, KEEP_CLOSED_DAYS + 0.1)
    world.engine.sweeper.sweep()
    assert states(world) == []
    assert len(read_deliveries(world)) == 1


def test_it_goes_on_when_the_database_was_away(world: World) -> None:
    stop, swept = threading.Event(), list[int]()

    class Unlucky(Sweeper):
        def sweep(self) -> int:
            swept.append(1)
            if len(swept) == 1:
                raise OperationalError("away")
            stop.set()
            return super().sweep()

    Unlucky(world.engine.store, world.engine.dispatcher.recover, world.rung.append, 0.01, 8.0, 60.0).run(stop)
    assert len(swept) == 2


HELD = """
    WITH lanes AS (
        INSERT INTO app.lane
            (connection_id, account_id, gate, promised_today, started, day_most, day_over_at, served_at)
        SELECT gen_random_uuid(), 'held-' || n, 'open', 100, 90, 1000, app.now() + interval '50 minutes',
               app.now() - interval '10 minutes' FROM generate_series(1, %s) n RETURNING connection_id)
    INSERT INTO app.outbox (connection_id, kind, stream_id, seq, effect_key, state)
    SELECT connection_id, 'create_invoice', gen_random_uuid(), 1, 'held/' || connection_id, 'PENDING' FROM lanes
"""


def use_up_the_day_of_others(world: World, lanes: int) -> None:
    """So many other lanes have something to send, were not served for long, and have only the day's reserve left."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(HELD, (lanes,))


def test_lanes_whose_day_is_used_up_hide_no_other_and_are_not_looked_at_in_vain(world: World) -> None:
    use_up_the_day_of_others(world, LANES_AT_ONCE)
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.work()
    world.later(3.1)
    world.rung.clear()
    assert world.engine.sweeper.sweep() == 1
    assert world.rung == [world.lane]
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET day_over_at = app.now()")
    assert world.engine.sweeper.sweep() == LANES_AT_ONCE, "each asks for a new day when it is time to"


def test_what_may_use_the_days_reserve_is_rung_for_though_the_day_is_used_up(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.work()
    only_the_reserve_is_left(world)
    assert world.engine.sweeper.sweep() == 0
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.outbox SET due_at = app.now()")
    assert world.engine.sweeper.sweep() == 1, "a look-up may"
    world.work()
    only_the_reserve_is_left(world)
    world.queue(example_invoices(1, start=1))
    assert world.engine.sweeper.sweep() == 0
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.outbox SET asked = true WHERE state = 'PENDING'")
    assert world.engine.sweeper.sweep() == 1, "and what a person asked for"
    world.work()
    assert states(world) == ["DONE"] * 2


def only_the_reserve_is_left(world: World) -> None:
    """Nothing else is left of the day, and it is not yet time to ask for a new one."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.lane SET promised_today = started + 90, day_most = 1000,"
            " day_over_at = app.now() + interval '50 minutes'"
        )


def close_days_ago(world: World, days: float) -> None:
    """Let all closed entries have ended so many days ago."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.outbox SET closed_at = app.now() - %s * interval '1 day' WHERE closed_at IS NOT NULL", (days,)
        )
