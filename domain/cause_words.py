"""Causes as people read them: each once, with Xero's own message where one belongs to it. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from domain.causes import RIGHT_AFTER, Cause, Who, is_unfound, who_acts, words
from domain.invoice_payment import payment_in
from domain.money import Money

NO_MESSAGE: Final = "no message is kept"


class CauseInWords(msgspec.Struct, frozen=True, kw_only=True):
    """One cause as a person reads it."""

    code: str
    words: str
    who: tuple[Who, ...]


def in_words(causes: Sequence[Cause], xero_said: str = NO_MESSAGE) -> tuple[CauseInWords, ...]:
    """Causes as people read them, each once; `xero_said` is Xero's own message where one belongs to a cause.

    What goes right after one of them goes so only if that is the only one.
    """
    different = {(cause.code, cause.key): cause for cause in causes}.values()
    promised = "" if len(different) == 1 else f" {RIGHT_AFTER}"
    return tuple(
        CauseInWords(code=c.code, words=words(c, message=xero_said).removesuffix(promised), who=who_acts([c]))
        for c in different
    )


def reviews_in_words(reviews: Sequence[Cause], currency: str, xero_said: str = NO_MESSAGE) -> str:
    """What is to be looked at; a payment is named by its amount, and what no search ever told of by that."""
    said = (
        _what_of(one, currency) + one_in_words.words for one in reviews for one_in_words in in_words([one], xero_said)
    )
    return " ".join(dict.fromkeys(said))


def what_was_done(reviews: Sequence[Cause]) -> str:
    """What we have done about what is to be looked at, as far as we know."""
    return "What was sent may be in Xero" if any(map(is_unfound, reviews)) else "We changed nothing"


def cancelled_lead(reviews: Sequence[Cause], causes: Sequence[Cause]) -> str:
    """How the words about a cancelled invoice begin that Xero may not have cancelled."""
    if any(map(is_unfound, causes)):
        return "Cancelled; whether it arrived before is not known: "
    if any(is_unfound(one) and payment_in(one) is None for one in reviews):
        return "Cancelled; whether that reached Xero is not known: "
    return "Cancelled, but not in Xero: "


def _what_of(review: Cause, currency: str) -> str:
    if payment_in(review) is None:
        return "Whether a change of it arrived is not known: " if is_unfound(review) else ""
    payment = f"he payment of {Money(Decimal(review.facts['amount']), currency)}"
    return f"Whether t{payment} arrived is not known: " if is_unfound(review) else f"T{payment} did not go: "


def refused_lead(causes: Sequence[Cause]) -> str:
    """How the words of a failure begin where it is Xero's own answer."""
    return "Xero did not accept it: " if any(cause.code in _REFUSALS for cause in causes) else ""


_REFUSALS: Final = frozenset(
    {"invoice_invalid", "duplicate_number_in_xero", "approval_limit_reached", "rejected_by_xero"}
)
"""Failures that are Xero's own answer, not the lack of one or a fault of ours."""
