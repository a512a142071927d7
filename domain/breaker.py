"""The breakers: when a lane rests because Xero fails it, when all lanes rest, and how they begin again. Pure.

A lane opens after failures in a row, rests ever longer, and then sends one entry ahead. All lanes rest when over half
of those served lately are open; then one call of one lane goes ahead, and its answer speaks for all.
"""

from typing import Final

LONGEST_PAUSE: Final = 15 * 60.0
FIRST_PAUSE: Final = 30.0
FAILURES_BEFORE_PAUSE: Final = 5

LATELY: Final = 600.0
"""Seconds within which a lane must have been served to have a say in whether all rest."""
FEWEST_LANES: Final = 4
"""Lanes that must have a say: of fewer, half is no evidence that Xero as a whole is away."""
SPREAD: Final = 30.0
"""Seconds over which lanes begin again once Xero answers, so that they do not come all at once."""


def pause_after(failures_in_row: int) -> float | None:
    """Seconds a lane rests after so many failed calls in a row; None while its breaker stays closed."""
    if failures_in_row < FAILURES_BEFORE_PAUSE:
        return None
    return _doubling(failures_in_row - FAILURES_BEFORE_PAUSE)


def is_probe(failures_in_row: int) -> bool:
    """Whether a lane's next call is a probe of one entry, because its breaker was open."""
    return failures_in_row >= FAILURES_BEFORE_PAUSE


def all_rest(open_lanes: int, lanes_lately: int) -> bool:
    """Whether so many open lanes, of all that were served lately, mean that Xero fails everybody."""
    return lanes_lately >= FEWEST_LANES and 2 * open_lanes > lanes_lately


def pause_of_all(failed_probes: int) -> float:
    """Seconds all lanes rest after so many failed probes since they began to."""
    return _doubling(failed_probes)


def begins_again_in(chance: float) -> float:
    """Seconds after which one lane begins again once Xero answers (`chance` in [0, 1))."""
    return chance * SPREAD


def _doubling(times: int) -> float:
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(times, 30))
