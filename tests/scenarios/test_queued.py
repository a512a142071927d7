"""Every cause that makes a whole lane wait: no failure, nothing written on the invoice, and it goes by itself."""

import re
from typing import Final

import pytest

from domain.causes import CATALOGUE
from tests.scenarios.table import asked, explained, held, plain, settle, told
from tests.services.dispatch.seen import story
from tests.world import World

LIMITS: Final = (
    ("http_429_minute", 37, "rate_limited", r"Xero asks us to slow down\. It goes within minutes\."),
    (
        "http_429_day",
        7_000,
        "rate_limited_daily",
        r"Today's Xero limit is used up\. It goes at \d\d:\d\d UTC on \d\d [A-Z][a-z]+\.",
    ),
)


@pytest.mark.cause("rate_limited", "rate_limited_daily")
@pytest.mark.parametrize(("fault", "told_to_wait", "code", "says"), LIMITS)
def test_a_limit_of_xeros_is_waited_out_and_nobody_has_to_act(
    world: World, fault: str, told_to_wait: int, code: str, says: str
) -> None:
    world.fault(fault, method="PUT", path="/Invoices", retry_after=told_to_wait)
    world.queue([plain(0)])
    settle(world)
    assert_waits(world, 0, code, says)
    before = asked(world)
    world.later(told_to_wait - 5)
    settle(world)
    assert asked(world) == before
    world.later(6)
    settle(world)
    assert_arrived(world, 0)


@pytest.mark.cause("xero_unavailable")
def test_while_xero_is_away_everything_waits_and_nobody_has_to_act(world: World) -> None:
    world.fault("http_503", method="PUT", path="/Invoices", times=5)
    for number in range(5):
        world.queue([plain(number)])
        world.engine.dispatcher.look_at(world.lane)
    world.queue([plain(5)])
    settle(world)
    assert_waits(world, 5, "xero_unavailable", r"Xero is not reachable just now\. We keep trying\.")
    for _ in range(5):
        world.later(61)
        settle(world)
    for number in range(6):
        assert held(world, f"T-{number}") == 1
    assert_arrived(world, 5)


def assert_waits(world: World, number: int, code: str, says: str) -> None:
    """It waits in its lane, says so in these words, and nobody has to act."""
    found = explained(world, f"inv-{number}")
    ((named, words),) = told(found)
    assert (found.status, named, found.who) == ("queued", code, ())
    assert re.fullmatch(says, words), words
    assert found.sentence == words
    assert CATALOGUE[code].who == ("nobody",)
    assert found.next_step.startswith("It goes to Xero in about ")
    assert story(world, f"inv-{number}") == ["InvoiceQueued"]
    assert held(world, f"T-{number}") == 0


def assert_arrived(world: World, number: int) -> None:
    """It is in Xero, once, and nothing was written on it but that."""
    assert explained(world, f"inv-{number}").status == "synced"
    assert story(world, f"inv-{number}") == ["InvoiceQueued", "InvoiceSynced"]
    assert held(world, f"T-{number}") == 1
