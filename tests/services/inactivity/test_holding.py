"""While the engine was away, or its clock was moved, nobody could sync: the clock holds for a day, and says so."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from eventsourcing.persistence import OperationalError

from adapters.event_store.store import Transaction
from adapters.simulator.server import Simulator
from domain.inactivity import DAY
from services.bootstrap import Parts
from services.inactivity import InactivityWatch
from tests.services.inactivity.days import (
    clock_jumps,
    endings,
    jump,
    last_activity,
    live,
    look,
    move_to,
    row,
    warnings,
    world_of_days,
)
from tests.world import ACCOUNT, OWNER, World, example_invoices


def in_two_weeks(world: World) -> None:
    """Have the account cut after fourteen days."""
    world.engine.set_up.change_setting(ACCOUNT, "inactivity.days", "14", OWNER)


@pytest.mark.article("R23")
def test_after_a_week_away_nobody_is_cut_before_the_engine_has_run_for_a_day(
    quiet: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "services.inactivity")
    in_two_weeks(quiet)
    live(quiet, 8)
    jump(quiet, 7 * DAY)
    assert quiet.engine.store.now() > last_activity(quiet) + 14 * DAY
    look(quiet)
    assert endings(quiet) == []
    assert "the clock of inactivity holds until" in caplog.text
    jump(quiet, timedelta(hours=23))
    look(quiet)
    assert endings(quiet) == []
    jump(quiet, timedelta(hours=2))
    look(quiet)
    assert len(endings(quiet)) == 1


class NeverHolds(InactivityWatch):
    """Goes by the calendar, whether we were there or not."""

    def _held_until(self, tx: Transaction) -> datetime | None:
        return None


def test_a_clock_that_never_holds_would_cut_at_once(xero: Simulator, database_url: str, tmp_path: Path) -> None:
    with world_of_days(xero, database_url, tmp_path, Parts(inactivity=NeverHolds)) as world:
        world.set_up()
        live(world)
        in_two_weeks(world)
        live(world, 8)
        jump(world, 7 * DAY)
        look(world)
        assert len(endings(world)) == 1


class CannotReachTheLane(InactivityWatch):
    """Somebody else holds the lane for long."""

    def _last_activity(self, tx: Transaction, lane: UUID) -> datetime | None:
        raise OperationalError("lock timeout")


def test_a_connection_that_cannot_be_judged_now_is_looked_at_later_and_holds_up_nobody(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    with world_of_days(xero, database_url, tmp_path, Parts(inactivity=CannotReachTheLane)) as world:
        world.set_up()
        live(world)
        in_two_weeks(world)
        live(world, 7)
        assert row(world, "SELECT due_at > app.now() AS later FROM app.inactivity_clock") == {"later": True}
        assert world.engine.inactivity.round() == 0
        jump(world, timedelta(minutes=6))
        assert world.engine.inactivity.round() == 1
        assert (warnings(world), endings(world)) == ([], [])


def test_what_goes_to_xero_in_that_day_saves_the_connection(quiet: World) -> None:
    in_two_weeks(quiet)
    live(quiet, 8)
    jump(quiet, 7 * DAY)
    look(quiet)
    quiet.queue(example_invoices(1))
    quiet.work()
    live(quiet, 12)
    assert endings(quiet) == []


def test_a_clock_that_jumps_forth_and_back_cuts_nobody_and_warns_nobody(quiet: World) -> None:
    clock_jumps(quiet, 61 * DAY)
    look(quiet)
    clock_jumps(quiet, timedelta(hours=20))
    look(quiet)
    clock_jumps(quiet, -61 * DAY)
    look(quiet)
    live(quiet, 3)
    assert (warnings(quiet), endings(quiet)) == ([], [])


def test_a_clock_that_is_put_back_makes_the_quiet_time_longer_never_shorter(quiet: World) -> None:
    in_two_weeks(quiet)
    due = last_activity(quiet) + 14 * DAY
    clock_jumps(quiet, -61 * DAY)
    live(quiet, 15)
    assert (warnings(quiet), endings(quiet)) == ([], [])
    clock_jumps(quiet, due - quiet.engine.store.now())
    look(quiet)
    assert endings(quiet) == [], "it was moved again"
    live(quiet, 2)
    assert len(endings(quiet)) == 1


def test_what_was_set_up_by_a_clock_that_was_ahead_is_warned_of_and_cut_by_its_last_activity(quiet: World) -> None:
    clock_jumps(quiet, 300 * DAY)
    in_two_weeks(quiet)
    quiet.engine.projector.catch_up()
    clock_jumps(quiet, -300 * DAY)
    quiet.queue(example_invoices(1))
    quiet.work()
    live(quiet, 15)
    assert (warnings(quiet), len(endings(quiet))) == ([7, 1], 1)


def test_a_jump_between_the_beat_and_the_judgement_is_noticed_as_well(quiet: World) -> None:
    move_to(quiet, last_activity(quiet) + 61 * DAY)
    quiet.engine.inactivity._judge(quiet.lane)
    assert endings(quiet) == []


def test_an_engine_that_stops_every_night_is_watched_over_all_the_same(quiet: World) -> None:
    in_two_weeks(quiet)
    for _ in range(15):
        jump(quiet, timedelta(hours=16))
        look(quiet)
        jump(quiet, timedelta(hours=8))
        look(quiet)
    assert len(endings(quiet)) == 1
