"""The breakers: when a lane rests because Xero fails it, when all lanes rest, and how they begin again. Pure.

A lane opens after failures in a row, rests ever longer, and then sends one entry ahead. All lanes rest when over half
of those served lately are open; then one call of one lane goes ahead, and its answer speaks for all.

Several calls of a lane are on their way at once, and a slow one may end long after others have told more. A call that
had begun before a failure was recorded takes nothing back of what that failure said: only one begun later does.
"""

from typing import Final, Literal

import msgspec

LONGEST_PAUSE: Final = 15 * 60.0
FIRST_PAUSE: Final = 30.0
FAILURES_BEFORE_PAUSE: Final = 5

Evidence = Literal["away", "served", "answers", "none"]
"""What a call tells of Xero: it fails us; it dealt with what was sent; it answers, which says nothing of sending; or
nothing, as Xero was not asked at all."""

LATELY: Final = 600.0
"""Seconds within which a lane must have been served to have a say in whether all rest."""
FEWEST_LANES: Final = 4
"""Lanes that must have a say: of fewer, half is no evidence that Xero as a whole is away."""
SPREAD: Final = 30.0
"""Seconds over which lanes begin again once Xero answers, so that they do not come all at once."""


class Breaker(msgspec.Struct, frozen=True):
    """A lane's failures in a row, and the number of the newest call when the latest of them was recorded."""

    failures: int = 0
    newest_call: int = 0


def breaker_after(breaker: Breaker, evidence: Evidence, call: int, newest_call: int) -> Breaker:
    """The breaker once `call` has told something, while `newest_call` is the newest one.

    While the breaker is open, calls that began before it opened tell nothing new: they neither close it nor make the
    rest longer, as the probe will tell. The SQL of the lanes says the same of what was served, in one statement.
    """
    old = call <= breaker.newest_call
    if evidence == "served" and not old:
        return Breaker(0, breaker.newest_call)
    if evidence == "away" and not (old and is_probe(breaker.failures)):
        return Breaker(breaker.failures + 1, newest_call)
    return breaker


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
