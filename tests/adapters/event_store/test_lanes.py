"""A lane's gate, budget and pauses: how many calls may start, and what keeps them back."""

import datetime as dt
import threading
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Cursor
from psycopg.rows import dict_row

from adapters.event_store import deliveries, lane_calls, lanes
from adapters.event_store.lane_calls import Admission, Held
from adapters.event_store.writes import FinishedDelivery, Heard
from domain.budget import Budget
from domain.streams import connection_id
from tests.examples import ACCOUNT, NOON, identity

LANE = connection_id(ACCOUNT)
BUDGET = Budget()


class Clocked:
    """A session whose clock the test moves, with one lane whose gate is open."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]]) -> None:
        self.cursor: Cursor[dict[str, Any]] = connection.cursor()
        self.begin()

    def begin(self) -> None:
        """A new lane, at noon."""
        self.cursor.execute(
            "TRUNCATE app.lane, app.delivery CASCADE; UPDATE app.whole_app SET app_left = NULL, paused_until = NULL"
        )
        self.at(0.0)
        lanes.ensure(self.cursor, {LANE: ACCOUNT})
        lanes.set_gates(self.cursor, {LANE: True})

    def at(self, seconds: float) -> None:
        """Set the clock to so many seconds after noon."""
        now = NOON + dt.timedelta(seconds=seconds)
        self.cursor.execute("SELECT set_config('app.now', %s, false)", [now.isoformat()])

    def admits(self, budget: Budget = BUDGET) -> bool:
        """Whether a call may start now; it is taken from the budget."""
        admission = lane_calls.admit(self.cursor, LANE, budget)
        if isinstance(admission, Admission):
            lane_calls.take(self.cursor, admission, budget)
        return isinstance(admission, Admission)

    def open_call(self, name: str, lease: float = 8.0) -> None:
        """Put a call in flight."""
        deliveries.open_look_up(self.cursor, identity(name), LANE, "create_invoice", 1, lease)


@pytest.fixture
def lane(database_url: str) -> Iterator[Clocked]:
    with psycopg.connect(database_url, row_factory=dict_row, autocommit=True) as connection:
        yield Clocked(connection)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=st.lists(
        st.one_of(st.just(0.0), st.floats(0.0, 3.0), st.floats(0.0, 120.0)),
        min_size=40,
        max_size=150,
    )
)
def test_no_minute_ever_sees_more_calls_than_burst_and_rate_together(lane: Clocked, gaps: list[float]) -> None:
    lane.begin()
    started = list[float]()
    for second in accumulate(gaps):
        lane.at(second)
        if lane.admits():
            started.append(second)
    most = int(BUDGET.burst + BUDGET.per_minute)
    assert all(sum(begin <= one < begin + 60 for one in started) <= most for begin in started)


def test_a_lane_under_load_uses_its_whole_budget(lane: Clocked) -> None:
    started = 0
    for tenth in range(10 * 600):
        if tenth % 5 == 0:
            lane.at(tenth / 10)
            started += lane.admits()
    assert 568 <= started <= 573, "ten minutes at 57 a minute, and the burst at the beginning"


def test_four_calls_at_most_are_in_flight(lane: Clocked) -> None:
    generous = Budget(burst=100, per_minute=6_000)
    lane.at(60)
    for number in range(4):
        assert lane.admits(generous)
        lane.open_call(f"call {number}")
    assert not lane.admits(generous)
    deliveries.finish(lane.cursor, FinishedDelivery(delivery_id=identity("call 2"), outcome="answered"))
    assert lane.admits(generous)


def test_a_call_whose_worker_died_is_in_flight_until_its_lease_ends(lane: Clocked) -> None:
    one_at_a_time = Budget(in_flight=1)
    lane.open_call("call", lease=8.0)
    lane.at(7.9)
    assert not lane.admits(one_at_a_time)
    lane.at(8.1)
    assert lane.admits(one_at_a_time)


def test_a_refused_call_uses_nothing_and_neither_does_one_that_does_not_go(lane: Clocked) -> None:
    small = Budget(burst=1, per_minute=1)
    lane.at(60)
    assert isinstance(lane_calls.admit(lane.cursor, LANE, small), Admission)
    assert lane.admits(small)
    assert [lane.admits(small) for _ in range(5)] == [False] * 5
    lane.at(119)
    assert not lane.admits(small)
    lane.at(121)
    assert lane.admits(small)


def test_nothing_passes_a_closed_gate(lane: Clocked) -> None:
    lanes.set_gates(lane.cursor, {LANE: False})
    assert not lane.admits()
    lanes.set_gates(lane.cursor, {LANE: True})
    assert lane.admits()


def test_a_new_lanes_gate_is_closed_and_ensuring_it_again_changes_nothing(lane: Clocked) -> None:
    lanes.ensure(lane.cursor, {LANE: ACCOUNT, connection_id("other"): "other"})
    gates = {one: lanes.read(lane.cursor, one) for one in (LANE, connection_id("other"))}
    assert [row and row["gate"] for row in gates.values()] == ["open", "closed"]
    assert lanes.read(lane.cursor, connection_id("unknown")) is None


def test_a_pause_holds_until_it_ends_and_a_shorter_one_does_not_cut_it(lane: Clocked) -> None:
    lane.cursor.execute("UPDATE app.lane SET failures_in_row = 6")
    lane_calls.heard(lane.cursor, Heard(connection_id=LANE, pause=30.0, pause_for="xero_unavailable"))
    lane_calls.heard(lane.cursor, Heard(connection_id=LANE, pause=1.0, pause_for="rate_limited"))
    lane.at(29)
    assert lane_calls.admit(lane.cursor, LANE, BUDGET) == Held(look_again=1.0, cause="xero_unavailable")
    assert not lane.admits()
    lane.at(31)
    admission = lane_calls.admit(lane.cursor, LANE, BUDGET)
    assert isinstance(admission, Admission)
    assert admission.failures_in_row == 6
    assert admission.now == NOON + dt.timedelta(seconds=31)


@pytest.mark.parametrize("cause", ["xero_unavailable", "organisation_offline"])
def test_opening_the_gate_forgets_the_pauses_of_the_time_before(lane: Clocked, cause: str) -> None:
    lane.cursor.execute("UPDATE app.lane SET failures_in_row = 9")
    lane_calls.heard(lane.cursor, Heard(connection_id=LANE, pause=900.0, pause_for=cause))
    lanes.set_gates(lane.cursor, {LANE: True})
    admission = lane_calls.admit(lane.cursor, LANE, BUDGET)
    assert isinstance(admission, Admission)
    assert admission.failures_in_row == 0


@pytest.mark.parametrize("cause", ["rate_limited", "rate_limited_daily"])
def test_no_gate_forgets_a_limit_and_other_books_do(lane: Clocked, cause: str) -> None:
    lanes.set_organisations(lane.cursor, {LANE: "these books"})
    lane_calls.heard(lane.cursor, Heard(connection_id=LANE, books="these books", pause=900.0, pause_for=cause))
    for opened in (False, True):
        lanes.set_gates(lane.cursor, {LANE: opened})
    lanes.set_organisations(lane.cursor, {LANE: "these books"})
    assert lane_calls.admit(lane.cursor, LANE, BUDGET) == Held(look_again=900.0, cause=cause)
    lanes.set_organisations(lane.cursor, {LANE: "other books"})
    assert lane.admits()


def test_whoever_waits_for_a_lane_counts_the_calls_of_those_it_waited_for(lane: Clocked, database_url: str) -> None:
    one_at_a_time, admitted = Budget(in_flight=1), list[bool]()
    waiter = threading.Thread(target=lambda: admitted.append(lane.admits(one_at_a_time)))
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        holder = connection.cursor()
        holder.execute("SELECT set_config('app.now', %s, false)", [NOON.isoformat()])
        assert not isinstance(lane_calls.admit(holder, LANE, one_at_a_time), Held)
        deliveries.open_look_up(holder, identity("call"), LANE, "create_invoice", 1, 8.0)
        waiter.start()
        while not holder.execute("SELECT FROM pg_locks WHERE NOT granted").fetchall():
            assert waiter.is_alive(), "it did not wait"
    waiter.join()
    assert admitted == [False]
