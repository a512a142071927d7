"""What an error of the Xero client means for the entries of a call and for their lane. Pure.

definite non-effect     Withheld: sent again, using up an attempt only if Xero was really tried
anything else           Unclear: Xero is searched before anything is sent again
a search                Unsearched: it is made again, and counted unless Xero was away
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

import msgspec

from adapters.xero.errors import (
    AuthorisationLost,
    BatchRefused,
    ClientRefused,
    LimitKind,
    NotFound,
    NoToken,
    NotSent,
    OutcomeUnclear,
    RateLimited,
    XeroError,
)
from domain.breaker import Evidence
from domain.poison import fate_after_refusal, fate_after_search, fate_after_server_error
from domain.retry import OFFLINE_REST, rest_after_limit, rest_within
from services.dispatch.kind import Outcome, Unclear, Unsearched, Withheld

_NO_REASON: Final = "no reason given"
"""What stands for the words of a refusal that has none."""
_AWAY: Final = 503
PERMISSION_PAUSE: Final = 300.0
NO_TOKEN_PAUSE: Final = 5.0


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome per entry, a word for the delivery, and what the lane does: rest for `pause` seconds.

    `evidence`: what it tells of Xero as a whole, for the breakers. `limit`: of which limit it speaks, if of one.
    """

    outcomes: tuple[Outcome, ...]
    word: str
    evidence: Evidence
    pause: float | None = None
    pause_for: str | None = None
    limit: LimitKind | None = None


def of_send(
    error: XeroError,
    entries: int,
    quiet: float,
    new_id: Callable[[], UUID],
    tries: int = 1,
    refused_before: bool = False,
) -> Trouble:
    """A request that should have had an effect went wrong; each of its entries was tried at least `tries` times.

    `refused_before`: a lone entry of it was refused alone once already, and Xero did not say why.
    """
    match error:
        case OutcomeUnclear(code="organisation_offline"):
            return _offline([Unclear(after=max(quiet, _offline_for(error)))] * entries, error)
        case OutcomeUnclear():
            after = max(quiet, rest_within(error.retry_after, 0.0))
            apart = _spoils(error) and fate_after_server_error(tries, entries) != "again"
            unclear = _apart(entries, new_id, after) if apart else [Unclear(after=after)] * entries
            return _failure([*unclear], error.reason)
        case BatchRefused():
            outcomes = _refused_whole(error, entries, new_id, refused_before)
            return Trouble(outcomes=outcomes, word="request_refused", evidence="served")
    return _definite(error, entries, _withheld)


def of_search(
    error: XeroError,
    entries: int,
    new_id: Callable[[], UUID],
    spoiled: int = 0,
    *,
    again: bool = False,
    resting: bool = False,
) -> Trouble:
    """A search went wrong: it had no effect, and the outcome stays unknown.

    `spoiled` so many before it in a row may have been spoiled by what they searched for; not while the lane is
    `resting`, as Xero fails whatever it is asked. Once one has failed, those `again` open no breaker unless Xero
    surely is away: it may well take what is sent.
    """
    told = isinstance(error, NoToken) or error.code == "organisation_offline"
    if told or not isinstance(error, NotSent | NotFound | OutcomeUnclear | BatchRefused):
        return _definite(error, entries, lambda _, after: Unclear(after=after or 0.0))
    outcomes = unsearched(entries, new_id, spoiled, spoils=_spoils_search(error) and not resting)
    return Trouble(outcomes=outcomes, word=type(error).__name__, evidence=_told_by_search(error, again))


def unsearched(entries: int, new_id: Callable[[], UUID], spoiled: int, *, spoils: bool) -> tuple[Outcome, ...]:
    """What becomes of entries whose search failed, `spoiled` so many before it; `spoils` says that it was, too."""
    part = spoils and fate_after_search(spoiled + 1, 0.0, entries) == "part"
    halves = (new_id(), new_id()) if part else (None, None)
    return tuple(
        Unsearched(spoiled=spoils, alone=entries == 1, group=halves[place >= entries // 2]) for place in range(entries)
    )


def _told_by_search(error: XeroError, again: bool) -> Evidence:
    if not again or isinstance(error, NotSent) or error.status == _AWAY:
        return "away"
    return "answers" if _spoils_search(error) else "none"


def _definite(error: XeroError, entries: int, outcome: Callable[[bool, float | None], Outcome]) -> Trouble:
    match error:
        case RateLimited():
            cause = "rate_limited_daily" if error.kind == "day" else "rate_limited"
            return Trouble(
                outcomes=(outcome(False, 0.0),) * entries,
                word=cause,
                evidence="answers",
                limit=error.kind,
                # The app's limit is everybody's; this lane has not used up its own.
                pause=None if error.kind == "app" else rest_after_limit(error.kind, error.retry_after),
                pause_for=None if error.kind == "app" else cause,
            )
        case NoToken():
            return Trouble(
                outcomes=(outcome(False, 0.0),) * entries,
                word="no_token",
                evidence="away" if error.identity_is_away else "none",
                pause=rest_within(error.retry_after, NO_TOKEN_PAUSE),
                pause_for="xero_unavailable",
            )
        case OutcomeUnclear(code="organisation_offline"):
            return _offline([outcome(False, 0.0)] * entries, error)
        case NotSent():
            return _failure([outcome(False, None)] * entries, type(error).__name__)
        case NotFound() | OutcomeUnclear() | BatchRefused():
            return _failure([outcome(True, None)] * entries, type(error).__name__)
    return Trouble(
        outcomes=(outcome(False, 0.0),) * entries,
        word=type(error).__name__,
        # Those two are said by the identity server: whether Xero's API answers is not known.
        evidence="none" if isinstance(error, AuthorisationLost | ClientRefused) else "answers",
        pause=PERMISSION_PAUSE,
        pause_for="xero_unavailable",
    )


def _withheld(counts: bool, after: float | None) -> Outcome:
    return Withheld(cause="xero_unavailable", counts=counts, after=after)


def _failure(outcomes: list[Outcome], word: str) -> Trouble:
    return Trouble(outcomes=tuple(outcomes), word=word, evidence="away")


def _offline(outcomes: list[Outcome], error: OutcomeUnclear) -> Trouble:
    """This organisation is offline at Xero: it is left alone for a while, and nobody else."""
    return Trouble(
        outcomes=tuple(outcomes),
        word=error.reason,
        evidence="answers",
        pause=_offline_for(error),
        pause_for="organisation_offline",
    )


def _offline_for(error: OutcomeUnclear) -> float:
    return rest_within(error.retry_after, OFFLINE_REST)


def _refused_whole(
    error: BatchRefused, entries: int, new_id: Callable[[], UUID], refused_before: bool
) -> tuple[Outcome, ...]:
    """Xero refused the whole request. XERO-UNVERIFIED XU-01: its valid elements may have been saved all the same."""
    match fate_after_refusal(entries, error.told_why, refused_before):
        case "part":
            return tuple(_apart(entries, new_id))
        case "again":
            # In a group of its own: a second refusal must be its own, and spoil nothing else.
            return (Unclear(refused_once=True, group=new_id()),)
    return (Unclear(refused_alone=True, words=error.faults or (error.words or _NO_REASON,)),)


def _apart(entries: int, new_id: Callable[[], UUID], after: float = 0.0) -> list[Unclear]:
    """The halves of a request, each in a group of its own; a lone entry has one for itself."""
    first, second = Unclear(group=new_id(), after=after), Unclear(group=new_id(), after=after)
    return [first if position < entries // 2 else second for position in range(entries)]


def _spoils_search(error: XeroError) -> bool:
    """Whether the fault may lie in what was searched for: Xero answered, and did not say that it is away."""
    if isinstance(error, OutcomeUnclear):
        return _spoils(error) or error.reason in ("unreadable", "too_large")
    return isinstance(error, NotFound | BatchRefused)


def _spoils(error: OutcomeUnclear) -> bool:
    """Whether the fault may lie in what was sent: Xero broke on it, and did not say that it is away."""
    return error.reason == "server_error" and error.status != _AWAY
