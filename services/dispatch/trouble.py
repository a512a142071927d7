"""What an error of the Xero client means for the entries of a call and for their lane. Pure.

definite non-effect     Withheld: sent again, using up an attempt only if Xero was really tried
anything else           Unclear: Xero is searched before anything is sent again
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

import msgspec

from adapters.xero.errors import (
    BatchRefused,
    NotFound,
    NoToken,
    NotSent,
    OutcomeUnclear,
    RateLimited,
    XeroError,
)
from domain.retry import breaker_pause
from services.dispatch.kind import Outcome, Unclear, Withheld

CONCURRENT_PAUSE: Final = 2.0
MINUTE_PAUSE: Final = 60.0
PERMISSION_PAUSE: Final = 300.0
NO_TOKEN_PAUSE: Final = 5.0


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome per entry, a word for the delivery, and what the lane does: rest for `pause` seconds."""

    outcomes: tuple[Outcome, ...]
    word: str
    failures_in_row: int = 0
    pause: float | None = None
    pause_for: str | None = None


def of_send(error: XeroError, entries: int, failures_in_row: int, quiet: float, new_id: Callable[[], UUID]) -> Trouble:
    """A request that should have had an effect went wrong."""
    match error:
        case OutcomeUnclear():
            after = max(quiet, error.retry_after or 0.0)
            return _failure([Unclear(after=after)] * entries, error.reason, failures_in_row + 1)
        case BatchRefused():
            return Trouble(outcomes=_halves(error, entries, new_id), word="request_refused", failures_in_row=0)
    return _definite(error, entries, failures_in_row, _withheld)


def of_search(error: XeroError, entries: int, failures_in_row: int) -> Trouble:
    """A search went wrong: it had no effect, and the outcome stays unknown."""
    return _definite(error, entries, failures_in_row, lambda _, after: Unclear(after=after or 0.0))


def _definite(
    error: XeroError, entries: int, failures_in_row: int, outcome: Callable[[bool, float | None], Outcome]
) -> Trouble:
    match error:
        case RateLimited():
            pause = error.retry_after or (CONCURRENT_PAUSE if error.kind == "concurrent" else MINUTE_PAUSE)
            cause = "rate_limited_daily" if error.kind == "day" else "rate_limited"
            return Trouble(
                outcomes=(outcome(False, 0.0),) * entries,
                word=cause,
                failures_in_row=failures_in_row,
                pause=pause,
                pause_for=cause,
            )
        case NoToken():
            return Trouble(
                outcomes=(outcome(False, 0.0),) * entries,
                word="no_token",
                failures_in_row=failures_in_row,
                pause=error.retry_after or NO_TOKEN_PAUSE,
                pause_for="xero_unavailable",
            )
        case NotSent():
            return _failure([outcome(False, None)] * entries, type(error).__name__, failures_in_row + 1)
        case NotFound() | OutcomeUnclear() | BatchRefused():
            return _failure([outcome(True, None)] * entries, type(error).__name__, failures_in_row + 1)
    return Trouble(
        outcomes=(outcome(False, 0.0),) * entries,
        word=type(error).__name__,
        failures_in_row=failures_in_row,
        pause=PERMISSION_PAUSE,
        pause_for="xero_unavailable",
    )


def _withheld(counts: bool, after: float | None) -> Outcome:
    return Withheld(cause="xero_unavailable", counts=counts, after=after)


def _failure(outcomes: list[Outcome], word: str, failures_in_row: int) -> Trouble:
    pause = breaker_pause(failures_in_row)
    return Trouble(
        outcomes=tuple(outcomes),
        word=word,
        failures_in_row=failures_in_row,
        pause=pause,
        pause_for="xero_unavailable" if pause else None,
    )


def _halves(error: BatchRefused, entries: int, new_id: Callable[[], UUID]) -> tuple[Outcome, ...]:
    """Xero refused the whole request. XERO-UNVERIFIED XU-01: its valid elements may have been saved all the same."""
    if entries == 1:
        return (Unclear(refused_alone=True, words=(error.words,) if error.words else ()),)
    first, second = Unclear(group=new_id()), Unclear(group=new_id())
    return tuple(first if position < entries // 2 else second for position in range(entries))
