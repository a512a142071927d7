"""What a lane's row keeps of failures: counted where they are recorded, whatever a call knew when it began."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from adapters.event_store import lane_breaker, lane_calls, lanes
from adapters.event_store.lane_calls import Held
from adapters.event_store.writes import Heard
from domain.breaker import Breaker, Evidence, breaker_after, pause_after
from domain.budget import Budget
from tests.adapters.event_store.test_lanes import LANE, Clocked


@pytest.fixture
def lane(database_url: str) -> Iterator[Clocked]:
    with psycopg.connect(database_url, row_factory=dict_row, autocommit=True) as connection:
        yield Clocked(connection)


def row(lane: Clocked) -> dict[str, Any]:
    found = lanes.read(lane.cursor, LANE)
    assert found is not None
    return found


@pytest.mark.parametrize("evidence", ["away", "served", "answers", "none"])
@pytest.mark.parametrize("call", [7, 8, 10])
@pytest.mark.parametrize("failures", [0, 3, 4, 5, 9])
def test_the_row_keeps_what_the_policy_says_a_call_tells(
    lane: Clocked, failures: int, call: int, evidence: Evidence
) -> None:
    lane.cursor.execute("UPDATE app.lane SET started = 10, newest_at_failure = 7, failures_in_row = %s", (failures,))
    lane_calls.heard(lane.cursor, Heard(connection_id=LANE, call=call, evidence=evidence))
    kept, before = row(lane), Breaker(failures, 7)
    after = breaker_after(before, evidence, call, 10)
    assert Breaker(kept["failures_in_row"], kept["newest_at_failure"]) == after
    rest = pause_after(after.failures) if after != before else None
    answer = lane_calls.admit(lane.cursor, LANE, Budget())
    assert (answer.look_again if isinstance(answer, Held) else None) == rest
    assert lane_breaker.is_open(lane.cursor, LANE) is (rest is not None)


def test_an_old_call_that_fails_after_xero_answered_is_no_reason_for_all_to_rest_again(lane: Clocked) -> None:
    lane.cursor.execute("UPDATE app.lane SET failures_in_row = 5, started = 10, served_at = app.now()")
    lane_calls.heard(lane.cursor, Heard(connection_id=LANE, pause=60.0, pause_for="xero_unavailable"))
    assert lane_breaker.begin_again(lane.cursor, lambda: 0.5) == {LANE: 15.0}
    lane_calls.heard(lane.cursor, Heard(connection_id=LANE, call=10, evidence="away"))
    assert lane_calls.admit(lane.cursor, LANE, Budget()) == Held(look_again=15.0, cause="xero_unavailable")
    assert not lane_breaker.is_open(lane.cursor, LANE)
    assert lane_breaker.open_of_lately(lane.cursor, 600.0) == (0, 1)
    lane.at(15)
    assert lane.admits()
    lane_calls.heard(lane.cursor, Heard(connection_id=LANE, call=11, evidence="away"))
    assert lane_breaker.is_open(lane.cursor, LANE), "its probe failed since"
    assert lane_breaker.open_of_lately(lane.cursor, 600.0) == (1, 1)


def test_a_shorter_rest_of_the_breaker_does_not_rename_a_longer_one(lane: Clocked) -> None:
    lane.cursor.execute("UPDATE app.lane SET failures_in_row = 4")
    failed = partial(Heard, connection_id=LANE, call=1, evidence="away")
    lane_calls.heard(lane.cursor, failed(pause=77_000.0, pause_for="rate_limited_daily", limit="day"))
    lane_calls.heard(lane.cursor, failed(pause=5.0, pause_for="xero_unavailable"))
    assert lane_calls.admit(lane.cursor, LANE, Budget()) == Held(look_again=77_000.0, cause="rate_limited_daily")
    assert lane_breaker.begin_again(lane.cursor, lambda: 0.5) == {}, "a limit holds though Xero answers"


def test_lanes_that_rest_begin_again_each_at_its_own_moment_and_none_later_than_before(lane: Clocked) -> None:
    lane.cursor.execute("UPDATE app.lane SET failures_in_row = 8")
    lane_calls.heard(lane.cursor, Heard(connection_id=LANE, call=1, evidence="away"))
    assert lane_calls.admit(lane.cursor, LANE, Budget()) == Held(look_again=480.0, cause="xero_unavailable")
    assert lane_breaker.open_of_lately(lane.cursor, 600.0) == (0, 0), "it was not served lately"
    lane.cursor.execute("UPDATE app.lane SET served_at = app.now()")
    assert lane_breaker.open_of_lately(lane.cursor, 600.0) == (1, 1)
    assert lane_breaker.begin_again(lane.cursor, lambda: 0.5) == {LANE: 15.0}
    assert lane_calls.admit(lane.cursor, LANE, Budget()) == Held(look_again=15.0, cause="xero_unavailable")
    assert lane_breaker.begin_again(lane.cursor, lambda: 0.9) == {LANE: 27.0}
    assert lane_calls.admit(lane.cursor, LANE, Budget()) == Held(look_again=15.0, cause="xero_unavailable")
