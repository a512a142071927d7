"""Rings that are answered already cost nothing; one that could tell something new is never dropped."""

from uuid import UUID

import pytest

from adapters.broker.answered import Answered
from adapters.broker.brokers import in_process_broker
from adapters.broker.doorbell import QUEUE, Doorbell

LANE, OTHER = UUID(int=1), UUID(int=2)
RINGS = 20


class Clock:
    """Milliseconds, as the test sets them."""

    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        return self.now


def test_a_look_answers_all_rings_that_were_sent_before_it_began() -> None:
    clock = Clock()
    answered = Answered(clock)
    assert answered.begin(LANE, rung_at=900)
    assert not answered.begin(LANE, rung_at=900)
    assert not answered.begin(LANE, rung_at=999)
    assert answered.begin(OTHER, rung_at=900)


def test_a_ring_sent_after_the_look_began_or_in_the_same_moment_is_answered_anew() -> None:
    clock = Clock()
    answered = Answered(clock)
    assert answered.begin(LANE, rung_at=900)
    assert answered.begin(LANE, rung_at=1_000)
    clock.now = 1_005
    assert answered.begin(LANE, rung_at=1_001)
    assert not answered.begin(LANE, rung_at=1_004)


def test_after_the_clock_was_set_back_the_very_next_ring_is_heard_and_those_before_it_are_answered() -> None:
    clock = Clock()
    clock.now = 3_700_000
    answered = Answered(clock)
    assert answered.begin(LANE, rung_at=3_700_000)
    clock.now = 100_500
    assert answered.begin(LANE, rung_at=100_000)
    assert not answered.begin(LANE, rung_at=100_000)


class AnswersEverything(Answered):
    """Takes every ring for news."""

    def begin(self, connection_id: UUID, rung_at: int) -> bool:
        """Always."""
        return True


@pytest.mark.parametrize(("answered", "looks"), [(Answered, 1), (AnswersEverything, RINGS)])
def test_rings_that_pile_up_cost_one_look_and_without_the_check_a_look_each(
    answered: type[Answered], looks: int
) -> None:
    looked: list[UUID] = []
    broker = in_process_broker(10.0)
    doorbell = Doorbell(broker, looked.append)
    doorbell._answered = answered()
    for _ in range(RINGS):
        doorbell.ring(LANE)
    doorbell.answer(1)
    try:
        broker.join(QUEUE, timeout=120_000)
    finally:
        doorbell.stop()
    assert looked == [LANE] * looks
