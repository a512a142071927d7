"""The sweeper makes every ring dispensable: it rings for due lanes, frees what died, deletes what ended long ago."""

import threading

from eventsourcing.persistence import OperationalError

from services.sweeper import KEEP_CLOSED_DAYS, Sweeper
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

    Unlucky(world.engine.store, world.engine.dispatcher.recover, world.rung.append, 0.01).run(stop)
    assert len(swept) == 2


def close_days_ago(world: World, days: float) -> None:
    """Let all closed entries have ended so many days ago."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.outbox SET closed_at = app.now() - %s * interval '1 day' WHERE closed_at IS NOT NULL", (days,)
        )
