"""Outages: one organisation that is offline rests alone; when most fail, all rest, one goes ahead, none storm back."""

from pathlib import Path

import pytest

from adapters.event_store import whole_app
from services.bootstrap import Parts
from services.views.invoice_question import Question
from tests.crash.books import assert_in_xero_once
from tests.many_lanes import ManyLanes, many_lanes
from tests.services.dispatch.seen import lane, rests, states
from tests.world import World, example_invoices

LANES = 5


def together(many: ManyLanes) -> dict[str, object]:
    with many.world.engine.store.cursor() as cursor:
        return whole_app.read(cursor)


def look_at_all(many: ManyLanes) -> list[bool]:
    return [many.world.engine.dispatcher.look_at(one) for one in many.lanes]


def explained(world: World) -> str:
    return Question(world.engine).explain(world.invoice("inv-0")).sentence


def test_when_most_connections_fail_all_rest_one_goes_ahead_and_they_begin_again_apart(
    database_url: str, tmp_path: Path
) -> None:
    chances = iter([0.0] * 1_000)
    with many_lanes(LANES, database_url, tmp_path, Parts(chance=lambda: next(chances))) as many:
        world = many.world
        world.fault("http_503_maintenance", path="/Invoices", times=None)
        # The last one was not served lately, and has no say.
        for round_ in range(5):
            for number in range(LANES - 1):
                many.queue(number, 1, start=round_)
            look_at_all(many)
        assert [row["failures_in_row"] for row in many.rows()] == [5, 5, 5, 4, 0], "three of four are enough"
        assert together(many)["resting"]
        many.queue(LANES - 1, 60)
        calls = len(many.calls()) + len(many.calls("GET"))
        assert look_at_all(many) == [False] * LANES, "a lane that never failed rests with all"

        world.later(31)
        assert sum(look_at_all(many)) == 1, "one call goes ahead, of one lane"
        assert len(many.calls()) + len(many.calls("GET")) == calls + 1
        assert together(many)["failed_probes"] == 1
        assert look_at_all(many) == [False] * LANES
        world.later(31)
        assert look_at_all(many) == [False] * LANES, "a failed probe doubles the rest"

        world.control.delete("/faults").raise_for_status()
        world.later(31)
        assert sum(look_at_all(many)) >= 1
        assert not together(many)["resting"]
        for _ in range(60):
            while any(look_at_all(many)):
                pass
            world.later(60)
        assert {entry["state"] for entry in world.outbox()} == {"DONE"}
        assert len(world.in_xero()) == (LANES - 1) * 5 + 60


def test_an_organisation_that_is_offline_rests_for_five_minutes_and_no_other_does(
    database_url: str, tmp_path: Path
) -> None:
    with many_lanes(2, database_url, tmp_path) as many:
        many.world.fault("http_503_organisation_offline", method="PUT", path="/Invoices")
        many.queue(0, 3)
        many.queue(1, 3)
        assert look_at_all(many) == [True, True]
        first, second = many.rows()
        assert first["paused_for"] == "organisation_offline"
        assert first["failures_in_row"] == 0
        assert second["paused_until"] is None
        assert states(many.world)[3:] == ["DONE"] * 3
        many.world.later(301)
        while any(look_at_all(many)):
            pass
        assert states(many.world) == ["DONE"] * 6
        assert len(many.world.in_xero()) == 6


def test_the_limit_of_the_app_rests_every_connection_and_is_no_failure(database_url: str, tmp_path: Path) -> None:
    with many_lanes(2, database_url, tmp_path) as many:
        many.world.fault("http_429_appminute", method="PUT", path="/Invoices", retry_after=20)
        many.queue(0, 3)
        many.queue(1, 3)
        assert look_at_all(many) == [True, False]
        assert [row["paused_until"] for row in many.rows()] == [None, None]
        assert {entry["attempts"] for entry in many.world.outbox()} == {0}
        many.world.later(21)
        many.world.later(40)
        while any(look_at_all(many)):
            pass
        assert states(many.world) == ["DONE"] * 6


@pytest.mark.parametrize("said", ["-5", "0", "soon", "1e9", "99999999", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_strange_retry_after_rests_a_minute_or_two_at_most(world: World, said: str) -> None:
    world.fault("http_429_minute", method="PUT", path="/Invoices", retry_after=said)
    world.queue(example_invoices(2))
    with rests(world, 120, least=1):
        world.work()
    world.later(121)
    world.work()
    assert_in_xero_once(world, 2)


def test_a_day_that_is_used_up_is_told_with_its_time_and_outlives_a_restart(world: World) -> None:
    world.fault("http_429_day", method="PUT", path="/Invoices", retry_after=77_000)
    world.queue(example_invoices(2))
    with rests(world, 77_000):
        world.work()
    assert "Today's Xero limit is used up. It goes at " in explained(world)
    assert lane(world)["paused_for"] == "rate_limited_daily"


def test_the_kept_tenth_of_the_day_is_told_as_the_days_limit(world: World) -> None:
    world.queue(example_invoices(1))
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.lane SET day_most = 5000, promised_today = started + 500,"
            " day_over_at = app.now() + interval '1 hour'"
        )
    assert not world.engine.dispatcher.look_at(world.lane)
    assert "Today's Xero limit is used up. It goes at " in explained(world)
