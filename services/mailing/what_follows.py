"""What a mail promises: what goes to Xero by itself once its matter is settled, and what needs more than that. Pure.

Nothing is promised that another cause, or whatever holds the whole connection back, forbids.
"""

from collections.abc import Sequence
from typing import Final

from domain.causes import CATALOGUE, Cause, who_acts
from domain.headlines import headline
from domain.next_steps import settled_by
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
    one = found.number == 1
    then = _once_sent_anew(code, one=one) if CATALOGUE[code].standing == "failed" else _goes(code, found, one=one)
    return f"{then} {held_back_too(held)}" if held else then


def what_then_goes(code: str, held: Sequence[Cause], queued: int, blocked: int) -> str:
    """What becomes of an account's invoices once the cause of this code, of the connection, is fixed."""
    if not held:
        return ONCE_FIXED
    others = [cause for cause in held if cause.code != code]
    return f"{held_back_too(others) if others else 'Nothing goes to Xero until then.'} {what_goes(queued, blocked)}"


def held_back_by(held: Sequence[Cause]) -> str:
    """What closes the gate, in a sentence."""
    return f"Nothing goes to Xero before this is fixed: {_named(held)}."


def held_back_too(held: Sequence[Cause]) -> str:
    """What closes the gate, in a sentence, where something else was named before."""
    return f"Nothing goes to Xero before this is fixed, too: {_named(held)}."


def _named(held: Sequence[Cause]) -> str:
    codes = dict.fromkeys(cause.code for cause in held)
    return "; ".join(headline([cause for cause in held if cause.code == code]) for code in codes)


def _goes(code: str, found: Concerned, *, one: bool) -> str:
    it_goes, they_go, once = "It goes to Xero by itself", "go to Xero by themselves", "once that is fixed"
    if done := settled_by(code):
        it_is, stays = ("it is", "stays") if one else ("they are", "stay")
        it_goes, they_go, once = "It goes", "go", f"once {it_is} {done}, or {stays} out if left out"
    if not found.others:
        return f"{it_goes if one else f'They {they_go}'} {once}."
    if found.others == found.number:
        return f"{'It waits' if one else 'Each of them waits'} for something else, too, which Kyrios shows beside it."
    some = "1 of them waits" if found.others == 1 else f"{found.others:,} of them wait"
    return f"{some} for something else, too; the others {they_go} {once}."


def _once_sent_anew(code: str, *, one: bool) -> str:
    if who_acts([Cause(code)]) == ("backend",):
        them, they_go = ("it", "it goes by itself") if one else ("them", "they go by themselves")
        return f"As soon as Kyrios sends {them} corrected, {they_go}."
    return "Once that is fixed, press Retry."
