"""Days in no time: both clocks moved together, and what a quiet connection shows of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from adapters import virtual_clock
from domain.connection import Disconnected, InactivityWarned
from services.bootstrap import Parts
from services.demo.days import live_through, walk
from tests.services.dispatch.seen import lane
from tests.world import REAL_PARTS, RunningXero, World, world_on


@contextmanager
def world_of_days(
    xero: RunningXero, database_url: str, home: Path, parts: Parts = REAL_PARTS, **more: str
) -> Iterator[World]:
    """A world that goes by the virtual clock."""
    with world_on(xero, database_url, home, parts, KYRIOS_XERO_CLOCK="virtual", **more) as world:
        yield world


def live(world: World, days: int = 1) -> None:
    """Let days pass, the engine running all the time."""
    walk(world.engine, str(world.control.base_url), days)


def jump(world: World, by: timedelta) -> None:
    """Let time pass, or go back, while nothing runs."""
    world.control.post("/clock", json={"advance_seconds": by.total_seconds()}).raise_for_status()
    clock_jumps(world, by)


def clock_jumps(world: World, by: timedelta) -> None:
    """Our own clock is moved, and nobody else's."""
    with world.engine.store.cursor() as cursor:
        virtual_clock.move(cursor, by)


def move_to(world: World, moment: datetime) -> None:
    """Put both clocks a moment before this one, as the engine tells time."""
    jump(world, moment - world.engine.store.now())


def begin_an_hour(world: World) -> None:
    """Put both clocks a little after the next full hour: no hour, day or month ends within the test by itself.

    Mails are counted by the hour, and what was sent is kept by the month.
    """
    move_to(world, world.engine.store.now().replace(minute=5, second=0, microsecond=0) + timedelta(hours=1))


def look(world: World) -> None:
    """Do what a ticker does, now."""
    live_through(world.engine)


def last_activity(world: World) -> datetime:
    """When there was last activity."""
    found: datetime = lane(world)["last_activity_at"]
    return found


def warnings(world: World) -> list[int]:
    """The days that were left at each warning."""
    return [e.days_left for e in world.engine.store.events_of(world.lane) if isinstance(e, InactivityWarned)]


def endings(world: World) -> list[Disconnected]:
    """How the connection ended, each time."""
    return [e for e in world.engine.store.events_of(world.lane) if isinstance(e, Disconnected)]


def row(world: World, statement: str, **values: Any) -> dict[str, Any]:
    """The one row a statement finds."""
    with world.engine.store.cursor() as cursor:
        found = cursor.execute(statement, values).fetchone()
    assert found is not None
    return found
