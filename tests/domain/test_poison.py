"""What becomes of entries that spoil their requests or kill their workers: tables of the policy."""

import pytest

from domain.poison import (
    DEATHS_ALONE,
    Fate,
    fate_after_death,
    fate_after_refusal,
    fate_after_search,
    fate_after_server_error,
    fate_after_tries,
    wait_after_break,
)


@pytest.mark.parametrize(
    ("tries", "together", "fate"),
    [(1, 50, "again"), (2, 50, "part"), (2, 2, "part"), (1, 1, "again"), (2, 1, "alone"), (11, 1, "alone")],
)
def test_a_second_server_error_parts_entries_and_leaves_a_lone_one_alone(tries: int, together: int, fate: Fate) -> None:
    assert fate_after_server_error(tries, together) == fate


@pytest.mark.parametrize(
    ("together", "told_why", "refused_before", "fate"),
    [
        (50, False, False, "part"),
        (50, True, True, "part"),
        (2, True, False, "part"),
        (1, False, False, "again"),
        (1, True, False, "end"),
        (1, False, True, "end"),
        (1, True, True, "end"),
    ],
)
def test_a_refusal_parts_entries_and_a_lone_one_has_a_second_try_if_it_was_not_told_why(
    together: int, told_why: bool, refused_before: bool, fate: Fate
) -> None:
    assert fate_after_refusal(together, told_why, refused_before) == fate


@pytest.mark.parametrize(
    ("deaths", "together", "fate"),
    [
        (1, 50, "again"),
        (2, 50, "again"),
        (3, 50, "part"),
        (9, 2, "part"),
        (1, 1, "again"),
        (4, 1, "again"),
        (5, 1, "end"),
        (9, 1, "end"),
    ],
)
def test_a_third_death_parts_entries_and_a_lone_one_ends_with_the_fifth(deaths: int, together: int, fate: Fate) -> None:
    assert fate_after_death(deaths, together) == fate


@pytest.mark.parametrize("poison", [0, 17, 24, 30, 49])
def test_one_that_kills_its_worker_is_alone_after_six_partings_and_ends(poison: int) -> None:
    group, deaths, workers = list(range(50)), 0, 0
    while True:
        deaths, workers = deaths + 1, workers + 1  # of company, or by itself
        fate = fate_after_death(deaths, len(group))
        if fate == "end":
            break
        if fate == "part":
            halves = group[: len(group) // 2], group[len(group) // 2 :]
            group = next(half for half in halves if poison in half)
            deaths = deaths if len(group) > 1 else 0
    assert group == [poison]
    assert workers <= 2 + 6 + DEATHS_ALONE


def test_what_breaks_its_claim_alone_has_ever_longer_moments_to_pass_before_it_ends() -> None:
    waits = [wait_after_break(breaks) for breaks in range(1, DEATHS_ALONE)]
    assert waits == [4.0, 8.0, 16.0, 32.0]


@pytest.mark.parametrize(
    ("tries", "together", "fate"),
    [(1, 50, "again"), (11, 50, "again"), (12, 50, "part"), (40, 2, "part"), (12, 1, "again"), (40, 1, "again")],
)
def test_a_twelfth_try_in_vain_parts_entries_whyever_and_says_nothing_of_a_lone_one(
    tries: int, together: int, fate: Fate
) -> None:
    assert fate_after_tries(tries, together) == fate


HOUR = 3600.0


@pytest.mark.parametrize(
    ("spoiled", "searching", "together", "fate"),
    [
        (1, 0.0, 40, "again"),
        (2, 0.0, 40, "part"),
        (2, 0.0, 2, "part"),
        (30, 100 * HOUR, 2, "part"),
        (0, 100 * HOUR, 40, "again"),
        (11, 3 * HOUR, 1, "again"),
        (12, 1 * HOUR, 1, "again"),
        (12, 2 * HOUR, 1, "end"),
        (0, 72 * HOUR, 1, "again"),
        (0, 72 * HOUR + 1, 1, "end"),
    ],
)
def test_searches_in_vain_part_entries_and_end_a_lone_one_after_hours_or_after_days_if_xero_was_away(
    spoiled: int, searching: float, together: int, fate: Fate
) -> None:
    assert fate_after_search(spoiled, searching, together) == fate
