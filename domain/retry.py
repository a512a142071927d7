"""When to try again, and when to stop: pure policies over attempts, age and failures in a row."""

from typing import Final

MOST_ATTEMPTS: Final = 12
OLDEST: Final = 72 * 3600.0
LONGEST_WAIT: Final = 15 * 60.0
FIRST_WAIT: Final = 2.0
FAILURES_BEFORE_PAUSE: Final = 5
FIRST_PAUSE: Final = 30.0


def exhausted(attempts: int, trying: float) -> bool:
    """Whether an entry has been tried often or long enough; `trying` in seconds since the first try.

    Time behind a closed gate or a paused lane before that does not count: nothing was tried then.
    """
    return attempts >= MOST_ATTEMPTS or trying > OLDEST


def wait_before(attempt: int, chance: float) -> float:
    """Seconds before the next try after `attempt` failed ones: full jitter (`chance` in [0, 1)), doubling to 15 min."""
    return chance * min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempt, 30))


def breaker_pause(failures_in_row: int) -> float | None:
    """Seconds a lane rests after so many failed calls in a row; None while the breaker stays closed."""
    if failures_in_row < FAILURES_BEFORE_PAUSE:
        return None
    return min(LONGEST_WAIT, FIRST_PAUSE * 2.0 ** min(failures_in_row - FAILURES_BEFORE_PAUSE, 30))


def is_probe(failures_in_row: int) -> bool:
    """Whether a lane's next call is a probe of one entry, because its breaker was open."""
    return failures_in_row >= FAILURES_BEFORE_PAUSE
