"""Who wakes a lane that rests: an alarm at the very moment, and a sweep if the alarm is lost. Without both, nobody."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from services.dispatch.alarms import Alarms
from services.running import working
from tests.crash.books import assert_in_xero_once
from tests.services.cli.program import until_synced
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.seen import keys
from tests.services.dispatch.test_doorbell import ringing_engine
from tests.world import BACKEND, World, example_invoices

REST = 37.0


class Hand:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Forgetful(Alarms):
    """Forgets every alarm, as one does whose process was killed."""

    def set(self, connection_id: UUID, seconds: float) -> None:
        """Nothing."""


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture(params=[Alarms, Forgetful])
def resting(request: pytest.FixtureRequest, world: World, clock: Hand) -> Iterator[World]:
    """A lane that Xero has asked to rest, on an engine whose alarms keep, or forget, what they are set for."""
    with beside(world) as other:
        other.engine.alarms = request.param(other.rung.append, clock)
        other.fault("http_429_minute", method="PUT", path="/Invoices", retry_after=int(REST))
        other.queue(example_invoices(1))
        other.work()
        other.rung.clear()
        yield other


def test_a_lane_that_rests_is_rung_for_when_its_rest_is_over_and_not_before_unless_the_alarm_is_forgotten(
    resting: World, clock: Hand
) -> None:
    alarms = resting.engine.alarms
    clock.now += REST - 1
    assert alarms.due() == []
    clock.now += 1.1
    assert alarms.due() == ([] if isinstance(alarms, Forgetful) else [resting.lane])
    assert alarms.due() == [], "it rings once"


def test_a_sweep_rings_for_a_lane_whose_rest_is_over_alarm_or_not(resting: World) -> None:
    resting.engine.sweeper.sweep()
    assert resting.rung == []
    resting.later(REST)
    resting.engine.sweeper.sweep()
    assert resting.rung == [resting.lane]
    resting.work()
    assert_in_xero_once(resting, 1)


def test_the_earliest_of_several_alarms_of_a_lane_rings_and_the_others_are_forgotten(clock: Hand) -> None:
    alarms, lane, other = Alarms(lambda _: None, clock), UUID(int=1), UUID(int=2)
    for connection_id, seconds in ((lane, 9.0), (lane, 5.0), (other, 7.0), (lane, 8.0), (other, 601.0)):
        alarms.set(connection_id, seconds)
    clock.now = 5.1
    assert alarms.due() == [lane]
    clock.now = 600.0
    assert alarms.due() == [other]


def test_a_running_worker_goes_on_after_a_rest_by_its_alarm_alone(world: World) -> None:
    world.fault("http_429_minute", method="PUT", path="/Invoices", retry_after=1)
    with ringing_engine(world, KYRIOS_XERO_SWEEP_INTERVAL="600") as engine, working(engine):
        engine.queue_invoices(example_invoices(3), BACKEND)
        until_synced(world, 3)
    assert len(keys(world)) == 2
    assert_in_xero_once(world, 3)
