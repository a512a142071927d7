"""The window of the whole app: nearly all of it is used where demand exceeds it, and never a call too many."""

import random

import pytest

from domain.budget import Budget
from services.dispatch.app_window import AppWindow

BUDGET = Budget()
LIMIT, WINDOW, MINUTES = BUDGET.app_per_minute, BUDGET.window, 8


class Clock:
    """Seconds, as the test sets them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class KnowsNothing(AppWindow):
    """Takes every window for one that has just begun."""

    def lasted(self, left: int) -> float:
        """Nothing is sure."""
        return 0.0


class NeverDoubts(AppWindow):
    """Takes what it hears for the same window until that must be over, however much is left."""

    def lasted(self, left: int) -> float:
        """As if no other had begun meanwhile."""
        if self._monotonic() - self._since >= self._window:
            self._since = self._monotonic()
        return self._monotonic() - self._since


def demand(kind: type[AppWindow], seed: int, times: float) -> tuple[float, int]:
    """Calls evenly at so many times the limit, in processes that share one row: the part used, and how many refused."""
    chance, clock = random.Random(seed), Clock()
    phase, used, refused = chance.uniform(0, WINDOW), dict[int, int](), 0
    processes = [kind(WINDOW, clock) for _ in range(3)]
    over_at, low = 0.0, False
    while clock.now < MINUTES * WINDOW:
        clock.now += WINDOW / (LIMIT * times) * chance.uniform(0.5, 1.5)
        if low and clock.now < over_at:
            clock.now = over_at
        number = int((clock.now + phase) // WINDOW)
        if used.get(number, 0) >= LIMIT:
            refused += 1
            continue
        used[number] = used.get(number, 0) + 1
        left = LIMIT - used[number]
        lasted = chance.choice(processes).lasted(left)
        if left < 2 * BUDGET.app_reserve:
            low, over_at = left <= BUDGET.app_reserve, clock.now - lasted + WINDOW
    return sum(used.values()) / (LIMIT * MINUTES), refused


@pytest.mark.parametrize("times", [1.1, 3.0])
@pytest.mark.parametrize("seed", range(2))
def test_all_but_the_reserve_of_the_apps_calls_is_used_and_none_refused(seed: int, times: float) -> None:
    used, refused = demand(AppWindow, seed, times)
    assert refused == 0
    assert used >= 0.95


def test_who_takes_every_window_for_a_new_one_wastes_half_of_what_is_allowed() -> None:
    used, refused = demand(KnowsNothing, 0, 1.1)
    assert (refused, used < 0.7) == (0, True)


def test_who_never_doubts_that_a_window_is_the_same_is_out_of_step_and_wastes_as_much() -> None:
    assert min(demand(NeverDoubts, seed, 3.0)[0] for seed in range(3)) < 0.75


def test_after_a_silence_nothing_is_sure() -> None:
    clock = Clock()
    window = AppWindow(WINDOW, clock)
    assert window.lasted(9_000) == 0.0
    clock.now = 0.5
    assert window.lasted(7_000) == 0.5
    clock.now = 0.6
    assert window.lasted(9_990) == 0.0, "another one has begun"
    clock.now = 1.0
    assert window.lasted(9_000) == 0.0, "perhaps yet another: so much may be used while nobody listens for so long"
    clock.now = 1.1
    assert window.lasted(8_500) == pytest.approx(0.1)
    clock.now = 30.0
    assert window.lasted(5_000) == 0.0
