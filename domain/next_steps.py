"""What happens next, in words: who does what about an invoice, and when. Pure."""

from collections.abc import Sequence
from typing import Final

from domain.causes import CATALOGUE, Cause, is_unfound, who_acts
from domain.counted import count

NOTHING_LEFT: Final = "Nothing is left to do."
RETRY: Final = "Once that is fixed, press Retry: it goes again."
CORRECTED: Final = "As soon as Kyrios sends it corrected, it goes by itself."
REVIEW: Final = "Once you have looked, mark the review as done."
PAYMENT: Final = "If the payment is still to go, press Retry once that is fixed; else mark the review as done."
KEPT_FOR_ASKED: Final = "Retry sends it now, by the calls that are kept of each day for what is asked for."
SOUGHT: Final = "Press Retry to have Xero searched once more: it is sent only if it is not there."
_SETTLED_BY: Final = {"before_sync_start": "released", "negative_total": "corrected"}
CHANGE: Final = "If the change is still to go, press Retry once that is fixed; else mark the review as done."


def of_failed(causes: Sequence[Cause]) -> str:
    """What an invoice that failed for these causes takes."""
    if any(is_unfound(cause) for cause in causes):
        return SOUGHT
    return CORRECTED if who_acts(causes) == ("backend",) else RETRY


def settled_by(code: str) -> str:
    """What a person does about each invoice with this cause, "" if it is fixed once for all; the other way out of
    these is to leave the invoice out."""
    return _SETTLED_BY.get(code, "")


def fixed_for_all(causes: Sequence[Cause]) -> bool:
    """Whether fixing what is in the way lets the invoice go, with nothing to be done about the invoice itself."""
    return all(CATALOGUE[cause.code].auto and not settled_by(cause.code) for cause in causes)


def of_waiting(causes: Sequence[Cause]) -> str:
    """What lets an invoice go that waits for these causes; the missing steps of set-up, if it is those alone."""
    if not who_acts(causes):
        return "Nobody has to act; it goes by itself."
    if len(causes) == 1 and causes[0].code == "setup_incomplete" and causes[0].facts:
        return f"Still to do: {causes[0].facts['missing']}. Then it goes to Xero by itself."
    if fixed_for_all(causes):
        return "It goes to Xero by itself once that is fixed."
    settled = dict.fromkeys(done for cause in causes if (done := settled_by(cause.code)))
    others = [cause for cause in causes if not settled_by(cause.code)]
    rest = " and what else it waits for is fixed" if who_acts(others) else ""
    return f"It goes once it is {' and '.join(settled)}{rest}, or stays out if it is left out."


def when(seconds: float | None) -> str:
    """A time ahead, as people say it."""
    if seconds is None:
        return "soon"
    if seconds < 1:
        return "now"
    if seconds < 100:
        return f"in about {count(round(seconds), 'second')}"
    if seconds < 100 * 60:
        return f"in about {count(round(seconds / 60), 'minute')}"
    return f"in about {count(round(seconds / 3600), 'hour')}"
