"""The budget: a table of what a lane may do, and a Xero with windows of any phase that is never asked too much."""

import heapq
import random
from typing import Any

import pytest

from domain.budget import (
    DAY_ASKED_AGAIN,
    Budget,
    Go,
    Known,
    Use,
    Wait,
    day_most_after,
    level_after,
    level_after_call,
    may_start,
    promised_after,
    promised_after_return,
)

BUDGET = Budget()
GO, AHEAD, AHEAD_TODAY = Go(), Go(ahead=True), Go(ahead_today=True)


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        ({"level": 1.0}, GO),
        ({"level": 0.05}, Wait(1.0, "rate_limited")),
        ({"level": -56.0}, Wait(60.0, "rate_limited")),
        ({"level": 3.0, "in_flight": 3}, GO),
        ({"level": 3.0, "in_flight": 4}, Wait(None)),
        ({"level": -57.0, "promised": 8, "started": 7}, GO),
        ({"level": 3.0, "promised": 7, "started": 7, "over_in": 12.0}, Wait(12.0, "rate_limited")),
        ({"level": 3.0, "promised": 7, "started": 7, "over_in": 0.0}, AHEAD),
        ({"level": 3.0, "promised": 7, "started": 7, "over_in": -1.0, "in_flight": 1}, Wait(None, "rate_limited")),
        ({"level": 3.0, "promised": 7, "started": 7, "over_in": 61.0}, GO),
        ({"level": 0.0, "promised": 7, "started": 7}, Wait(60 / 57, "rate_limited")),
        ({"level": 3.0, "app_left": 501, "app_heard_ago": 1.0}, GO),
        ({"level": 3.0, "app_left": 500, "app_heard_ago": 1.0}, Wait(59.0, "rate_limited")),
        ({"level": 3.0, "app_left": 0, "app_heard_ago": 60.0}, GO),
        ({"level": 3.0, "app_left": 0, "app_heard_ago": -5.0}, Wait(60.0, "rate_limited")),
    ],
)
def test_whether_a_call_may_start(known: dict[str, Any], answer: Go | Wait) -> None:
    found = may_start(Known(**known), BUDGET)
    if isinstance(answer, Wait) and answer.seconds is not None:
        assert isinstance(found, Wait)
        assert found.seconds == pytest.approx(answer.seconds)
        assert found.cause == answer.cause
    else:
        assert found == answer


@pytest.mark.parametrize(
    ("use", "left", "over_in", "in_flight", "answer"),
    [
        ("send", 501, None, 0, GO),
        ("send", 500, 100.0, 0, Wait(100.0, "rate_limited_daily")),
        ("routine", 500, 100.0, 0, Wait(100.0, "rate_limited_daily")),
        ("look_up", 500, 100.0, 0, GO),
        ("asked", 1, 100.0, 0, GO),
        ("asked", 0, 100.0, 0, Wait(100.0, "rate_limited_daily")),
        ("asked_to_send", 500, 100.0, 0, GO),
        ("asked_to_send", 251, 100.0, 0, GO),
        ("asked_to_send", 250, 100.0, 0, Wait(100.0, "rate_limited_daily")),
        ("asked_to_send", 250, 0.0, 0, AHEAD_TODAY),
        ("send", 500, 0.0, 0, AHEAD_TODAY),
        ("send", 500, 0.0, 1, Wait(None, "rate_limited_daily")),
        ("send", 500, DAY_ASKED_AGAIN + 1, 0, AHEAD_TODAY),
    ],
)
def test_a_tenth_of_the_day_is_kept_for_look_ups_and_what_a_person_asks(
    use: Use, left: int, over_in: float | None, in_flight: int, answer: Go | Wait
) -> None:
    known = Known(
        level=3.0,
        started=100,
        in_flight=in_flight,
        promised_today=100 + left,
        day_over_in=over_in,
        day_most=5_000,
    )
    assert may_start(known, BUDGET, use) == answer


def test_on_a_starter_plan_a_tenth_of_a_thousand_is_kept() -> None:
    known = Known(level=3.0, promised_today=100, day_most=1_000, day_over_in=5.0)
    assert may_start(known, BUDGET) == Wait(5.0, "rate_limited_daily")
    assert may_start(Known(level=3.0, promised_today=101, day_most=1_000), BUDGET) == GO


@pytest.mark.parametrize(
    ("tokens", "elapsed", "level"),
    [
        (3.0, 60.0, 3.0),
        (0.0, 2.0, 1.9),
        (-57.0, 60.0, 0.0),
        (1.0, -3600.0, 1.0),
        (-2_000.0, 0.0, -57.0),
        (9_999.0, 1e12, 3.0),
    ],
)
def test_the_bucket_neither_explodes_nor_forgets(tokens: float, elapsed: float, level: float) -> None:
    assert level_after(tokens, elapsed, BUDGET) == pytest.approx(level)
    assert level_after_call(-57.0, BUDGET) == -57.0


@pytest.mark.parametrize(
    ("promised", "started", "call", "in_flight", "left", "after"),
    [
        (None, 1, 1, 0, 59, 60),
        (60, 20, 18, 3, 40, 60),
        (60, 20, 18, 3, 2, 22),
        (60, 60, 60, 0, 0, 60),
        (60, 61, 61, 0, 59, 120),
        (120, 64, 58, 1, 1, 65),
    ],
)
def test_what_an_answer_promises(
    promised: int | None, started: int, call: int, in_flight: int, left: int, after: int
) -> None:
    assert promised_after(promised, started, call, in_flight, left) == after


@pytest.mark.parametrize(
    ("promised", "taken", "after"),
    [(None, None, None), (60, 60, 61), (60, 58, 61), (60, 62, 60), (60, None, 60), (None, 60, None)],
)
def test_what_never_went_out_leaves_its_place_to_another_unless_less_is_promised_since(
    promised: int | None, taken: int | None, after: int | None
) -> None:
    assert promised_after_return(promised, taken) == after


@pytest.mark.parametrize(
    ("day_most", "promised", "call", "left", "after"),
    [
        (0, None, 1, 4_999, 5_000),
        (5_000, None, 1, 999, 5_000),
        # The same day goes on, whatever calls are on their way or others use.
        (5_000, 5_000, 4_500, 500, 5_000),
        (5_000, 5_000, 4_500, 520, 5_000),
        (5_000, 5_000, 4_500, 100, 5_000),
        (4_990, 5_000, 1, 4_999, 5_000),
        # A new day: on the same plan, a smaller one, a larger one.
        (5_000, 5_000, 4_500, 4_999, 5_000),
        (5_000, 5_000, 4_500, 999, 1_000),
        (5_000, 5_000, 4_500, 521, 522),
        (1_000, 1_000, 900, 4_999, 5_000),
        # A smaller plan after a day that was hardly used looks like others' use, until the day after.
        (5_000, 5_000, 10, 999, 5_000),
        (5_000, 1_009, 500, 999, 1_000),
    ],
)
def test_the_reserve_follows_the_most_that_xero_left_of_the_present_day(
    day_most: int, promised: int | None, call: int, left: int, after: int
) -> None:
    assert day_most_after(day_most, promised, call, left) == after


class FixedWindows:
    """A Xero that counts 60 calls in fixed minutes of some phase, and a lane under endless backlog."""

    def __init__(self, chance: random.Random, slowest: float, silent: bool) -> None:
        self.chance, self.slowest, self.silent = chance, slowest, silent
        self.phase = chance.uniform(0, 60)
        self.used: dict[int, int] = {}
        self.started, self.tokens, self.refilled = 0, 3.0, 0.0
        self.promised: int | None = None
        self.over_at: float | None = None
        self.refused = self.most_at_once = 0
        self.left: dict[int, int] = {}

    def run(self, seconds: float) -> int:
        """Let time pass; returns how many calls were counted."""
        now, running = 0.0, list[tuple[float, int, str, int]]()
        number = 0
        in_flight: set[int] = set()
        while now < seconds:
            known = Known(
                started=self.started,
                in_flight=len(in_flight),
                level=level_after(self.tokens, now - self.refilled, BUDGET),
                promised=self.promised,
                over_in=None if self.over_at is None else self.over_at - now,
            )
            answer = may_start(known, BUDGET)
            if isinstance(answer, Go):
                self.started += 1
                self.tokens, self.refilled = level_after_call(known.level, BUDGET), now
                if answer.ahead:
                    self.promised, self.over_at = self.started, now + 60
                took = self.chance.uniform(0.05, self.slowest)
                counted = now + self.chance.uniform(0, took)
                heapq.heappush(running, (counted, self.started, "counted", len(in_flight)))
                heapq.heappush(running, (now + took, self.started, "heard", len(in_flight)))
                in_flight.add(self.started)
                self.most_at_once = max(self.most_at_once, len(in_flight))
                continue
            wakes = now + answer.seconds + 0.01 if answer.seconds is not None else float("inf")
            if not running or wakes < running[0][0]:
                now = wakes
                continue
            now, call, what, beside = heapq.heappop(running)
            if what == "counted":
                number += 1
                self.left[call] = self._count(now)
            else:
                in_flight.discard(call)
                if not self.silent:
                    after = self.promise(call, beside, self.left.pop(call))
                    if after != self.promised:
                        self.promised, self.over_at = after, now + 60
        return number

    def promise(self, call: int, beside: int, left: int) -> int:
        """The number up to which calls may start, by this answer."""
        return promised_after(self.promised, self.started, call, beside, left)

    def _count(self, now: float) -> int:
        window = int((now - self.phase) // 60)
        self.used[window] = self.used.get(window, 0) + 1
        self.refused += self.used[window] > 60
        return 60 - self.used[window]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("slowest", "least"), [(0.3, 0.95), (1.0, 0.95), (2.5, 0.95), (4.0, 0.9)])
def test_by_xeros_headers_a_backlog_uses_nearly_all_and_never_a_call_too_many(
    seed: int, slowest: float, least: float
) -> None:
    xero = FixedWindows(random.Random(seed), slowest, silent=False)
    hour = xero.run(3600)
    assert xero.refused == 0
    assert xero.most_at_once <= 4
    assert hour >= least * 3600


@pytest.mark.parametrize("seed", range(3))
def test_without_headers_the_bucket_alone_keeps_within_the_limit_and_uses_nineteen_twentieths(seed: int) -> None:
    xero = FixedWindows(random.Random(seed), 1.0, silent=True)
    hour = xero.run(3600)
    assert xero.refused == 0
    assert hour >= 0.94 * 3600


class ForgetsThoseOnTheirWay(FixedWindows):
    """Takes what is left for its own, whatever else was on its way when it was counted."""

    def promise(self, call: int, beside: int, left: int) -> int:
        """Of the calls beside it, nothing is known."""
        return promised_after(self.promised, self.started, call, 0, left)


class CountsFromNow(FixedWindows):
    """Takes what was left when a call was counted for what is left once its answer is heard."""

    def promise(self, call: int, beside: int, left: int) -> int:
        """As if nothing had started since."""
        return self.started + left


class TakesPromisesBack(FixedWindows):
    """Believes the latest answer only: what came late makes it forget what was promised before."""

    def promise(self, call: int, beside: int, left: int) -> int:
        """As if there had been no other answer."""
        return promised_after(None, self.started, call, beside, left)


@pytest.mark.parametrize("careless", [ForgetsThoseOnTheirWay, CountsFromNow])
def test_a_promise_that_forgets_calls_on_their_way_asks_too_much_of_xero(careless: type[FixedWindows]) -> None:
    drawn = [careless(random.Random(seed), 2.5, silent=False) for seed in range(6)]
    for xero in drawn:
        xero.run(3600)
    assert all(xero.refused > 0 for xero in drawn)


def test_a_promise_that_is_taken_back_wastes_what_xero_allows() -> None:
    kept, taken_back = (kind(random.Random(1), 2.5, silent=False) for kind in (FixedWindows, TakesPromisesBack))
    assert taken_back.run(3600) < kept.run(3600)
