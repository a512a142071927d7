"""Whatever a signal meets, the story ends as interrupted, and what puts it away is not interrupted again."""

import signal
from collections.abc import Callable
from contextlib import suppress

import pytest

from services.demo.breaking_off import SIGNS, BreakingOff


def play(story: Callable[[BreakingOff], object]) -> BaseException | None:
    """A story that may be broken off; what it ended with."""
    try:
        with BreakingOff() as breaking_off:
            story(breaking_off)
    except (KeyboardInterrupt, RuntimeError) as error:
        return error
    return None


def swallowed(_: BreakingOff) -> None:
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_signal_interrupts_and_what_stood_before_stands_again(sign: signal.Signals) -> None:
    before = signal.getsignal(sign)
    assert isinstance(play(lambda _: signal.raise_signal(sign)), KeyboardInterrupt)
    assert signal.getsignal(sign) is before


def test_what_is_raised_while_it_unwinds_does_not_take_its_place() -> None:
    def unwinds_badly(_: BreakingOff) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            raise RuntimeError("the pool is closed")

    ended = play(unwinds_badly)
    assert isinstance(ended, KeyboardInterrupt)
    assert isinstance(ended.__cause__, RuntimeError)


def test_one_that_was_swallowed_is_raised_at_the_next_look() -> None:
    after: list[str] = []

    def goes_on(breaking_off: BreakingOff) -> None:
        swallowed(breaking_off)
        breaking_off.check()
        after.append("told on")

    assert isinstance(play(goes_on), KeyboardInterrupt)
    assert after == []


def test_one_that_was_swallowed_is_raised_at_the_end_at_last() -> None:
    assert isinstance(play(swallowed), KeyboardInterrupt)


def test_a_second_signal_leaves_the_putting_away_alone() -> None:
    put_away: list[str] = []

    def impatient(_: BreakingOff) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGTERM)
            put_away.append("all")

    assert isinstance(play(impatient), KeyboardInterrupt)
    assert put_away == ["all"]


def test_a_first_signal_that_comes_while_all_is_put_away_is_told_afterwards() -> None:
    put_away: list[str] = []

    def ends(breaking_off: BreakingOff) -> None:
        breaking_off.leave_in_peace()
        signal.raise_signal(signal.SIGTERM)
        put_away.append("all")

    assert isinstance(play(ends), KeyboardInterrupt)
    assert put_away == ["all"]


def test_without_a_signal_nothing_is_changed() -> None:
    assert play(lambda breaking_off: breaking_off.check()) is None

    def fails(_: BreakingOff) -> None:
        raise RuntimeError("its own")

    assert str(play(fails)) == "its own"
