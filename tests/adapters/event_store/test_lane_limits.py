"""What a lane's row keeps of Xero's limits: promises by headers, the day's reserve, the app's limit, and odd clocks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from adapters.event_store import clock_seen, lane_calls, lanes, whole_app
from adapters.event_store.lane_calls import Admission, Held
from adapters.event_store.writes import Heard
from domain.budget import Budget, Use, day_most_after, promised_after, promised_after_return
from tests.adapters.event_store.test_lanes import LANE, Clocked
from tests.examples import NOON, identity

BUDGET = Budget()
FIRST, SECOND = identity("first"), identity("second")


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


@pytest.mark.parametrize(("limit", "over_in"), [("minute", 2.0), ("concurrent", 50.0), ("app", 50.0), ("day", 50.0)])
def test_only_the_limit_of_the_minute_says_when_a_window_is_over(lane: Clocked, limit: Any, over_in: float) -> None:
    hear(lane, call=0, min_left=2, day_left=4_999)
    lane.at(10)
    hear(lane, call=1, pause=2.0, pause_for="rate_limited", limit=limit)
    kept, at = row(lane), NOON + timedelta(seconds=10)
    assert kept["window_over_at"] == at + timedelta(seconds=over_in)
    assert kept["day_over_at"] == at + timedelta(seconds=2.0 if limit == "day" else 60.0)


def test_a_429_ends_all_promises_until_the_time_it_names(lane: Clocked) -> None:
    lane.cursor.execute("UPDATE app.lane SET started = 30, promised = 60")
    hear(lane, call=30, min_left=0, pause=37.0, pause_for="rate_limited", limit="minute")
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
    assert isinstance(admit(lane, "asked_to_send"), Admission)
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


@pytest.mark.parametrize(
    ("day_most", "promised", "call", "left"),
    [
        (5_000, None, 7, 999),
        (5_000, 5_000, 4_500, 500),
        (5_000, 5_000, 4_500, 519),
        (5_000, 5_000, 4_500, 999),
        (5_000, 5_000, 4_500, 521),
        (1_000, 1_600, 1_100, 4_999),
        (5_000, 5_000, 10, 999),
        (0, None, 1, 4_999),
    ],
)
def test_the_row_keeps_the_most_of_a_day_that_the_policy_names(
    lane: Clocked, day_most: int, promised: int | None, call: int, left: int
) -> None:
    lane.cursor.execute(
        "UPDATE app.lane SET day_most = %s, promised_today = %s, started = %s", (day_most, promised, call)
    )
    hear(lane, call=call, day_left=left)
    assert row(lane)["day_most"] == day_most_after(day_most, promised, call, left)


def test_after_a_downgrade_a_tenth_of_the_smaller_day_is_kept(lane: Clocked) -> None:
    lane.cursor.execute("UPDATE app.lane SET started = 4500, promised_today = 5000, day_most = 5000")
    lane.at(1)
    assert lane.admits(), "one asks for a new day"
    hear(lane, call=4_501, day_left=999)
    lane.cursor.execute("UPDATE app.lane SET started = 5399")
    assert lane.admits(), "with 101 left"
    assert not lane.admits()


@pytest.mark.parametrize("heard", [None, 5, 7])
@pytest.mark.parametrize("promised", [None, 9])
def test_what_a_call_took_that_never_went_out_is_there_again_as_the_policy_says(
    lane: Clocked, promised: int | None, heard: int | None
) -> None:
    lane.cursor.execute("UPDATE app.lane SET started = 3, promised = %s, promised_today = %s", (promised,) * 2)
    admission = admit(lane)
    assert isinstance(admission, Admission)
    lane_calls.take(lane.cursor, admission, BUDGET)
    if heard is not None:
        hear(lane, call=3, min_left=heard, day_left=heard)
    now = row(lane)["promised"]
    hear(lane, call=admission.call, returned=admission.taken)
    kept = row(lane)
    assert (kept["promised"], kept["promised_today"]) == (promised_after_return(now, promised),) * 2
    assert kept["started"] == 4, "no number is ever given twice"
    assert kept["tokens"] == 3


def test_a_call_that_would_have_gone_ahead_and_never_went_out_lets_another_go_ahead_at_once(lane: Clocked) -> None:
    hear(lane, call=0, min_left=0, day_left=4_999)
    hear(lane, call=0, day_left=0)
    lane.at(3_600)
    admission = admit(lane)
    assert isinstance(admission, Admission)
    assert (admission.go.ahead, admission.go.ahead_today) == (True, True)
    lane_calls.take(lane.cursor, admission, BUDGET)
    assert not lane.admits()
    hear(lane, call=admission.call, returned=admission.taken)
    again = admit(lane)
    assert isinstance(again, Admission)
    assert again.go == admission.go
    assert lane.admits()
    hear(lane, call=1, returned=admission.taken)
    assert not lane.admits(), "what went ahead meanwhile is not taken back"


def test_a_lost_answer_to_whether_a_new_day_has_begun_costs_a_minute_and_not_an_hour(lane: Clocked) -> None:
    lane.cursor.execute("UPDATE app.lane SET started = 4999, promised = 6000, promised_today = 4999")
    hear(lane, call=4_999, day_left=0, pause=30.0, pause_for="rate_limited_daily", limit="day")
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
    clock_seen.look(lane.cursor, 180.0, 60.0)
    while lane.admits():
        pass
    hear(lane, call=3, min_left=0)
    lane.at(0)
    assert clock_seen.look(lane.cursor, 180.0, 60.0) == 3_600
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
    assert whole_app.take_probe(lane.cursor, FIRST, 8.0)
    assert not whole_app.take_probe(lane.cursor, SECOND, 8.0)
    lane.at(38)
    assert whole_app.take_probe(lane.cursor, SECOND, 8.0), "the one that went ahead died"
    assert not whole_app.begin_again(lane.cursor, FIRST), "nobody waits for it any more"
    whole_app.probe_failed(lane.cursor, FIRST, 600.0)
    assert whole_app.failed_probes(lane.cursor) == 0
    whole_app.probe_failed(lane.cursor, SECOND, 60.0)
    assert admit(lane) == Held(look_again=60.0, cause="xero_unavailable")
    lane.at(98)
    assert whole_app.take_probe(lane.cursor, FIRST, 8.0)
    whole_app.give_probe_back(lane.cursor, SECOND)
    assert not whole_app.take_probe(lane.cursor, SECOND, 8.0), "only its own is given back"
    whole_app.give_probe_back(lane.cursor, FIRST)
    assert whole_app.take_probe(lane.cursor, SECOND, 8.0), "another goes ahead at once"
    assert whole_app.begin_again(lane.cursor, SECOND)
    assert not whole_app.begin_again(lane.cursor, SECOND)
    assert lane.admits()


def test_the_apps_limit_outlasts_a_rest_and_keeps_its_name(lane: Clocked) -> None:
    whole_app.pause(lane.cursor, 60.0, "rate_limited")
    assert whole_app.rest(lane.cursor, 30.0)
    assert admit(lane) == Held(look_again=60.0, cause="rate_limited")
    lane.cursor.execute("UPDATE app.whole_app SET probe_by = %s", (FIRST,))
    assert whole_app.begin_again(lane.cursor, FIRST)
    assert admit(lane) == Held(look_again=60.0, cause="rate_limited")
    lane.at(60)
    assert lane.admits()
