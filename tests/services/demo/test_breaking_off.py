"""Whatever a signal meets, the story ends as interrupted, and what puts it away is not interrupted again."""

import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from services.demo.breaking_off import SIGNS, BreakingOff
from services.demo.processes import WorkerProcess, simulated_xero
from tests.services.cli.program import processes_of
from tests.waiting import until_ended
from tests.world import EXAMPLES


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


def test_one_that_comes_while_something_is_begun_interrupts_when_it_is_known() -> None:
    begun: list[str] = []

    def begins(breaking_off: BreakingOff) -> None:
        with breaking_off.at_its_end():
            signal.raise_signal(signal.SIGINT)
            begun.append("a process")
        begun.append("too much")

    assert isinstance(play(begins), KeyboardInterrupt)
    assert begun == ["a process"]


def interrupt_the_start_of_a_process() -> None:
    """Let SIGINT come when the next process was just begun, and is known to nobody yet."""

    def seen(_: object, event: str, what: Any) -> None:
        if event == "c_return" and what.__name__ == "fork_exec":
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)

    sys.setprofile(seen)


@pytest.mark.parametrize("whole", [True, False])
def test_a_worker_that_was_just_begun_when_a_signal_came_is_ended_as_it_is_known(tmp_path: Path, whole: bool) -> None:
    """The control: interrupted in the middle, its start leaves a process behind that nobody knows of."""
    known: list[bool] = []
    variables = {"KYRIOS_XERO_HOME": str(tmp_path), "KYRIOS_XERO_DATABASE_URL": "nonsense"}

    def begins(breaking_off: BreakingOff) -> None:
        worker = WorkerProcess(variables, tmp_path / "log", *([breaking_off.at_its_end] if whole else []))
        try:
            interrupt_the_start_of_a_process()
            worker.start()
        finally:
            known.append(worker.running())
            worker.stop()
            known.append(worker.running())

    assert isinstance(play(begins), KeyboardInterrupt)
    assert known == [whole, False]
    left = processes_of(tmp_path)
    assert (left == {}) is whole
    until_ended(left)


def test_a_simulated_xero_that_was_just_begun_when_a_signal_came_is_ended(tmp_path: Path) -> None:
    def begins(breaking_off: BreakingOff) -> None:
        interrupt_the_start_of_a_process()
        seed, log = EXAMPLES / "xero-organisation.json", tmp_path / "log"
        with simulated_xero(tmp_path, seed, "http://localhost:1/", log, whole=breaking_off.at_its_end):
            raise AssertionError("it was interrupted before")

    assert isinstance(play(begins), KeyboardInterrupt)
    assert processes_of(tmp_path) == {}


def test_without_a_signal_nothing_is_changed() -> None:
    assert play(lambda breaking_off: breaking_off.check()) is None

    def fails(_: BreakingOff) -> None:
        raise RuntimeError("its own")

    assert str(play(fails)) == "its own"
