"""When to try again, and when to stop: tables of the policies."""

import pytest

from domain.retry import exhausted, rest_after_limit, rest_within, wait_before, wait_before_search

HOUR = 3600.0


@pytest.mark.parametrize(
    ("alone", "trying", "expected"),
    [
        (0, 0.0, False),
        (11, 71 * HOUR, False),
        (12, 0.0, True),
        (13, 0.0, True),
        (1, 72 * HOUR, False),
        (1, 72 * HOUR + 1, True),
    ],
)
def test_an_entry_is_given_up_after_twelve_attempts_by_itself_or_three_days(
    alone: int, trying: float, expected: bool
) -> None:
    assert exhausted(alone, trying) is expected


@pytest.mark.parametrize(
    ("attempt", "most"),
    [(0, 2.0), (1, 4.0), (2, 8.0), (8, 512.0), (9, 900.0), (30, 900.0), (10_000, 900.0)],
)
def test_the_wait_is_any_part_of_a_span_that_doubles_to_a_quarter_of_an_hour(attempt: int, most: float) -> None:
    assert [wait_before(attempt, chance) for chance in (0.0, 0.5, 1.0)] == [0.0, most / 2, most]


@pytest.mark.parametrize(
    ("spoiled", "searching", "most"),
    [(0, 0.0, 4.0), (1, 3.0, 4.0), (0, 60.0, 60.0), (3, 60.0, 60.0), (8, 60.0, 512.0), (0, 5000.0, 900.0)],
)
def test_the_wait_before_a_search_grows_with_its_tries_or_with_the_time_it_was_in_vain(
    spoiled: int, searching: float, most: float
) -> None:
    assert [wait_before_search(spoiled, searching, chance) for chance in (0.0, 0.5, 1.0)] == [0.0, most / 2, most]


@pytest.mark.parametrize(
    ("kind", "said", "rest"),
    [
        ("minute", 37.0, 37.0),
        ("minute", None, 60.0),
        ("minute", 0.0, 60.0),
        ("minute", -5.0, 60.0),
        ("minute", 999_999.0, 120.0),
        ("app", 12.0, 12.0),
        ("app", None, 60.0),
        ("concurrent", None, 2.0),
        ("concurrent", 3.0, 3.0),
        ("concurrent", 86_400.0, 60.0),
        ("day", 77_000.0, 77_000.0),
        ("day", None, 3_600.0),
        ("day", 999_999.0, 86_400.0),
        ("day", float("nan"), 3_600.0),
        ("day", float("inf"), 86_400.0),
    ],
)
def test_xero_is_believed_how_long_to_rest_within_the_length_of_its_windows(
    kind: str, said: float | None, rest: float
) -> None:
    assert rest_after_limit(kind, said) == rest


@pytest.mark.parametrize(("said", "rest"), [(None, 5.0), (0.0, 5.0), (-1.0, 5.0), (30.0, 30.0), (1e9, 900.0)])
def test_any_other_rest_is_a_quarter_of_an_hour_at_most(said: float | None, rest: float) -> None:
    assert rest_within(said, 5.0) == rest
