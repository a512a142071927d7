"""One bad invoice never holds up the others: by its own error, or parted from a request that is refused or breaks."""

from typing import Any

import pytest

from domain.breaker import FAILURES_BEFORE_PAUSE
from tests.services.dispatch.seen import keys, lane, states, statuses
from tests.world import World, example_invoices

COUNT = 50
POISON = "T-17"
HALVINGS = 6
"""ceil(log2 50)"""
ONCE_MORE = 1
"""A lone invoice has a second try if Xero did not say what is wrong with it."""


def settle(world: World, seconds: float) -> None:
    """Work, and let time pass, until nothing is live any more."""
    for _ in range(200):
        while world.engine.dispatcher.look_at(world.lane):
            pass
        if all(entry["closed_at"] for entry in world.outbox()):
            return
        world.later(seconds)
    raise AssertionError("there is always something live")


def ended(world: World) -> dict[str, list[str]]:
    """The numbers of the invoices in each state."""
    found: dict[str, list[str]] = {}
    for number, state in enumerate(states(world)):
        found.setdefault(state, []).append(f"T-{number}")
    return found


@pytest.mark.parametrize(
    ("fault", "state", "cause", "sends"),
    [
        ("batch_400", "REJECTED", "rejected_by_xero", 1 + 2 * HALVINGS + ONCE_MORE),
        ("http_413", "REJECTED", "rejected_by_xero", 1 + 2 * HALVINGS),
    ],
)
def test_an_invoice_that_spoils_its_request_is_found_by_halves_and_all_others_arrive(
    world: World, fault: str, state: str, cause: str, sends: int
) -> None:
    world.fault(fault, method="PUT", path="/Invoices", body_contains=f'"{POISON}"', times=None)
    world.queue(example_invoices(COUNT))
    settle(world, 40)
    assert ended(world)[state] == [POISON]
    assert len(ended(world)["DONE"]) == COUNT - 1
    assert [one.code for one in world.invoice("inv-17").causes] == [cause]
    assert len(world.in_xero()) == COUNT - 1
    assert len(keys(world)) <= sends
    assert no_broken_rules(world) == []


def test_an_invoice_on_which_xero_breaks_is_found_by_halves_and_all_others_arrive(world: World) -> None:
    world.fault("http_500_before", method="PUT", path="/Invoices", body_contains=f'"{POISON}"', times=None)
    world.queue(example_invoices(COUNT))
    settle(world, 1_000)
    assert ended(world) == {"DONE": [f"T-{n}" for n in range(COUNT) if n != 17], "DEAD": [POISON]}
    assert [one.code for one in world.invoice("inv-17").causes] == ["retries_exhausted"]
    # One more than by a refusal: the first server error may be anything. The lone one is then tried to the end.
    assert len(keys(world)) <= 2 + 2 * HALVINGS + 12
    assert no_broken_rules(world) == []


def test_two_bad_invoices_of_different_sorts_hold_up_nobody(world: World) -> None:
    world.fault("batch_400", method="PUT", path="/Invoices", body_contains='"T-3"', times=None)
    world.fault("http_413", method="PUT", path="/Invoices", body_contains='"T-44"', times=None)
    world.queue(example_invoices(COUNT))
    settle(world, 40)
    assert ended(world)["REJECTED"] == ["T-3", "T-44"]
    assert len(world.in_xero()) == COUNT - 2
    assert len(keys(world)) <= 1 + 2 * 2 * HALVINGS + ONCE_MORE


def no_broken_rules(world: World) -> list[dict[str, Any]]:
    """What Xero saw broken, but for what was planned."""
    found: list[dict[str, Any]] = world.control.get("/ledger/violations").json()["violations"]
    return found


def test_an_invoice_on_which_xero_breaks_is_not_tried_before_a_new_one_when_its_lane_begins_again(world: World) -> None:
    world.fault("http_500_before", method="PUT", path="/Invoices", body_contains='"T-0"', times=None)
    world.queue(example_invoices(1))
    for _ in range(9):
        world.work()
        world.later(1_000)
    assert lane(world)["failures_in_row"] > FAILURES_BEFORE_PAUSE
    world.queue(example_invoices(3, start=1))
    world.work()
    assert statuses(world, 4) == ["checking", "synced", "synced", "synced"]
    assert {entry["attempts"] for entry in world.outbox()[1:]} == {1}, "and it spoils nobody's request any more"
