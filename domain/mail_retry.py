"""When a mail is given to the mail server once more: pure policies for what no look-up can settle."""

from typing import Final

MINUTE: Final = 60.0
HOUR: Final = 3600.0
COPIES_AFTER: Final = (10 * MINUTE, 70 * MINUTE, 7 * HOUR, 19 * HOUR, 43 * HOUR)
"""Seconds after the first copy of a mail, none of which was clearly taken, when another one is sent: six in two days.

A server that takes each mail and never says so in time must not fill a mailbox.
"""
LEAST_WAIT: Final = COPIES_AFTER[0]
REFUSED_WAIT: Final = 15 * MINUTE
LONGEST_REFUSED_WAIT: Final = 6 * HOUR


def wait_before_copy(since_first: float, chance: float) -> float | None:
    """Seconds before the next copy, after one that got no clear answer; None if there were enough.

    `since_first` is in seconds since the first copy; `chance`, in [0, 1), spreads mails by up to a tenth.
    """
    later = next((at for at in COPIES_AFTER if at > since_first), None)
    return None if later is None else max(LEAST_WAIT, later - since_first) * (1 + chance / 10)


def wait_while_refused(attempts: int, chance: float) -> float:
    """Seconds before the next try of a mail that a server does not pass on to its recipient, though it takes others."""
    return min(LONGEST_REFUSED_WAIT, REFUSED_WAIT * 2.0 ** min(max(attempts, 0), 10)) * (1 + chance / 10)
