"""The clock of inactivity: to the second, whatever the calendar does; warnings once each; and when it holds."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import pytest

from domain.account_settings import Inactivity
from domain.connection import (
    EVENTS,
    AccessRemoved,
    ConnectionRemoved,
    Disconnected,
    GateClosed,
    InactivityWarned,
    SettingsChanged,
)
from domain.connection_events import GateOpened, ReferenceDrifted, ReferenceRestored
from domain.event import ENGINE, Actor, Event
from domain.inactivity import (
    DAY,
    LONGEST_ABSENCE,
    Beat,
    check_inactivity,
    cut_at,
    days_left_if_due,
    expiring,
    held_until,
    is_activity,
    look_again_at,
)
from tests.domain.every_event import EVERY_EVENT
from tests.examples import NOON, OWNER, moment, open_connection
from tests.given import Given, fact, given, said

SIXTY: Final = Inactivity(60, (14, 7, 1))
SECOND: Final = dt.timedelta(seconds=1)
BY_ENGINE: Final = {ReferenceDrifted, ReferenceRestored, GateClosed, GateOpened, InactivityWarned, Disconnected}


def checked(past: Given, days: float, last: dt.datetime = NOON) -> list[Event]:
    """What is decided so many days after the last activity."""
    return past.when(check_inactivity, last, at=moment(last + days * DAY)).events


def warned(days_left: int, last: dt.datetime = NOON) -> InactivityWarned:
    return fact(InactivityWarned, days_left=days_left, last_activity_at=last)


CONNECTED: Final = tuple(open_connection())


@pytest.mark.article("R15")
def test_a_connection_is_cut_at_sixty_days_and_not_a_second_before() -> None:
    past = given(*CONNECTED, warned(1))
    assert checked(past, 60 - 1 / 86_400) == []
    cut, *rest = checked(past, 60)
    assert isinstance(cut, Disconnected)
    assert [type(event) for event in rest] == [GateClosed]
    assert cut.reason == "inactivity"
    assert cut.evidence == {
        "last_activity_at": "2026-10-01T12:00:00+00:00",
        "inactivity.days": "60",
        "checked_at": "2026-11-30T12:00:00+00:00",
    }


@pytest.mark.parametrize(
    "last",
    [
        dt.datetime(2026, 2, 20, 1, 30, tzinfo=ZoneInfo("Pacific/Auckland")),
        dt.datetime(2026, 3, 1, 1, 30, tzinfo=ZoneInfo("America/New_York")),
        dt.datetime(2028, 1, 15, 23, 59, 59, tzinfo=dt.UTC),
        dt.datetime(2026, 11, 15, tzinfo=dt.UTC),
    ],
    ids=["summer time ends", "summer time begins", "a leap day", "a new year"],
)
def test_sixty_days_are_so_many_hours_whatever_the_calendar_does(last: dt.datetime) -> None:
    last = last.astimezone(dt.UTC)
    assert (cut_at(last, SIXTY) - last).total_seconds() == 60 * 24 * 3600
    assert days_left_if_due(last, 1, SIXTY, last + 60 * DAY - SECOND) is None
    assert days_left_if_due(last, 1, SIXTY, last + 60 * DAY) == 0


def test_each_warning_is_given_once_in_a_quiet_time() -> None:
    past, given_at = [*CONNECTED], []
    for hour in range(60 * 24):
        events = checked(given(*past), hour / 24)
        past += events
        given_at += [(hour / 24, said(event)[1]["days_left"]) for event in events]
    assert given_at == [(46, 14), (53, 7), (59, 1)]


def test_a_warning_that_comes_late_says_how_many_days_are_really_left() -> None:
    assert [said(event)[1]["days_left"] for event in checked(given(*CONNECTED), 49.5)] == [11]
    assert [said(event)[1]["days_left"] for event in checked(given(*CONNECTED), 55)] == [5]
    assert checked(given(*CONNECTED, warned(5)), 58.9) == []
    assert [said(event)[1]["days_left"] for event in checked(given(*CONNECTED, warned(5)), 59)] == [1]


def test_activity_begins_a_new_quiet_time_with_warnings_of_its_own() -> None:
    later = NOON + 50 * DAY
    past = given(*CONNECTED, warned(14))
    assert checked(past, 10, later) == []
    assert [said(event)[1]["days_left"] for event in checked(past, 46, later)] == [14]


def test_the_accounts_own_days_and_warnings_are_taken() -> None:
    days = fact(SettingsChanged, name="inactivity.days", value="30")
    warn = fact(SettingsChanged, name="inactivity.warn", value="45, 3")
    past = given(*CONNECTED, days, warn)
    assert checked(past, 26.9) == []
    assert [said(event)[1]["days_left"] for event in checked(past, 27)] == [3]
    assert isinstance(checked(past, 30)[0], Disconnected)


@pytest.mark.parametrize("jumped", [-61, -1, 0])
def test_a_clock_before_the_last_activity_makes_nothing_due(jumped: int) -> None:
    assert checked(given(*CONNECTED), jumped) == []


def test_what_has_ended_is_not_ended_again() -> None:
    cut = checked(given(*CONNECTED), 60)
    given(*CONNECTED, *cut).when(check_inactivity, NOON, at=moment(NOON + 61 * DAY)).then_nothing()
    given().when(check_inactivity, NOON, at=moment(NOON + 61 * DAY)).then_nothing()
    given(*CONNECTED).when(check_inactivity, None, at=moment(NOON + 61 * DAY)).then_nothing()


@pytest.mark.parametrize("event_type", EVENTS)
def test_what_people_do_is_activity_and_what_the_engine_notes_is_none(event_type: type[Event]) -> None:
    event = EVERY_EVENT[event_type]
    by_people = event_type not in BY_ENGINE | {AccessRemoved, ConnectionRemoved}
    assert is_activity(_by(event, OWNER)) == by_people
    assert not is_activity(_by(event, ENGINE))


def _by(event: Event, actor: Actor) -> Event:
    return msgspec.structs.replace(event, actor=actor)


@pytest.mark.parametrize("rule", [SIXTY, Inactivity(14, (13, 1)), Inactivity(30, ()), Inactivity(365, (364,))])
def test_whoever_looks_when_told_to_never_looks_too_late(rule: Inactivity) -> None:
    """However activity falls between two looks, nothing is due a second before the look that was named."""
    for last_look in range(rule.days):
        now = NOON + last_look * DAY
        for left in (None, *rule.warn):
            next_look = look_again_at(NOON, left, rule, now)
            before = next_look - SECOND
            for activity, known in ((NOON, left), (now, None), (now + DAY, None)):
                if days_left_if_due(activity, known, rule, now) is None:
                    assert days_left_if_due(activity, known, rule, before) is None


@pytest.mark.article("R23")
def test_the_clock_holds_for_a_day_after_the_engine_was_away_or_its_clock_was_moved() -> None:
    a_year_ago = NOON - 365 * DAY
    assert held_until(Beat(NOON, a_year_ago), NOON + dt.timedelta(minutes=1)) is None
    assert held_until(Beat(NOON, a_year_ago), NOON + LONGEST_ABSENCE) is None
    for away in (LONGEST_ABSENCE + SECOND, 7 * DAY, 61 * DAY, -61 * DAY):
        assert held_until(Beat(NOON, a_year_ago), NOON + away) == NOON + away + DAY
        back = NOON + away
        assert held_until(Beat(back, back), back + 23 * dt.timedelta(hours=1)) == back + DAY
        assert held_until(Beat(back + DAY, back), back + DAY) is None
    assert held_until(None, NOON) == NOON + DAY


def test_a_connection_expires_from_its_first_warning_on() -> None:
    assert not expiring(NOON, SIXTY, NOON + 46 * DAY - SECOND)
    assert expiring(NOON, SIXTY, NOON + 46 * DAY)
