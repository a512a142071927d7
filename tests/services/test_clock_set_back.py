"""Our clock was an hour ahead and is set right: nothing waits for that hour to pass, and nothing comes too early."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.event_store import clock_seen, lane_calls, whole_app
from adapters.event_store.lane_calls import Admission, Held
from adapters.simulator.server import Simulator
from services.views.invoice_question import Question
from tests.services.dispatch.seen import lane, states
from tests.services.inactivity.days import clock_jumps, world_of_days
from tests.world import World, example_invoices

HOUR = timedelta(hours=1)


@pytest.fixture
def ahead(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """Set up, and its clock is an hour ahead by now."""
    with world_of_days(xero, database_url, tmp_path) as world:
        world.set_up()
        clock_jumps(world, HOUR)
        world.engine.sweeper.sweep()
        yield world


@contextmanager
def set_right(world: World) -> Iterator[None]:
    """The clock is set right; what is done in this block comes before the next sweep."""
    world.engine.sweeper.sweep()
    clock_jumps(world, -HOUR)
    yield
    world.rung.clear()
    world.engine.sweeper.sweep()


def pass_by(world: World, seconds: float) -> None:
    """So much time passes."""
    clock_jumps(world, timedelta(seconds=seconds))


def ask(world: World) -> Admission | Held:
    """Whether a call may start."""
    with world.engine.store.cursor() as cursor:
        return lane_calls.admit(cursor, world.lane, world.engine.budget)


def change(world: World, statement: str) -> None:
    """Something stands in the database."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(statement)


def next_in(world: World, number: int) -> float | None:
    """In how many seconds people are told that something happens."""
    return Question(world.engine).explain(world.invoice(f"inv-{number}")).next_in


def test_what_was_queued_or_became_unclear_meanwhile_goes_on_as_if_the_clock_had_been_right(ahead: World) -> None:
    ahead.fault("answer_lost", method="PUT", path="/Invoices")
    ahead.queue(example_invoices(1))
    ahead.work()
    ahead.queue(example_invoices(1, start=1))
    with set_right(ahead):
        ahead.work()
        assert states(ahead) == ["AMBIGUOUS", "PENDING"], "before it is noticed all waits"
    assert ahead.rung == [ahead.lane]
    assert (next_in(ahead, 0) or 0) <= ahead.engine.settings.lease + 1, "no longer than a lease or a quiet period"
    ahead.work()
    assert states(ahead) == ["AMBIGUOUS", "DONE"], "the quiet period is not cut"
    pass_by(ahead, ahead.engine.settings.lease + 0.5)
    ahead.rung.clear()
    ahead.engine.sweeper.sweep()
    assert ahead.rung == [ahead.lane]
    ahead.work()
    assert states(ahead) == ["DONE", "DONE"]
    assert len(ahead.in_xero()) == 2


def test_what_was_queued_while_nobody_swept_does_not_wait_for_the_hour_either(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    with world_of_days(xero, database_url, tmp_path) as world:
        world.set_up()
        world.engine.sweeper.sweep()
        clock_jumps(world, HOUR)
        world.queue(example_invoices(1))
        clock_jumps(world, -HOUR)
        world.work()
        assert states(world) == ["PENDING"]
        world.engine.sweeper.sweep()
        world.work()
        assert states(world) == ["DONE"]


@pytest.mark.parametrize(
    ("stood", "within"),
    [
        ("UPDATE app.whole_app SET app_left = 100, heard_at = app.now()", 60),
        ("UPDATE app.whole_app SET paused_until = app.now() + interval '30 seconds', paused_for = 'rate_limited'", 60),
        ("UPDATE app.lane SET paused_until = app.now() + interval '30 seconds', paused_for = 'xero_unavailable'", 60),
        ("UPDATE app.lane SET promised = started, window_over_at = app.now() + interval '40 seconds'", 60),
    ],
)
def test_what_held_calls_back_holds_them_for_a_minute_at_most(ahead: World, stood: str, within: float) -> None:
    change(ahead, stood)
    with set_right(ahead):
        pass
    held = ask(ahead)
    assert isinstance(held, Held)
    assert held.look_again is not None
    assert 0 < held.look_again <= within + 2
    ahead.engine.sweeper.sweep()
    again = ask(ahead)
    assert isinstance(again, Held), "and is not cut each time somebody looks"
    pass_by(ahead, within + 2)
    assert isinstance(ask(ahead), Admission)


def test_a_limit_of_hours_is_kept_to_the_moment_xero_named(ahead: World) -> None:
    ahead.fault("http_429_day", method="PUT", path="/Invoices", retry_after=70_000)
    ahead.queue(example_invoices(1))
    ahead.work()
    until = lane(ahead)["paused_until"]
    with set_right(ahead):
        pass
    for _ in range(3):
        ahead.engine.sweeper.sweep()
    moved = until - lane(ahead)["paused_until"]
    assert HOUR - timedelta(seconds=60) < moved <= HOUR, "never too early"


def test_what_is_stored_between_that_moment_and_the_next_sweep_is_not_cut(ahead: World) -> None:
    ahead.queue(example_invoices(1))
    with set_right(ahead):
        ahead.fault("answer_lost", method="PUT", path="/Invoices")
        change(ahead, "UPDATE app.outbox SET due_at = app.now()")
        ahead.work()
        assert states(ahead) == ["AMBIGUOUS"]
        change(
            ahead, "UPDATE app.lane SET paused_until = app.now() + interval '50 seconds', paused_for = 'rate_limited'"
        )
        quiet, until = ahead.outbox()[0]["due_at"], lane(ahead)["paused_until"]
    assert (ahead.outbox()[0]["due_at"], lane(ahead)["paused_until"]) == (quiet, until)


def test_a_call_that_begins_between_that_moment_and_the_next_sweep_keeps_its_lease(ahead: World) -> None:
    ahead.queue(example_invoices(1))
    with set_right(ahead):
        change(ahead, "UPDATE app.outbox SET due_at = app.now()")
        assert ahead.engine.dispatcher._claim.to_send(ahead.lane) is not None
        leased = ahead.outbox()[0]["lease_until"]
    assert states(ahead) == ["LEASED"]
    assert ahead.outbox()[0]["lease_until"] == leased


def test_what_a_worker_held_that_died_meanwhile_is_free_with_its_lease(ahead: World) -> None:
    ahead.queue(example_invoices(1))
    assert ahead.engine.dispatcher._claim.to_send(ahead.lane) is not None
    with set_right(ahead):
        pass
    ahead.engine.sweeper.sweep()
    assert states(ahead) == ["LEASED"], "the lease is not cut"
    pass_by(ahead, ahead.engine.settings.lease + 1)
    ahead.engine.sweeper.sweep()
    assert states(ahead) == ["AMBIGUOUS"]


def test_tokens_that_a_worker_refreshed_that_died_meanwhile_are_free_with_its_lease(ahead: World) -> None:
    change(ahead, "UPDATE app.xero_grant SET refresh_lease_until = app.now() + interval '8 seconds'")
    change(ahead, "UPDATE app.xero_grant SET access_expires_at = app.now()")
    with set_right(ahead):
        pass
    ahead.queue(example_invoices(1))
    ahead.work()
    assert states(ahead) == ["PENDING"]
    pass_by(ahead, 9)
    ahead.work()
    assert states(ahead) == ["DONE"]


def test_a_clock_that_goes_on_mends_nothing(ahead: World) -> None:
    with ahead.engine.store.cursor() as cursor:
        assert clock_seen.look(cursor, 8.0, 60.0) == 0.0
        whole_app.pause(cursor, 500.0, "rate_limited")
        before: dict[str, Any] = whole_app.read(cursor)
        assert clock_seen.look(cursor, 8.0, 60.0) == 0.0
        assert whole_app.read(cursor) == before
