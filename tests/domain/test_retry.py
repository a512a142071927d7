"""When to try again, and when to stop: tables of the policies."""

import pytest

from domain.retry import breaker_pause, exhausted, is_probe, wait_before

HOUR = 3600.0


@pytest.mark.parametrize(
    ("attempts", "age", "expected"),
    [
        (0, 0.0, False),
        (11, 71 * HOUR, False),
        (12, 0.0, True),
        (13, 0.0, True),
        (1, 72 * HOUR, False),
        (1, 72 * HOUR + 1, True),
    ],
)
def test_an_entry_is_given_up_after_twelve_attempts_or_three_days(attempts: int, age: float, expected: bool) -> None:
    assert exhausted(attempts, age) is expected


@pytest.mark.parametrize(
    ("attempt", "most"),
    [(0, 2.0), (1, 4.0), (2, 8.0), (8, 512.0), (9, 900.0), (30, 900.0), (10_000, 900.0)],
)
def test_the_wait_is_any_part_of_a_span_that_doubles_to_a_quarter_of_an_hour(attempt: int, most: float) -> None:
    assert [wait_before(attempt, chance) for chance in (0.0, 0.5, 1.0)] == [0.0, most / 2, most]


@pytest.mark.parametrize(
    ("failures", "pause"),
    [(0, None), (4, None), (5, 30.0), (6, 60.0), (9, 480.0), (10, 900.0), (10_000, 900.0)],
)
def test_a_lane_rests_after_five_failures_in_a_row_and_then_probes(failures: int, pause: float | None) -> None:
    assert breaker_pause(failures) == pause
    assert is_probe(failures) is (pause is not None)
