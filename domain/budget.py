"""May a lane start one more call now, and if not, when is it to be looked at again? Pure.

Xero counts calls per organisation in fixed windows of a minute and a day whose ends it does not tell (its page on
limits); every answer says how many are left. Calls of a lane are numbered, so an answer is a promise: with `left` calls
left when call n was counted, and m calls before it still on their way then, every call up to n + left - m fits in. Such
a promise is never taken back, because a new window only brings more. Once all promised calls have started, one goes
ahead when the window they were promised in is surely over, and its answer promises the next ones.

A call that never went out leaves its number unused, so whatever was promised then reaches one number further.

Where answers promise nothing, a bucket guards: with burst + refill of a window ≤ the limit it never exceeds the limit,
however windows lie. Every call is taken from it, promised or not, so it is right whenever it is needed.
"""

from typing import Final, Literal

import msgspec

Use = Literal["send", "routine", "look_up", "asked", "asked_to_send"]
"""What a call is for: to send, to read as a routine, to look up an unknown outcome; or a person asked to read, to send.
"""

DAY_RESERVE: Final = 10
"""The part of a day's calls, as one in so many, that is kept for look-ups and for what a person asks."""
NOT_FOR_SENDING: Final = 2
"""The part of that, as one in so many, that is not for sending: a retry of thousands leaves it to the look-ups."""
A_NEW_DAY: Final = 20
"""Calls more than were promised by which a new day shows itself: fewer may be calls on their way."""
DAY_ASKED_AGAIN: Final = 3600.0
"""Seconds after which one call asks whether a new day has begun for Xero."""
APP_RESERVE: Final = 20
"""The part of the app's calls in a minute, as one in so many, that is left for those on their way in all processes."""

APP_BURST: Final = 20
"""How many times faster than Xero allows on average the app may ever use up calls: its minute in three seconds."""

RATE_LIMITED: Final = "rate_limited"
RATE_LIMITED_DAILY: Final = "rate_limited_daily"
LIMITS: Final = (RATE_LIMITED, RATE_LIMITED_DAILY)
"""The causes of a rest that Xero asked for by a limit: it is the organisation's, whatever becomes of the connection."""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """How much of Xero's limits may be used: per organisation and window, at once, and by the app as a whole.

    The bucket holds `burst` calls and is refilled at `per_minute` of them per window (`window` in seconds: a minute,
    but for a simulator whose time is scaled). Xero's page on limits: 60 a minute and 5 at once, 10,000 for an app.
    """

    burst: float = 3
    per_minute: float = 57
    in_flight: int = 4
    window: float = 60.0
    app_per_minute: int = 10_000

    @property
    def app_reserve(self) -> int:
        """Calls of the app's minute that are never begun, as some may be on their way."""
        return max(1, self.app_per_minute // APP_RESERVE)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a lane at one moment. Times are in seconds from now, negative for what has passed.

    `promised` and `promised_today` are the numbers up to which calls may start, None where no answer said so;
    `day_most` is the most that was left of the present day. `app_left` is what was left for the app in a window that
    began `app_heard_ago` or before.
    """

    started: int = 0
    in_flight: int = 0
    level: float = 0.0
    promised: int | None = None
    over_in: float | None = None
    promised_today: int | None = None
    day_over_in: float | None = None
    day_most: int = 0
    app_left: int | None = None
    app_heard_ago: float | None = None


class Wait(msgspec.Struct, frozen=True):
    """No call may start; look again in so many seconds (None: when a call ends), and the cause to tell, if any."""

    seconds: float | None
    cause: str = ""


class Go(msgspec.Struct, frozen=True):
    """A call may start. `ahead` and `ahead_today` say that nothing was promised: it asks how things stand."""

    ahead: bool = False
    ahead_today: bool = False


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What the start of a call took: `tokens` of the bucket, and its place among what was promised then."""

    tokens: float
    promised: int | None
    promised_today: int | None
    ahead: bool = False
    ahead_today: bool = False


def may_start(known: Known, budget: Budget, use: Use = "send") -> Go | Wait:
    """Whether one more call may start now."""
    if known.in_flight >= budget.in_flight:
        return Wait(None)
    if (wait := _app(known, budget)) is not None:
        return wait
    day = _day(known, use)
    if isinstance(day, Wait):
        return day
    minute = _minute(known, budget)
    return minute if isinstance(minute, Wait) else Go(ahead=minute, ahead_today=day)


def level_after(tokens: float, elapsed: float, budget: Budget) -> float:
    """The bucket's level `elapsed` seconds later; a clock that went back changes nothing."""
    gained = max(0.0, elapsed) * budget.per_minute / budget.window
    return max(-budget.per_minute, min(budget.burst, tokens + gained))


def level_after_call(level: float, budget: Budget) -> float:
    """The level once a call is taken. A debt of a whole window is paid back before the bucket lets anything through;
    more of it would say nothing about calls that may still count."""
    return max(-budget.per_minute, level - 1)


def promised_by(call: int, in_flight: int, left: int) -> int:
    """The number up to which calls may start, by an answer to call number `call` that began beside `in_flight`."""
    return call + left - in_flight


def promised_after(promised: int | None, started: int, call: int, in_flight: int, left: int) -> int:
    """What is promised once this answer is heard: the most of what ever was, but never more than it says is left.

    Others may have used the rest. The SQL of the lanes says the same, so that hearing needs no reading before.
    """
    now = promised_by(call, in_flight, left)
    return min(now if promised is None else max(promised, now), started + left)


def promised_after_return(promised: int | None, taken: int | None) -> int | None:
    """What is promised once a call that began when `taken` was promised turns out never to have gone out.

    One number more, unless less is promised than then: others use the same limit, and what is left is as Xero said.
    The SQL of the lanes says the same.
    """
    return promised + 1 if promised is not None and taken is not None and promised >= taken else promised


def day_most_after(day_most: int, promised_today: int | None, call: int, left: int) -> int:
    """The most that was left of the present day, once the answer to `call` says what is left.

    More than was promised is a new day, perhaps on another plan: what it brings counts, be it less than before.
    The SQL of the lanes says the same.
    """
    if promised_today is not None and left - (promised_today - call) > A_NEW_DAY:
        return left + 1
    return max(day_most, left + 1)


def reserve_of(day_most: int) -> int:
    """Calls of a day that are kept, by the most that was left of it."""
    return day_most // DAY_RESERVE


def may_have_begun(left: int, most: int, silence: float, window: float) -> bool:
    """Whether a new window of the app may have begun in the `silence` seconds before this answer.

    `most` is the most that was ever left. Calls that were used since then cannot be so many that less is left.
    """
    return left >= most * (1 - APP_BURST * silence / window)


def kept_from(use: Use, day_most: int) -> int:
    """Calls of a day that are kept from this use."""
    match use:
        case "look_up" | "asked":
            return 0
        case "asked_to_send":
            return reserve_of(day_most) // NOT_FOR_SENDING
    return reserve_of(day_most)


def _minute(known: Known, budget: Budget) -> bool | Wait:
    """Whether the call goes ahead of any promise; or how long to wait."""
    if known.promised is not None and known.started < known.promised:
        return False
    if known.promised is None or known.over_in is None or known.over_in > budget.window:
        return False if known.level >= 1 else Wait(_until_one(known.level, budget), RATE_LIMITED)
    if known.over_in > 0:
        return Wait(known.over_in, RATE_LIMITED)
    return True if known.in_flight == 0 else Wait(None, RATE_LIMITED)


def _day(known: Known, use: Use) -> bool | Wait:
    if known.promised_today is None:
        return False
    kept = kept_from(use, known.day_most)
    if known.promised_today - known.started > kept:
        return False
    if known.day_over_in is not None and 0 < known.day_over_in <= DAY_ASKED_AGAIN:
        return Wait(known.day_over_in, RATE_LIMITED_DAILY)
    return True if known.in_flight == 0 else Wait(None, RATE_LIMITED_DAILY)


def _app(known: Known, budget: Budget) -> Wait | None:
    if known.app_left is None or known.app_heard_ago is None or known.app_left > budget.app_reserve:
        return None
    left = budget.window - max(0.0, known.app_heard_ago)
    return Wait(left, RATE_LIMITED) if left > 0 else None


def _until_one(level: float, budget: Budget) -> float:
    return (1 - level) * budget.window / budget.per_minute
