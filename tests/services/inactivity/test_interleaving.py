"""Activity cannot slip between the look at a quiet connection and its end: the lane is held in between."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from adapters.event_store import lanes
from adapters.event_store.store import Transaction
from adapters.simulator.server import Simulator
from domain.inactivity import DAY
from services.bootstrap import Parts
from services.inactivity import InactivityWatch
from tests.services.inactivity.days import endings, last_activity, live, look, move_to, world_of_days
from tests.waiting import PATIENCE, somebody_waits_for_a_lock, until
from tests.world import World


class LooksWithoutHolding(InactivityWatch):
    """Reads when there was last activity, and lets others go on meanwhile."""

    def _last_activity(self, tx: Transaction, lane: UUID) -> datetime | None:
        return lanes.last_activities(tx.cursor, [lane]).get(lane)


@contextmanager
def due_to_be_cut(xero: Simulator, database_url: str, home: Path, watch: type[InactivityWatch]) -> Iterator[World]:
    """A connection whose sixty days are over, and that nobody has looked at yet."""
    with world_of_days(xero, database_url, home, Parts(inactivity=watch)) as world:
        world.set_up()
        live(world)
        move_to(world, last_activity(world) + 60 * DAY)
        with world.engine.store.cursor() as cursor:
            cursor.execute(
                "UPDATE app.heartbeat SET beat_at = app.now(), running_since = app.now() - interval '9 days'"
            )
        yield world


def cut_while_an_answer_is_recorded(world: World) -> list[datetime]:
    """An answer is being recorded, not committed yet, when the connection is looked at; when it was cut, if it was."""
    engine = world.engine
    engine.projector.catch_up()
    with ThreadPoolExecutor(1) as other:
        with engine.store.begin() as recording:
            lanes.touch_activity(recording.cursor, world.lane)
            looking: Future[int] = other.submit(engine.inactivity.round)
            wait_until_somebody_waits_for_a_lock(world, looking)
        looking.result(PATIENCE)
    return [cut.occurred_at for cut in endings(world)]


def wait_until_somebody_waits_for_a_lock(world: World, looking: "Future[int]") -> None:
    """Until the other session stands before a lock of ours, of which the database tells nobody."""
    until(lambda: somebody_waits_for_a_lock(world.engine.database_url) or looking.done())


@pytest.mark.article("R15")
def test_what_is_being_recorded_is_waited_for_and_keeps_the_connection(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    with due_to_be_cut(xero, database_url, tmp_path, InactivityWatch) as world:
        assert cut_while_an_answer_is_recorded(world) == []


def test_without_holding_the_lane_a_connection_in_use_would_be_cut(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    with due_to_be_cut(xero, database_url, tmp_path, LooksWithoutHolding) as world:
        assert cut_while_an_answer_is_recorded(world) != []


def test_of_two_that_look_at_once_one_cuts_and_it_is_cut_once(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    with due_to_be_cut(xero, database_url, tmp_path, InactivityWatch) as world:
        world.engine.projector.catch_up()
        with ThreadPoolExecutor(2) as tickers:
            both = [tickers.submit(world.engine.inactivity.round) for _ in range(2)]
            assert [one.result(PATIENCE) for one in both]
        look(world)
        assert len(endings(world)) == 1
