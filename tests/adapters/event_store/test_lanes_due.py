"""Which lanes a sweep rings for: those that may do something now, as the policy of the budget says."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import psycopg
import pytest
from psycopg.rows import dict_row

from adapters.event_store import lanes, whole_app
from adapters.event_store.lane_calls import Admission, admit
from domain.budget import Use
from tests.adapters.event_store.test_lanes import BUDGET, LANE, Clocked
from tests.examples import NOON, identity

ENTRIES: Final[dict[Use, str]] = {
    "send": "'PENDING', false",
    "asked_to_send": "'PENDING', true",
    "look_up": "'AMBIGUOUS', false",
}
"""The state of what a lane has to do by such a call, and whether a person asked for it."""


@pytest.fixture
def lane(database_url: str) -> Iterator[Clocked]:
    with psycopg.connect(database_url, row_factory=dict_row, autocommit=True) as connection:
        yield Clocked(connection)


@pytest.mark.parametrize("use", ENTRIES)
def test_a_lane_is_due_exactly_when_the_day_lets_it_do_what_it_has_to_do(lane: Clocked, use: Use) -> None:
    lane.cursor.execute(
        "INSERT INTO app.outbox (connection_id, kind, stream_id, seq, effect_key, state, asked)"
        f" VALUES (%s, 'create_invoice', %s, 1, 'one', {ENTRIES[use]})",
        (LANE, identity("stream")),
    )
    seen = set[bool]()
    for left in (None, -3, 0, 1, 49, 50, 51, 99, 100, 101, 999):
        for over_in in (None, -1, 0, 1, 3_599, 3_600, 3_601, 70_000):
            day_over_at = None if over_in is None else NOON + timedelta(seconds=over_in)
            lane.cursor.execute(
                "UPDATE app.lane SET started = 10, promised_today = 10 + %s, day_most = 1009, day_over_at = %s",
                (left, day_over_at),
            )
            may = isinstance(admit(lane.cursor, LANE, BUDGET, use), Admission)
            assert (lanes.due(lane.cursor, 10) == [LANE]) is may, (left, over_in)
            seen.add(may)
    assert seen == {True, False}
    lane.cursor.execute("UPDATE app.lane SET promised_today = NULL")
    whole_app.pause(lane.cursor, 30.0, "xero_unavailable")
    assert lanes.due(lane.cursor, 10) == [], "all rest"
    lane.at(30)
    assert lanes.due(lane.cursor, 10) == [LANE]
