"""What state an invoice is in, or how quiet a connection, in one sentence, from that alone: for lists and feeds. Pure.

`explain` says more of one invoice, from its whole history and what the queue knows just now.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from domain import next_steps
from domain.cause_words import cancelled_lead, in_words, refused_lead, reviews_in_words, what_was_done
from domain.causes import UNSAID, Cause, who_acts
from domain.invoice import Status

LEFT_OUT: Final = "Left out. You can bring it back."

_PLAIN: Final[dict[Status, str]] = {
    "queued": "We have this invoice and it is ready.",
    "checking": "Xero gave no clear answer. We are finding out whether it arrived before doing anything else, so that "
    "it cannot be created twice.",
    "dismissed": LEFT_OUT,
}


def invoice_words(
    status: Status,
    number: str,
    currency: str,
    *,
    in_xero: bool,
    causes: Sequence[Cause],
    reviews: Sequence[Cause],
    xero_said: str = UNSAID,
) -> str:
    """An invoice's own state, in the words `explain` has for it; `xero_said` is Xero's message, where it is at hand.

    What holds its whole connection back is said of the connection.
    """
    because = _said(causes, xero_said)
    match status:
        case "blocked":
            for_whom = "Waiting for you" if "owner" in who_acts(causes) else "Waiting"
            by_itself = " It leaves by itself once that is fixed." if _release_themselves(causes) else ""
            return f"{for_whom}: {because}{by_itself}"
        case "failed":
            return f"{refused_lead(causes)}{because} {next_steps.of_failed(causes)}"
        case "synced" if reviews:
            looked_at = reviews_in_words(reviews, currency, xero_said)
            return f"In Xero as {number}, but: {looked_at} {what_was_done(reviews)}; please look."
        case "synced" if causes:
            return f"In Xero as {number}. A later change has not arrived: {because}"
        case "synced":
            return f"In Xero as {number}."
        case "voided" if refused := (*reviews, *causes):
            return f"{cancelled_lead(reviews, causes)}{_said(refused, xero_said)}"
        case "voided":
            return "Cancelled; Xero is told." if in_xero else "Cancelled; it never went to Xero."
    return _PLAIN[status]


def quiet_words(last_activity: datetime, quiet_days: int, ends: datetime, *, expiring: bool) -> str:
    """What becomes of a connection if nothing is synced; `expiring` once warnings are due."""
    if not expiring:
        return f"Last activity {last_activity:%Y-%m-%d}; without any, we disconnect on {ends:%Y-%m-%d}."
    days = "1 day" if quiet_days == 1 else f"{quiet_days} days"
    return (
        f"Quiet for {days}. We disconnect on {ends:%Y-%m-%d} unless something is synced before, or you change a set-up "
        "step or reconnect."
    )


def held_clock_words(until: datetime) -> str:
    """That the clock of inactivity holds."""
    return (
        "We were away ourselves, or our clock was moved, so the days are not held against you: nobody is disconnected "
        f"for being quiet before {until:%Y-%m-%d %H:%M} UTC."
    )


def _said(causes: Sequence[Cause], xero_said: str = UNSAID) -> str:
    return " ".join(dict.fromkeys(cause.words for cause in in_words(causes, xero_said)))


def _release_themselves(causes: Sequence[Cause]) -> bool:
    return bool(who_acts(causes)) and next_steps.fixed_for_all(causes)
