"""What mails say of a connection's end: that it comes near, and that it came. Pure.

A mail may be written long after its event, as mail servers are away; so all is told as of when it is written.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from domain.causes import Cause, who_acts
from domain.connection import Connection, Disconnected
from domain.counted import count
from domain.gate import after_reconnecting, what_holds
from domain.headlines import headline
from domain.inactivity import DAY
from domain.state_words import held_clock_words
from services.mailing.matter import SETTINGS_PAGE, Matter
from services.mailing.what_follows import held_back_by, held_back_too, what_goes

_HOUR: Final = timedelta(hours=1)
_ENDED: Final = {
    "user": "as you asked for",
    "inactivity": "nothing was synced for {days} days",
    "authorisation_lost": headline([Cause("authorisation_lost")]),
    "removed_in_xero": "somebody removed it inside Xero",
}
_KEPT: Final = "what was done of the set-up is kept"


class Waiting(NamedTuple):
    """How many invoices wait for the connection alone, and how many for something of their own."""

    queued: int
    blocked: int


def ending_soon(active: datetime, ends: datetime, held_until: datetime | None, now: datetime, link: str) -> Matter:
    """A connection that was last `active` then is cut at `ends`, which lies ahead, unless something happens.

    `held_until` is given if the end is later than the quiet days alone would have it, as the clock holds.
    """
    left = _left(ends - now)
    return Matter(
        subject=f"Xero will be disconnected in {left}",
        opening=f"Nothing was synced since {active:%d %B %Y}. We disconnect Xero on {_when(ends)}, in {left}, unless "
        "something is synced before.",
        sentences=(
            "If you still use it, nothing is lost: syncing an invoice, changing a step of the set-up, or "
            "reconnecting keeps it.",
            "If not, there is nothing to do; what is in Xero stays there.",
            *([held_clock_words(held_until)] if held_until else []),
        ),
        who=("owner",),
        then=SETTINGS_PAGE,
        link=link,
        link_says="Open Kyrios",
    )


def ended(event: Disconnected, connection: Connection, waiting: Waiting, link: str) -> Matter:
    """A connection ended, and is still disconnected or has been connected again by now."""
    why = _ENDED[event.reason].format(days=event.evidence.get("inactivity.days", "many"))
    was = f"Xero was disconnected on {_when(event.occurred_at)}: {why}."
    if connection.grant_id is not None:
        return _over(why, was, connection, waiting, link)
    number = sum(waiting)
    kept = count(number, "invoice waits", "invoices wait")
    return Matter(
        subject=f"Xero is disconnected: {why}" + (f"; {kept}" if number else ""),
        opening=was,
        sentences=(f"{kept}." if number else "No invoice waits.", *_to_go_on(connection, waiting)),
        who=("owner",),
        then=SETTINGS_PAGE,
        link=link,
        link_says="Open Kyrios",
    )


def _to_go_on(connection: Connection, waiting: Waiting) -> tuple[str, str]:
    """What stays as it is, and what lets the invoices go: reconnecting, and whatever else is known to be missing."""
    rest, goes = after_reconnecting(what_holds(connection)), what_goes(*waiting)
    if connection.organisation_id is None:
        return "Set-up was not finished, so nothing was sent.", f"To go on, connect Xero again. {_first(rest)}{goes}"
    kept = "your choices are kept: accounts, tax rates and contacts" if connection.opened_before else _KEPT
    return (
        f"What is in Xero stays there, and {kept}.",
        f"To go on, reconnect the same organisation. {_first(rest)}{goes}",
    )


def _first(rest: Sequence[Cause]) -> str:
    if missing := next((cause.facts["missing"] for cause in rest if "missing" in cause.facts), ""):
        return f"Then finish set-up. Still to do: {missing}. "
    return f"{held_back_too(rest)} " if rest else ""


def _over(why: str, was: str, connection: Connection, waiting: Waiting, link: str) -> Matter:
    """What is told of an end that is over: what goes now, or what holds it back instead."""
    held = what_holds(connection)
    return Matter(
        subject=f"Xero was disconnected ({why}), and is connected again",
        opening=f"{was} It has been connected again since.",
        sentences=(f"{held_back_by(held)} {what_goes(*waiting)}",) if held else _on_their_way(waiting),
        who=who_acts(held),
        then=SETTINGS_PAGE if held else "",
        link=link,
        link_says="Open Kyrios",
    )


def _on_their_way(waiting: Waiting) -> tuple[str, ...]:
    going = count(waiting.queued, "invoice is on its way", "invoices are on their way")
    held = count(waiting.blocked, "invoice waits for something of its own", "invoices wait for something of their own")
    if not waiting.blocked:
        return (f"{going if waiting.queued else 'No invoice waits'}.", "Nobody has to do anything.")
    said = f"{held}, which Kyrios shows beside {'it' if waiting.blocked == 1 else 'each'}."
    return (f"{going}.", said) if waiting.queued else (said,)


def _left(time: timedelta) -> str:
    """The time that is left, rounded up: in days, on the last one in hours."""
    hours = -(-time // _HOUR)
    return count(hours, "hour", "hours") if hours < 24 else count(-(-time // DAY), "day", "days")


def _when(moment: datetime) -> str:
    return f"{moment:%d %B %Y at %H:%M} UTC"
