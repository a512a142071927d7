"""When to try again, how long to rest where Xero asks for it, and when to stop: pure policies."""

from typing import Final

MOST_ATTEMPTS: Final = 12
OLDEST: Final = 72 * 3600.0
LONGEST_WAIT: Final = 15 * 60.0
FIRST_WAIT: Final = 2.0

LIMIT_RESTS: Final[dict[str, tuple[float, float]]] = {
    "minute": (60.0, 120.0),
    "app": (60.0, 120.0),
    "concurrent": (2.0, 60.0),
    "day": (3600.0, 86_400.0),
}
"""Seconds to rest after a 429 of each kind: where Xero does not say (it promises to say for minute and day), and the
most that is believed: no window is longer, and a slip of Xero's must not silence an organisation for a week."""

OFFLINE_REST: Final = 300.0
"""Seconds an organisation that is offline is left alone (Xero's page on response codes: about five minutes)."""


def exhausted(alone: int, trying: float) -> bool:
    """Whether an entry has been tried often or long enough; `trying` in seconds since the first try.

    Only tries by itself (`alone`) count: what came to nothing in company may have been spoiled by another. Time behind
    a closed gate or a paused lane before the first try does not count either: nothing was tried then.
    """
    return alone >= MOST_ATTEMPTS or trying > OLDEST


def wait_before(attempt: int, chance: float) -> float:
    """Seconds before the next try after `attempt` failed ones: full jitter (`chance` in [0, 1)), doubling to 15 min."""
    return chance * min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempt, 30))


def wait_before_search(spoiled: int, searching: float, chance: float) -> float:
    """Seconds before the next search for what was searched for in vain for `searching` seconds, `spoiled` times by its
    own fault perhaps: as before any other try, and ever longer also while Xero is away, which counts for no try.
    """
    return max(wait_before(max(1, spoiled), chance), chance * min(LONGEST_WAIT, searching))


def rest_after_limit(kind: str, said: float | None) -> float:
    """Seconds to rest after a 429 of this kind that asked for `said` seconds, within bounds."""
    usual, longest = LIMIT_RESTS[kind]
    return usual if said is None or not said > 0 else min(said, longest)


def rest_within(said: float | None, usual: float) -> float:
    """Seconds to rest for any other reason, as asked for, at most a quarter of an hour; `usual` if nothing was said."""
    return usual if said is None or not said > 0 else min(said, LONGEST_WAIT)
