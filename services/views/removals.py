"""What accounts have left and what became of it in Xero: waiting, under way, or never answered, in words for people.

A removal that is over and was answered is history (`audit`). One that Xero never answered is told for as long as
nothing shows that the connection is gone, since only a person can look for it in Xero.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal
from uuid import UUID

import msgspec

from adapters.event_store import removals
from adapters.event_store.removals import Row
from adapters.event_store.store import EventStore
from adapters.vault import grants
from domain import connection as connections
from domain.connection import Connection
from domain.connection_state import Departure
from domain.connection_words import called
from domain.next_steps import when
from domain.streams import connection_id
from services.overdue_removals import LONGEST
from services.views.organisation_names import organisation_names


class RemovalUnderWay(msgspec.Struct, frozen=True, kw_only=True):
    """Something an account left, by what Xero knows it: `organisation_id` is None where none was chosen.

    Times are UTC; `tries` is how often Xero was asked, `next_try_in` in seconds. `waiting` is not asked for before the
    account has confirmed whose books these are from now on. `unanswered` is over, and nothing is tried any more: the
    tokens are gone.
    """

    account_id: str
    state: Literal["waiting", "under_way", "unanswered"]
    organisation_id: str | None
    xero_connection_id: str
    since: dt.datetime
    ends_by: dt.datetime | None = None
    tries: int = 0
    next_try_in: float | None = None
    words: str


def removals_of(store: EventStore, account: Connection) -> tuple[RemovalUnderWay, ...]:
    """What this account left and Xero has not confirmed, oldest first."""
    with store.cursor() as cursor:
        entries = removals.open_of(cursor, [one.removal for one in account.departures])
    return _told(account, entries, _names(store, [account]))


def removals_of_all(store: EventStore) -> tuple[RemovalUnderWay, ...]:
    """The same of all accounts, by account."""
    with store.begin() as tx:
        waiting = (connection_id(account) for account in grants.accounts_with_several(tx.cursor))
        known = tx.load(list({*removals.lanes(tx.cursor), *waiting}), connections.evolve)
        entries = removals.open_of(tx.cursor, [d.removal for one in known.values() for d in one.departures])
    names = _names(store, known.values())
    told = (one for account in known.values() for one in _told(account, entries, names))
    return tuple(sorted(told, key=lambda one: (one.account_id, one.since)))


def _names(store: EventStore, accounts: Iterable[Connection]) -> dict[str, str]:
    left = [(a.account_id, d.organisation_id) for a in accounts for d in (*a.unanswered, *a.departures, *a.waiting)]
    return organisation_names(store, [(account, one) for account, one in left if one])


def _told(account: Connection, entries: Mapping[UUID, Row], names: Mapping[str, str]) -> tuple[RemovalUnderWay, ...]:
    who = account.account_id
    unanswered = [_unanswered(who, _what(one, names), one) for one in account.unanswered]
    under_way = [_under_way(account, _what(one, names), one, entries.get(one.removal)) for one in account.departures]
    return (*unanswered, *under_way, *(_waiting(who, _what(one, names), one) for one in account.waiting))


def _waiting(account_id: str, what: str, left: Departure) -> RemovalUnderWay:
    return RemovalUnderWay(
        account_id=account_id,
        state="waiting",
        organisation_id=left.organisation_id,
        xero_connection_id=left.xero_connection_id,
        since=left.since,
        words=f"Since {_time(left.since)} a newer consent does not reach {what}. Nothing is removed in Xero "
        "before the account goes back to the organisation used so far, starts afresh with another, or disconnects; "
        "what it does not need then is removed at once.",
    )


def _under_way(account: Connection, what: str, left: Departure, entry: Row | None) -> RemovalUnderWay:
    ends_by = left.since + dt.timedelta(hours=LONGEST)
    tries, due_in = (entry["attempts"], float(entry["due_in"])) if entry else (0, None)
    then = "" if left.consent_goes_on else " and its tokens are destroyed"
    said = f"Since {_time(left.since)} {what} is being removed in Xero"
    if account.xero_connection_id and account.organisation_id == left.organisation_id:
        rest = "" if left.consent_goes_on else "; what else the former consent reached is removed there"
        was_left = f"{what[0].upper()}{what[1:]} was left on {_time(left.since)}"
        said = f"{was_left} and is used again, so that it stays as it is{rest}"
    return RemovalUnderWay(
        account_id=account.account_id,
        state="under_way",
        organisation_id=left.organisation_id,
        xero_connection_id=left.xero_connection_id,
        since=left.since,
        ends_by=ends_by,
        tries=tries,
        next_try_in=due_in,
        words=f"{said}{_progress(entry)}. The next try is {when(due_in)}; at the latest on {_time(ends_by)} it "
        f"ends{then}.",
    )


def _unanswered(account_id: str, what: str, left: Departure) -> RemovalUnderWay:
    return RemovalUnderWay(
        account_id=account_id,
        state="unanswered",
        organisation_id=left.organisation_id,
        xero_connection_id=left.xero_connection_id,
        since=left.since,
        words=f"{what[0].upper()}{what[1:]} was to be removed in Xero on {_time(left.since)}; Xero gave no answer "
        "for a day, and we try no more. It may still be listed there: the owner looks under Connected apps in Xero "
        "and disconnects it there.",
    )


def _progress(entry: Row | None) -> str:
    if entry is None:
        return ""
    if entry["cause"] == "reconnecting":
        return ": it waits while somebody may be connecting the account again"
    if entry["state"] == "LEASED":
        return ": Xero is asked just now"
    if not entry["attempts"]:
        return ""
    asked = "once" if entry["attempts"] == 1 else f"{entry['attempts']} times"
    how = "without a clear answer, so that Xero is searched for it" if entry["state"] == "AMBIGUOUS" else "in vain"
    return f": Xero was asked {asked}, {how}"


def _what(left: Departure, names: Mapping[str, str]) -> str:
    if left.organisation_id is None or not left.xero_connection_id:
        return "what a consent without a chosen organisation reached"
    return f"the connection to {called(left.organisation_id, names)}"


def _time(at: dt.datetime) -> str:
    return f"{at:%d %B %Y %H:%M} UTC"
