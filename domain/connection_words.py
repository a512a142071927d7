"""What state a connection is in, in a sentence or two: the same for status, feed, history and set-up. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from domain.cause_words import CauseInWords, in_words
from domain.causes import Cause, words
from domain.gate import after_reconnecting

NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
_SAID_IN_FULL: Final = ("disconnected", "authorisation_lost", "other_organisation")
"""The states whose words say all that the causes say, and more."""
TOLD_BY_STATE: Final = (*_SAID_IN_FULL, "choosing")
"""The states whose words say more than the causes."""
_KEPT: Final = "Your choices are kept; reconnect to continue."
_HOW_LONG: Final = "many"


def connection_words(
    status: str,
    causes: Sequence[Cause],
    ended_for: str | None,
    *,
    ended_at: datetime | None = None,
    used: str | None = None,
    names: Mapping[str, str] = NO_NAMES,
) -> str:
    """A connection's state, and what holds it back.

    `used` is the organisation used so far, `names` what organisations call themselves, by id; others go by their id.
    """
    match status:
        case "disconnected":
            return f"Disconnected{_on(ended_at)}{_how(ended_for, causes)}. {_to_go_on(causes)}"
        case "authorisation_lost":
            lost = words(Cause("authorisation_lost"))
            said = f"{lost} What waits for that alone then goes by itself."
            return f"Disconnected{_on(ended_at)}: {said} {_to_go_on(causes)}"
        case "not_connected":
            return f"{words(Cause('not_connected'))} Invoices are kept and wait."
        case "other_organisation":
            return _other(causes, used, names)
        case "choosing":
            return _choosing(causes, used, names)
    return f"Connected, but nothing is sent: {_said(causes)}" if causes else "Connected; invoices are sent."


def left_to_say(status: str, said: str, causes: Sequence[CauseInWords]) -> list[CauseInWords]:
    """The causes that the words of a connection, `said`, do not tell already."""
    return [] if status in _SAID_IN_FULL else [one for one in causes if one.words not in said]


def called(organisation_id: str, names: Mapping[str, str]) -> str:
    """An organisation as people know it, with Xero's id beside it."""
    name = names.get(organisation_id)
    return f"{name} ({organisation_id})" if name else f"organisation {organisation_id}"


def _to_go_on(causes: Sequence[Cause]) -> str:
    """What continues a connection that ended: to reconnect, and whatever else is known to hold it back then."""
    rest = after_reconnecting(causes)
    return f"{_KEPT} Nothing is sent before this is done, too: {_said(rest)}" if rest else _KEPT


def _on(ended_at: datetime | None) -> str:
    return f" on {ended_at:%Y-%m-%d}" if ended_at else ""


def _how(ended_for: str | None, causes: Sequence[Cause]) -> str:
    match ended_for:
        case "user":
            return " by you"
        case "removed_in_xero":
            return " inside Xero"
        case "inactivity":
            days = next((one.facts["days"] for one in causes if "days" in one.facts), _HOW_LONG)
            return f" after {days} quiet days"
    return ""


def _other(causes: Sequence[Cause], used: str | None, names: Mapping[str, str]) -> str:
    picked = next((one.facts["picked"] for one in causes if "picked" in one.facts), None)
    if picked is None or used is None:
        return "You picked another organisation than the one used so far. Go back, or start afresh with it."
    there = called(picked, names)
    return f"You picked {there}; so far this account used {called(used, names)}. Go back, or start afresh with {there}."


def _choosing(causes: Sequence[Cause], used: str | None, names: Mapping[str, str]) -> str:
    refused = [one for one in causes if one.code == "organisation_in_use"]
    if refused:
        return f"Xero agreed, but nothing is sent. {_said(refused)}"
    if used is None:
        return "Xero agreed. Pick the organisation whose books these are."
    return (
        f"Xero agreed, but it is not confirmed that this is for {called(used, names)}, used so far. Nothing is sent, "
        "nor removed in Xero, until you choose: connect again and pick it there, or start afresh with another. What "
        "you had left before is removed all the same."
    )


def _said(causes: Sequence[Cause]) -> str:
    return " ".join(dict.fromkeys(cause.words for cause in in_words(causes)))
