"""How often a mail may be sent again: steeply less, and bounded, whatever chance says."""

import pytest

from domain.mail_retry import (
    COPIES_AFTER,
    LEAST_WAIT,
    LONGEST_REFUSED_WAIT,
    wait_before_copy,
    wait_while_refused,
)

HOUR = 3600.0


@pytest.mark.parametrize(
    ("since_first", "wait"),
    [
        (0.0, 600.0),
        (599.0, 600.0),
        (600.0, HOUR),
        (1_200.0, HOUR - 600),
        (4_200.0, 7 * HOUR - 4_200),
        (7 * HOUR, 12 * HOUR),
        (19 * HOUR, 24 * HOUR),
        (43 * HOUR, None),
        (1_000 * HOUR, None),
    ],
)
def test_each_copy_waits_much_longer_than_the_one_before(since_first: float, wait: float | None) -> None:
    assert wait_before_copy(since_first, 0.0) == wait


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("takes", [0.0, 25.0, 600.0])
def test_there_are_at_most_six_copies_in_two_days_however_long_each_try_takes(chance: float, takes: float) -> None:
    copies, now, wait = 0, 0.0, wait_before_copy(0.0, chance)
    while wait is not None:
        copies += 1
        assert wait >= LEAST_WAIT
        now += takes + wait
        wait = wait_before_copy(now, chance)
    assert copies + 1 <= 6
    assert copies + 1 >= 4
    assert max(COPIES_AFTER) < 48 * HOUR


def test_a_mail_that_is_not_passed_on_is_tried_ever_more_rarely() -> None:
    waits = [wait_while_refused(attempts, 0.0) / HOUR for attempts in (0, 1, 2, 3, 4, 5, 50)]
    assert waits == [0.25, 0.5, 1.0, 2.0, 4.0, 6.0, 6.0]
    assert wait_while_refused(50, 0.999) <= LONGEST_REFUSED_WAIT * 1.1
