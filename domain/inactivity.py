"""Inactivity: what counts as activity, when a quiet connection is warned of and cut, and when the clock holds. Pure.

The article: after 60 days without sync activity Xero is disconnected. A day is 24 hours, so neither daylight saving nor
a leap day makes a quiet time longer or shorter.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from domain.account_settings import Inactivity, inactivity_of
from domain.connection import disconnect
from domain.connection_events import (
    AccountsSelected,
    AlertRecipientsSet,
    Connected,
    InactivityWarned,
    OrganisationSelected,
    OrganisationWithheld,
    SettingsChanged,
    TaxMapped,
    TaxRatesDeclared,
    TaxUnmapped,
)
from domain.connection_state import Connection, evolve
from domain.event import Decision, Event, Moment
from domain.streams import connection_id

DAY: Final = timedelta(days=1)
LONGEST_ABSENCE: Final = timedelta(hours=25)
"""A gap no longer than this, such as a restart or a night, is none: whoever stops every night is still watched over."""
RUNS_AGAIN_FOR: Final = DAY
"""How long the engine must have run again after a longer gap before anybody is warned or cut."""

BY_PEOPLE: Final = (
    Connected,
    OrganisationSelected,
    OrganisationWithheld,
    SettingsChanged,
    AccountsSelected,
    TaxRatesDeclared,
    TaxMapped,
    TaxUnmapped,
    AlertRecipientsSet,
)
"""What people do to a connection, and the backend for them."""


class Beat(NamedTuple):
    """The engine's heartbeat: when it was last seen to run, and since when it has run without a gap (UTC)."""

    at: datetime
    running_since: datetime


def is_activity(event: Event) -> bool:
    """Whether an event is activity by itself: somebody connected, or took a step of set-up.

    What Xero answered on an invoice, a payment, a void or a contact counts too, and is told beside its events.
    """
    return isinstance(event, BY_PEOPLE) and event.actor.role != "engine"


def cut_at(last_activity: datetime, rule: Inactivity) -> datetime:
    """When a connection that stays quiet is cut."""
    return last_activity + rule.days * DAY


def days_left_if_due(last_activity: datetime, warned: int | None, rule: Inactivity, now: datetime) -> int | None:
    """The whole days left if a warning is due, 0 if the connection is to be cut, None if nothing is due.

    `warned` is how many days were left at the last warning of this quiet time. Of several warnings that have become
    due, only the most urgent is given.
    """
    left = cut_at(last_activity, rule) - now
    if left <= timedelta():
        return 0
    due = any(left <= days * DAY for days in _warnings_left(warned, rule))
    return -(-left // DAY) if due else None


def look_again_at(last_activity: datetime, warned: int | None, rule: Inactivity, now: datetime) -> datetime:
    """Before when nothing can become due, whatever activity there is meanwhile: new activity only makes it later."""
    in_this_quiet_time = cut_at(last_activity, rule) - max(_warnings_left(warned, rule), default=0) * DAY
    in_one_that_begins_now = cut_at(now, rule) - max(rule.warn, default=0) * DAY
    return min(in_this_quiet_time, in_one_that_begins_now)


def expiring(last_activity: datetime, rule: Inactivity, now: datetime) -> bool:
    """Whether the time of warnings has begun."""
    return now >= cut_at(last_activity, rule) - max(rule.warn, default=0) * DAY


def held_until(beat: Beat | None, now: datetime) -> datetime | None:
    """Until when the clock holds at least, because the engine was away or its clock was moved; None if it runs.

    An engine that is away just now is taken to run again from now on.
    """
    away = beat is None or abs(now - beat.at) > LONGEST_ABSENCE
    since = now if away or beat is None else beat.running_since
    until = since + RUNS_AGAIN_FOR
    return until if now < until else None


def check_inactivity(state: Connection | None, last_activity: datetime | None, at: Moment) -> list[Event]:
    """Warn of the disconnection, or disconnect, if that is due. Warned or disconnected already: nothing new."""
    if state is None or state.grant_id is None or last_activity is None:
        return []
    rule = inactivity_of(state.settings)
    days_left = days_left_if_due(last_activity, state.warned_since(last_activity), rule, at.now)
    if days_left is None:
        return []
    if days_left == 0:
        return disconnect(state, "inactivity", _evidence(last_activity, rule, at.now), at)
    decision = Decision(connection_id(state.account_id), state.account_id, state, state.version, evolve, at)
    organisation = state.organisation_id
    decision.add(InactivityWarned, organisation_id=organisation, days_left=days_left, last_activity_at=last_activity)
    return decision.events


def _evidence(last_activity: datetime, rule: Inactivity, now: datetime) -> dict[str, str]:
    return {
        "last_activity_at": last_activity.isoformat(),
        "inactivity.days": str(rule.days),
        "checked_at": now.isoformat(),
    }


def _warnings_left(warned: int | None, rule: Inactivity) -> list[int]:
    return [days for days in rule.warn if warned is None or days < warned]
