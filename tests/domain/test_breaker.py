"""When a lane rests, when all lanes rest, and how they begin again: tables of the policies."""

import pytest

from domain.breaker import (
    SPREAD,
    Breaker,
    Evidence,
    all_rest,
    begins_again_in,
    breaker_after,
    is_probe,
    pause_after,
    pause_of_all,
)


@pytest.mark.parametrize(
    ("failures", "pause"),
    [(0, None), (4, None), (5, 30.0), (6, 60.0), (9, 480.0), (10, 900.0), (10_000, 900.0)],
)
def test_a_lane_rests_after_five_failures_in_a_row_and_then_probes(failures: int, pause: float | None) -> None:
    assert pause_after(failures) == pause
    assert is_probe(failures) is (pause is not None)


@pytest.mark.parametrize(
    ("before", "evidence", "call", "after"),
    [
        # Closed: every failure counts, and only a call begun after the last of them takes them back.
        (Breaker(0, 0), "away", 1, Breaker(1, 10)),
        (Breaker(4, 7), "away", 7, Breaker(5, 10)),
        (Breaker(4, 7), "away", 8, Breaker(5, 10)),
        (Breaker(4, 7), "served", 7, Breaker(4, 7)),
        (Breaker(4, 7), "served", 8, Breaker(0, 7)),
        # Open: what began before it opened tells nothing new, well or badly; the probe does.
        (Breaker(5, 7), "away", 7, Breaker(5, 7)),
        (Breaker(5, 7), "served", 7, Breaker(5, 7)),
        (Breaker(5, 7), "away", 8, Breaker(6, 10)),
        (Breaker(5, 7), "served", 8, Breaker(0, 7)),
        # An answer that is not about sending, or none at all, changes nothing.
        (Breaker(5, 7), "answers", 8, Breaker(5, 7)),
        (Breaker(5, 7), "none", 8, Breaker(5, 7)),
        (Breaker(3, 7), "answers", 8, Breaker(3, 7)),
        (Breaker(3, 7), "none", 8, Breaker(3, 7)),
    ],
)
def test_a_call_tells_nothing_against_failures_that_were_recorded_after_it_began(
    before: Breaker, evidence: Evidence, call: int, after: Breaker
) -> None:
    assert breaker_after(before, evidence, call, 10) == after


@pytest.mark.parametrize(
    ("opened", "lately", "rest"),
    [
        (0, 0, False),
        (1, 1, False),
        (3, 3, False),
        (2, 4, False),
        (3, 4, True),
        (4, 4, True),
        (500, 1_000, False),
        (501, 1_000, True),
    ],
)
def test_all_rest_once_more_than_half_of_at_least_four_lanes_are_open(opened: int, lately: int, rest: bool) -> None:
    assert all_rest(opened, lately) is rest


@pytest.mark.parametrize(("failed", "pause"), [(0, 30.0), (1, 60.0), (4, 480.0), (5, 900.0), (10_000, 900.0)])
def test_all_rest_twice_as_long_after_each_failed_probe_up_to_a_quarter_of_an_hour(failed: int, pause: float) -> None:
    assert pause_of_all(failed) == pause


def test_lanes_begin_again_spread_over_half_a_minute() -> None:
    assert [begins_again_in(chance) for chance in (0.0, 0.5, 1.0)] == [0.0, SPREAD / 2, SPREAD]
