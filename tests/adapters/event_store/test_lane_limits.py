"""What a lane's row keeps of Xero's limits: promises by headers, the day's reserve, the app's limit, and odd clocks."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from adapters.event_store import lane_calls, lanes, whole_app
from adapters.event_store.lane_calls import Admission, Held
from adapters.event_store.writes import Heard
from domain.budget import Budget, Use, promised_after
from tests.adapters.event_store.test_lanes import LANE, Clocked

BUDGET = Budget()


@pytest.fixture
def lane(database_url: str) -> Iterator[Clocked]:
    with psycopg.connect(database_url, row_factory=dict_row, autocommit=True) as connection:
        yield Clocked(connection)


def row(lane: Clocked) -> dict[str, Any]:
    found = lanes.read(lane.cursor, LANE)
    assert found is not None
    return found


def admit(lane: Clocked, use: Use = "send") -> Admission | Held:
    return lane_calls.admit(lane.cursor, LANE, BUDGET, use)


def hear(lane: Clocked, **said: Any) -> None:
    lane_calls.heard(lane.cursor, Heard(connection_id=LANE, **said))


@pytest.mark.parametrize(
    ("promised", "started", "call", "in_flight", "left"),
    [
        (None, 1, 1, 0, 59),
        (60, 20, 18, 3, 40),
        (60, 20, 18, 3, 2),
        (60, 60, 60, 0, 0),
        (60, 61, 61, 0, 59),
        (120, 64, 58, 1, 1),
    ],
)
def test_the_row_keeps_what_the_policy_says_an_answer_promises(
    lane: Clocked, promised: int | None, started: int, call: int, in_flight: int, left: int
) -> None:
    lane.cursor.execute(
        "UPDATE app.lane SET promised = %s, promised_today = %s, started = %s", (promised,) * 2 + (started,)
    )
    hear(lane, call=call, in_flight=in_flight, min_left=left, day_left=left)
    after = promised_after(promised, started, call, in_flight, left)
    assert (row(lane)["promised"], row(lane)["promised_today"]) == (after, after)
    assert (row(lane)["window_over_at"] is None) is (after == promised)


def test_promised_calls_start_at_once_and_then_one_goes_ahead_when_the_window_is_over(lane: Clocked) -> None:
    assert lane.admits()
    hear(lane, call=1, min_left=4)
    assert [lane.admits() for _ in range(5)] == [True] * 4 + [False]
    held = admit(lane)
    assert isinstance(held, Held)
    assert (held.look_again, held.cause) == (60.0, "rate_limited")
    lane.at(60)
    assert lane.admits()
    assert not lane.admits(), "one goes ahead, and its answer is waited for"
    hear(lane, call=6, min_left=59)
    assert lane.admits()


def test_a_good_answer_that_says_nothing_of_limits_leaves_the_lane_to_the_bucket(lane: Clocked) -> None:
    hear(lane, call=1, min_left=59, day_left=4_000)
    hear(lane, call=2)
    assert row(lane)["promised"] is not None, "an answer that was lost says nothing at all"
    hear(lane, call=3, silent=True)
    assert (row(lane)["promised"], row(lane)["promised_today"]) == (None, None)


def test_a_429_ends_all_promises_until_the_time_it_names(lane: Clocked) -> None:
    lane.cursor.execute("UPDATE app.lane SET started = 30, promised = 60")
    hear(lane, call=30, min_left=0, pause=37.0, pause_for="rate_limited")
    lane.at(36)
    assert not lane.admits()
    lane.at(37.5)
    assert lane.admits()
    assert not lane.admits()


def test_the_last_tenth_of_a_day_is_kept_and_asked_about_once_an_hour(lane: Clocked) -> None:
    hear(lane, call=0, day_left=4_999)
    lane.cursor.execute("UPDATE app.lane SET started = 4499")
    hear(lane, call=4_499, day_left=500)
    held = admit(lane)
    assert isinstance(held, Held)
    assert (held.look_again, held.cause) == (3_600.0, "rate_limited_daily")
    assert isinstance(admit(lane, "routine"), Held)
    assert isinstance(admit(lane, "look_up"), Admission)
    assert isinstance(admit(lane, "asked"), Admission)
    waits = lane_calls.waits_for(row(lane), whole_app.read(lane.cursor), row(lane)["refilled_at"], BUDGET)
    assert waits == ("rate_limited_daily", 3_600.0)
    lane.at(3_600)
    assert lane.admits(), "one call asks whether a new day has begun"
    hear(lane, call=4_500, day_left=499)
    assert not lane.admits()
    lane.at(7_200)
    assert lane.admits()
    hear(lane, call=4_501, day_left=4_999)
    assert lane.admits()


def test_a_lost_answer_to_whether_a_new_day_has_begun_costs_a_minute_and_not_an_hour(lane: Clocked) -> None:
    lane.cursor.execute("UPDATE app.lane SET started = 4999, promised = 6000, promised_today = 4999")
    hear(lane, call=4_999, day_left=0, pause=30.0, pause_for="rate_limited_daily")
    lane.at(31)
    assert lane.admits(), "one call asks"
    hear(lane, call=5_000)
    assert not lane.admits()
    lane.at(92)
    assert lane.admits(), "and asks again, since nobody was told"
    hear(lane, call=5_001, day_left=4_999)
    assert lane.admits()


def test_a_worker_that_dies_while_it_asks_for_a_new_day_costs_a_minute_and_not_an_hour(lane: Clocked) -> None:
    lane.cursor.execute("UPDATE app.lane SET started = 4499, promised_today = 4999, day_most = 5000")
    assert lane.admits(), "one call asks"
    assert not lane.admits(), "and nobody else meanwhile"
    lane.at(59)
    assert not lane.admits()
    lane.at(60)
    assert lane.admits(), "its worker was killed before it heard the answer"
    hear(lane, call=4_501, day_left=498)
    lane.at(3_659)
    assert not lane.admits(), "it was told that the same day goes on"
    lane.at(3_661)
    assert lane.admits()


def test_what_is_left_for_the_whole_app_holds_every_lane_for_a_minute(lane: Clocked) -> None:
    whole_app.heard(lane.cursor, 501)
    assert lane.admits()
    whole_app.heard(lane.cursor, 500)
    held = admit(lane)
    assert isinstance(held, Held)
    assert (held.look_again, held.cause) == (60.0, "rate_limited")
    lane.at(60)
    assert lane.admits()


def test_every_lane_goes_on_when_the_window_of_the_whole_app_is_over_whenever_it_was_heard_of(lane: Clocked) -> None:
    whole_app.heard(lane.cursor, 500, lasted=57.0)
    held = admit(lane)
    assert isinstance(held, Held)
    assert held.look_again == 3.0
    lane.at(3)
    assert lane.admits()


def test_a_pause_of_the_whole_app_holds_every_lane(lane: Clocked) -> None:
    whole_app.pause(lane.cursor, 12.0, "rate_limited")
    whole_app.pause(lane.cursor, 3.0, "rate_limited")
    assert admit(lane) == Held(look_again=12.0, cause="rate_limited")
    lane.at(12)
    assert lane.admits()


def test_a_clock_that_is_set_back_an_hour_costs_a_minute_at_most(lane: Clocked) -> None:
    lane.at(3_600)
    while lane.admits():
        pass
    hear(lane, call=3, min_left=0)
    lane.at(0)
    assert not lane.admits()
    assert -57 <= row(lane)["tokens"] <= 3
    lane.at(60.1)
    assert lane.admits()


def test_a_clock_that_leaps_a_year_fills_the_bucket_and_no_more(lane: Clocked) -> None:
    lane.at(365 * 86_400)
    assert [lane.admits() for _ in range(4)] == [True] * 3 + [False]


def test_a_probe_for_all_is_one_lanes_alone(lane: Clocked) -> None:
    assert whole_app.rest(lane.cursor, 30.0)
    assert not whole_app.rest(lane.cursor, 30.0), "they rest already"
    assert isinstance(admit(lane), Held)
    lane.at(30)
    admission = admit(lane)
    assert isinstance(admission, Admission)
    assert admission.for_all
    assert whole_app.take_probe(lane.cursor, 8.0)
    assert not whole_app.take_probe(lane.cursor, 8.0)
    lane.at(38)
    assert whole_app.take_probe(lane.cursor, 8.0), "the one that went ahead died"
    whole_app.probe_failed(lane.cursor, 60.0)
    assert isinstance(admit(lane), Held)
    assert whole_app.begin_again(lane.cursor)
    assert not whole_app.begin_again(lane.cursor)
    assert lane.admits()


def test_lanes_that_rest_begin_again_each_at_its_own_moment_and_none_later_than_before(lane: Clocked) -> None:
    hear(lane, failures_in_row=9, pause=480.0, pause_for="xero_unavailable")
    assert lanes.open_of_lately(lane.cursor, 600.0) == (0, 0), "it was not served lately"
    lane.cursor.execute("UPDATE app.lane SET served_at = app.now()")
    assert lanes.open_of_lately(lane.cursor, 600.0) == (1, 1)
    assert lanes.begin_again(lane.cursor, lambda: 0.5) == {LANE: 15.0}
    assert admit(lane) == Held(look_again=15.0, cause="xero_unavailable")
    assert lanes.begin_again(lane.cursor, lambda: 0.9) == {LANE: 27.0}
    assert admit(lane) == Held(look_again=15.0, cause="xero_unavailable")
