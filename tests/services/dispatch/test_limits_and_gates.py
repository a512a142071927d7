"""Limits are the organisation's: they hold however often the gate closes and opens, and end where its books end."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from adapters.event_store import lane_calls
from adapters.event_store.lane_calls import Admission
from adapters.event_store.writes import Heard
from domain.tax import DeclaredTaxSet, TaxComponent, TaxSet
from tests.services.dispatch.seen import keys, lane, rests, states
from tests.services.test_other_books import move
from tests.services.test_reconnect import ELSEWHERE
from tests.world import ACCOUNT, BACKEND, OWNER, World, declared_taxes, example_invoices

DAY = 70_000


def one_more_tax_set_and_back(world: World) -> None:
    """Kyrios declares a tax set that nobody has mapped, and takes it back."""
    known = [one for one, _ in declared_taxes()]
    new = DeclaredTaxSet(tax_set=TaxSet((TaxComponent(tax_id="new", rate=Decimal(3)),)), name="New")
    world.engine.set_up.declare_taxes(ACCOUNT, [*known, new], BACKEND)
    assert lane(world)["gate"] == "closed"
    world.engine.set_up.declare_taxes(ACCOUNT, known, BACKEND)


def away_and_back(world: World) -> None:
    """The owner disconnects, and connects the same books again."""
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    assert lane(world)["gate"] == "closed"
    assert world.consent() == "resumed"
    assert lane(world)["gate"] == "open"


def meet(world: World, kind: str, seconds: int) -> None:
    """Xero refuses one call for so long."""
    world.fault(kind, method="PUT", path="/Invoices", retry_after=seconds)
    world.queue(example_invoices(1))
    with rests(world, seconds):
        world.work()


@pytest.mark.parametrize(
    ("kind", "seconds"), [("http_429_day", DAY), ("http_429_minute", 50), ("http_429_concurrent", 40)]
)
def test_a_limit_holds_though_the_gate_closes_and_opens(world: World, kind: str, seconds: int) -> None:
    meet(world, kind, seconds)
    until = lane(world)["paused_until"]
    one_more_tax_set_and_back(world)
    assert lane(world)["gate"] == "open"
    world.work()
    assert len(keys(world)) == 1, "nothing is sent before the time Xero named"
    assert lane(world)["paused_until"] == until
    world.later(seconds)
    world.work()
    assert states(world) == ["DONE"]


def test_a_limit_holds_for_whoever_disconnects_and_comes_back(world: World) -> None:
    meet(world, "http_429_day", DAY)
    until, asked = lane(world)["paused_until"], len(world.requests("GET", "/api.xro"))
    away_and_back(world)
    world.work()
    assert len(keys(world)) == 1
    assert len(world.requests("GET", "/api.xro")) == asked, "nor is anything read"
    assert lane(world)["paused_until"] == until
    world.later(DAY)
    world.work()
    assert states(world) == ["DONE"]


@pytest.mark.parametrize("flip", [one_more_tax_set_and_back, away_and_back])
def test_a_rest_that_is_about_the_connection_ends_with_the_gate(world: World, flip: Callable[[World], None]) -> None:
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.lane SET paused_until = app.now() + interval '5 minutes', paused_for = 'xero_unavailable'"
        )
    world.queue(example_invoices(1))
    world.work()
    assert states(world) == ["PENDING"]
    flip(world)
    world.work()
    assert states(world) == ["DONE"]


def used_up(world: World) -> None:
    """Nothing is left of the minute, nor of the day but the reserve, and Xero has said so by a 429."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.lane SET promised = started, window_over_at = app.now() + interval '50 seconds',"
            " promised_today = started, day_most = 1000, day_over_at = app.now() + interval '59 minutes',"
            " paused_until = app.now() + interval '19 hours', paused_for = 'rate_limited_daily'"
        )


def test_the_limits_of_the_books_before_do_not_hold_the_new_ones(world: World) -> None:
    used_up(world)
    move(world, ELSEWHERE)
    with world.engine.store.cursor() as cursor:
        assert isinstance(lane_calls.admit(cursor, world.lane, world.engine.budget), Admission)


def test_what_is_heard_of_the_books_before_says_nothing_of_the_new_ones(world: World) -> None:
    late = Heard(
        connection_id=world.lane,
        books=lane(world)["organisation_id"],
        min_left=0,
        day_left=0,
        limit="day",
        pause=DAY,
        pause_for="rate_limited_daily",
    )
    move(world, ELSEWHERE)
    before = lane(world)
    with world.engine.store.cursor() as cursor:
        lane_calls.heard(cursor, late)
        assert lane(world) == before
        lane_calls.heard(cursor, Heard(connection_id=world.lane, books=ELSEWHERE, pause=5.0, pause_for="rate_limited"))
    assert lane(world) != before, "its own are heard"
