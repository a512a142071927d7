"""inactivity_clock: when each connection is to be looked at next for having been quiet. Table, fold, queries.

Activity writes nothing here: it only makes what is due later. Whoever looks asks the lane itself and puts the next look
off, so that a connection in daily use is looked at about every six weeks. `due_at` is thus never too late, and what the
log says of it is only whether there is one.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    Column,
    Connection,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    cast,
    func,
    literal,
    select,
    update,
)

from domain import connection as domain_connection
from domain.account_settings import SETTINGS, inactivity_of
from domain.event import Actor
from domain.inactivity import BY_PEOPLE, DAY, look_again_at
from projections.recorded import Recorded
from projections.schema import METADATA, TIME
from projections.steps import read, steps_of

# ── table ───────────────────────────────────────────────────────────────────────────────────────────────────────────

INACTIVITY_CLOCK: Final = Table(
    "inactivity_clock",
    METADATA,
    Column("connection_id", Uuid, primary_key=True),
    Column("days", Text, nullable=False),
    Column("warn", Text, nullable=False),
    Column("due_at", TIME),
)
Index("inactivity_clock_due", INACTIVITY_CLOCK.c.due_at)


class ClockRow(msgspec.Struct, gc=False):
    """One row, in the table's order: the settings as they are stored; no `due_at` while the connection is ended."""

    connection_id: UUID
    days: str
    warn: str
    due_at: dt.datetime | None

    @property
    def settings(self) -> dict[str, str]:
        """The settings the clock goes by."""
        return {"inactivity.days": self.days, "inactivity.warn": self.warn}


# ── fold ────────────────────────────────────────────────────────────────────────────────────────────────────────────

Rows = dict[UUID, ClockRow]


class _Fact(msgspec.Struct, gc=False):
    occurred_at: dt.datetime
    actor: Actor


class _Changed(_Fact, gc=False):
    name: str
    value: str


class _Warned(_Fact, gc=False):
    days_left: int
    last_activity_at: dt.datetime


def _step(row: ClockRow, fact: _Fact) -> None:
    if row.due_at is not None and fact.actor.role != "engine":
        _begin(row, fact)


def _begin(row: ClockRow, fact: _Fact) -> None:
    row.due_at = look_again_at(fact.occurred_at, None, inactivity_of(row.settings), fact.occurred_at)


def _setting(row: ClockRow, fact: _Changed) -> None:
    if fact.name == "inactivity.days":
        row.days = fact.value
    elif fact.name == "inactivity.warn":
        row.warn = fact.value
    _step(row, fact)


def _warned(row: ClockRow, fact: _Warned) -> None:
    row.due_at = look_again_at(fact.last_activity_at, fact.days_left, inactivity_of(row.settings), fact.occurred_at)


def _ended(row: ClockRow, _: _Fact) -> None:
    row.due_at = None


_FOLDED: Final[dict[type[Any], tuple[type[_Fact], Callable[[ClockRow, Any], None]]]] = {
    **dict.fromkeys(BY_PEOPLE, (_Fact, _step)),
    domain_connection.Connected: (_Fact, _begin),
    domain_connection.SettingsChanged: (_Changed, _setting),
    domain_connection.InactivityWarned: (_Warned, _warned),
    domain_connection.Disconnected: (_Fact, _ended),
}
STEPS: Final = steps_of(_FOLDED)


def fold(rows: Rows, recorded: Recorded) -> None:
    """Fold one event of a connection into its row. Raises BadEvent if it cannot be read."""
    stream_id = recorded[1]
    fact, step = read(STEPS, recorded)
    row = rows.get(stream_id)
    if row is None:
        row = rows[stream_id] = ClockRow(stream_id, SETTINGS["inactivity.days"], SETTINGS["inactivity.warn"], None)
    step(row, fact)


def as_logged(row: Sequence[Any]) -> tuple[Any, ...]:
    """What of a row follows from the log alone."""
    return (*row[:-1], row[-1] is not None)


# ── queries ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Due(NamedTuple):
    """A connection to be looked at, and since when."""

    connection_id: UUID
    due_at: dt.datetime


def load(connection: Connection, connection_ids: Iterable[UUID]) -> Rows:
    """The rows of these connections, as far as they exist."""
    wanted = any_(literal(list(connection_ids), ARRAY(Uuid)))
    found = connection.execute(select(INACTIVITY_CLOCK).where(INACTIVITY_CLOCK.c.connection_id == wanted))
    return {row[0]: ClockRow(*row) for row in found}


def counting(connection: Connection, only: Iterable[UUID] | None = None) -> Rows:
    """The connections that have not ended: all, or those of `only`."""
    query = select(INACTIVITY_CLOCK).where(INACTIVITY_CLOCK.c.due_at.is_not(None))
    if only is not None:
        query = query.where(INACTIVITY_CLOCK.c.connection_id == any_(literal(list(only), ARRAY(Uuid))))
    return {row[0]: ClockRow(*row) for row in connection.execute(query)}


def due(connection: Connection, limit: int) -> list[Due]:
    """Up to `limit` connections that are to be looked at now, those that wait longest first."""
    return [Due(*row) for row in connection.execute(due_query(limit))]


def due_query(limit: int) -> Select[tuple[Any, ...]]:
    """How they are asked for."""
    c = INACTIVITY_CLOCK.c
    return select(c.connection_id, c.due_at).where(c.due_at <= func.app.now()).order_by(c.due_at).limit(limit)


def bring_back(connection: Connection) -> None:
    """Have looked at now what is to be looked at after one that is active just now is cut: the clock was put back."""
    c = INACTIVITY_CLOCK.c
    too_late = update(INACTIVITY_CLOCK).where(c.due_at > func.app.now() + cast(c.days, Integer) * DAY)
    connection.execute(too_late.values(due_at=func.app.now()))


def put_off(connection: Connection, looked_at: Due, due_at: dt.datetime) -> None:
    """It was looked at, and nothing becomes due before `due_at`; what the log has said meanwhile stays."""
    c = INACTIVITY_CLOCK.c
    same = (c.connection_id == looked_at.connection_id, c.due_at == looked_at.due_at)
    connection.execute(update(INACTIVITY_CLOCK).where(*same).values(due_at=due_at))
