"""What a mail promises: what goes to Xero by itself once its matter is settled, and what needs more than that. Pure.

Nothing is promised that another cause, or whatever holds the whole connection back, forbids.
"""

from collections.abc import Sequence
from typing import Final

from domain.causes import CATALOGUE, Cause, who_acts
from domain.headlines import headline
from projections.invoices_by_cause import Concerned

ONCE_FIXED: Final = "What waits for that alone goes by itself once it is fixed."


def what_goes(queued: int, blocked: int) -> str:
    """What becomes of an account's invoices once nothing holds the connection back any more.

    `queued` wait for that alone; each of the `blocked` also for something of its own.
    """
    if not blocked:
        return "What waits then goes by itself, in order."
    its_own = "something of its own, too, which Kyrios shows beside it"
    if not queued:
        return f"Each invoice that waits is held back by {its_own}."
    goes = "1 invoice then goes by itself" if queued == 1 else f"{queued:,} invoices then go by themselves, in order"
    rest = "the other one is" if blocked == 1 else f"each of the other {blocked:,} is"
    return f"{goes}; {rest} held back by {its_own}."


def what_then(code: str, found: Concerned, held: Sequence[Cause]) -> str:
    """What becomes of invoices once the cause of this code is fixed; `held` is what closes the gate."""
    kind, one = CATALOGUE[code], found.number == 1
    if not kind.auto:
        return _without_us(code, one=one)
    return f"{_goes(found, one=one)} {_also(held)}" if held else _goes(found, one=one)


def what_then_goes(code: str, held: Sequence[Cause], queued: int, blocked: int) -> str:
    """What becomes of an account's invoices once the cause of this code, of the connection, is fixed."""
    if not held:
        return ONCE_FIXED
    others = [cause for cause in held if cause.code != code]
    return f"{_also(others) if others else 'Nothing goes to Xero until then.'} {what_goes(queued, blocked)}"


def _also(held: Sequence[Cause]) -> str:
    codes = dict.fromkeys(cause.code for cause in held)
    named = "; ".join(headline([cause for cause in held if cause.code == code]) for code in codes)
    return f"Nothing goes to Xero before this is fixed, too: {named}."


def _goes(found: Concerned, *, one: bool) -> str:
    if not found.others:
        return f"{'It goes to Xero by itself' if one else 'They go to Xero by themselves'} once that is fixed."
    if found.others == found.number:
        return f"{'It waits' if one else 'Each of them waits'} for something else, too, which Kyrios shows beside it."
    some = "1 of them waits" if found.others == 1 else f"{found.others:,} of them wait"
    return f"{some} for something else, too; the others go to Xero by themselves once that is fixed."


def _without_us(code: str, *, one: bool) -> str:
    kind = CATALOGUE[code]
    if kind.standing != "failed":
        released = "It goes once it is released, or stays out" if one else "They go once they are released, or stay out"
        return f"{released} if left out."
    if who_acts([Cause(code)]) == ("backend",):
        them, they_go = ("it", "it goes by itself") if one else ("them", "they go by themselves")
        return f"As soon as Kyrios sends {them} corrected, {they_go}."
    return "Once that is fixed, press Retry."
