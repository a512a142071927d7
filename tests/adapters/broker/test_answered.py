"""Rings that are answered already cost nothing; one that could tell something new is never dropped."""

from uuid import UUID

from adapters.broker.answered import Answered

LANE, OTHER = UUID(int=1), UUID(int=2)


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
