"""inactivity_clock: never too late, whatever happened; and ten that are due cost what ten cost, among 100,000."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql

from domain.account_settings import Inactivity
from domain.connection import Connected, Disconnected, InactivityWarned, SettingsChanged, TaxMapped
from domain.event import ENGINE, Event
from domain.inactivity import DAY, days_left_if_due
from projections import inactivity_clock
from projections.inactivity_clock import ClockRow, Due
from tests.domain.every_event import EVERY_EVENT
from tests.examples import NOON, OWNER
from tests.projections.logs import recorded, renumbered

CONNECTED = EVERY_EVENT[Connected]


def at(event: Event, days: float, **changes: Any) -> Event:
    """The event, so many days after noon."""
    moment = NOON + days * DAY
    return msgspec.structs.replace(event, occurred_at=moment, actor=changes.pop("actor", OWNER), **changes)


def setting(name: str, value: str, days: float) -> Event:
    return at(EVERY_EVENT[SettingsChanged], days, name=name, value=value)


def folded(events: Sequence[Event]) -> ClockRow:
    rows: inactivity_clock.Rows = {}
    for one in recorded(renumbered(events)):
        if one[3] in inactivity_clock.STEPS:
            inactivity_clock.fold(rows, one)
    (row,) = rows.values()
    return row


def due_after(events: Sequence[Event]) -> float:
    """Days after noon."""
    due = folded(events).due_at
    assert due is not None
    return (due - NOON) / DAY


def test_the_first_look_is_when_the_first_warning_is_due() -> None:
    assert due_after([at(CONNECTED, 0)]) == 46
    assert due_after([at(CONNECTED, 0), at(EVERY_EVENT[TaxMapped], 3)]) == 49
    assert due_after([at(CONNECTED, 0), at(EVERY_EVENT[TaxMapped], 3, actor=ENGINE)]) == 46
    assert due_after([at(CONNECTED, 0), setting("inactivity.days", "20", 2)]) == 2 + 6
    assert due_after([at(CONNECTED, 0), setting("inactivity.warn", "3", 1), setting("inactivity.days", "20", 2)]) == 19


def test_after_a_warning_the_next_one_is_due_and_after_the_last_the_end() -> None:
    warned = [at(CONNECTED, 0)]
    for days_left, day, due in ((14, 46, 53), (7, 53, 59), (1, 59, 60)):
        warned.append(at(EVERY_EVENT[InactivityWarned], day, days_left=days_left, last_activity_at=NOON, actor=ENGINE))
        assert due_after(warned) == due


def test_what_has_ended_is_not_looked_at_until_it_is_connected_again() -> None:
    ended = [at(CONNECTED, 0), at(EVERY_EVENT[Disconnected], 60)]
    assert folded(ended).due_at is None
    assert folded([*ended, at(EVERY_EVENT[TaxMapped], 61)]).due_at is None
    assert due_after([*ended, at(CONNECTED, 70)]) == 116


def test_activity_nobody_told_the_projection_of_is_never_looked_at_too_late() -> None:
    """Warned of with short settings, and active right after: the row's moment still comes before anything is due."""
    rule = Inactivity(14, (13, 1))
    events = [at(CONNECTED, 0), setting("inactivity.days", "14", 0), setting("inactivity.warn", "13, 1", 0)]
    warned = at(EVERY_EVENT[InactivityWarned], 1, days_left=13, last_activity_at=NOON, actor=ENGINE)
    due = folded([*events, warned]).due_at
    assert due is not None
    assert days_left_if_due(NOON + 1.5 * DAY, None, rule, due - dt.timedelta(seconds=1)) is None


@pytest.fixture
def many(read: Engine) -> Engine:
    """100,000 connections, ten of which are due."""
    with read.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO app.inactivity_clock SELECT gen_random_uuid(), '60', '14, 7, 1',"
            " CASE WHEN g <= 10 THEN app.now() - g * interval '1 minute'"
            " WHEN mod(g, 3) > 0 THEN app.now() + g * interval '10 seconds' END FROM generate_series(1, 100000) g"
        )
    with read.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE app.inactivity_clock")
    return read


def test_ten_that_are_due_among_a_hundred_thousand_cost_what_ten_cost(many: Engine) -> None:
    with many.begin() as connection:
        due = inactivity_clock.due(connection, 100)
        assert len(due) == 10
        assert [one.due_at for one in due] == sorted(one.due_at for one in due)
        plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement()}").scalar_one()
        touched = plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]
        assert touched <= 10 + 5, "ten rows and the way down to them"
        inactivity_clock.put_off(connection, Due(due[0].connection_id, due[0].due_at - DAY), due[0].due_at + 46 * DAY)
        assert inactivity_clock.due(connection, 100) == due, "what the log has said meanwhile stays"
        for one in due:
            inactivity_clock.put_off(connection, one, one.due_at + 46 * DAY)
        assert inactivity_clock.due(connection, 100) == []


def statement() -> str:
    """The statement that asks for what is due, as PostgreSQL gets it."""
    literal = {"literal_binds": True}
    compiled = inactivity_clock.due_query(100).compile(dialect=postgresql.dialect(), compile_kwargs=literal)  # type: ignore[no-untyped-call]
    return str(compiled)
