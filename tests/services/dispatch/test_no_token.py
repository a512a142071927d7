"""While no tokens can be had, Xero is not asked: lanes rest ever longer, and nobody takes that for an answer."""

import logging
from pathlib import Path

import pytest

from adapters.event_store import whole_app
from services.bootstrap import Parts
from tests.many_lanes import ManyLanes, many_lanes
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.seen import lane, rests, states
from tests.world import World, example_invoices

NOWHERE = "http://127.0.0.1:9"
LANES = 5


def expire(world: World) -> None:
    """The access tokens of all grants have just expired."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.xero_grant SET access_expires_at = app.now(),"
            " refresh_lease_until = app.now() - interval '1 second'"
        )


def test_an_identity_server_that_is_away_opens_the_lanes_breaker_and_uses_no_attempt(world: World) -> None:
    expire(world)
    world.queue(example_invoices(1))
    with beside(world, KYRIOS_XERO_IDENTITY_URL=NOWHERE) as other:
        for rest in (5, 5, 5, 5, 30, 60, 120, 240):
            with rests(world, rest):
                assert other.engine.dispatcher.look_at(other.lane)
            assert not other.engine.dispatcher.look_at(other.lane)
            other.later(rest + 1)
    assert lane(world)["failures_in_row"] == 8
    assert [entry["attempts"] for entry in world.outbox()] == [0]
    world.work()
    assert states(world) == ["DONE"]
    assert lane(world)["failures_in_row"] == 0


def test_a_refresh_whose_outcome_is_unclear_speaks_against_xero_and_one_that_is_limited_does_not(world: World) -> None:
    world.queue(example_invoices(1))
    for kind, failures in (("http_503", 1), ("http_429_minute", 1), ("http_503", 2)):
        expire(world)
        fault = world.fault(kind, method="POST", path="/connect/token")
        assert world.engine.dispatcher.look_at(world.lane)
        world.wait_for_fault(fault)
        assert lane(world)["failures_in_row"] == failures
        world.later(121)
    expire(world)
    world.work()
    assert states(world) == ["DONE"]


def test_a_call_that_could_get_no_token_uses_nothing_of_the_budget(world: World) -> None:
    expire(world)
    world.queue(example_invoices(1))
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET promised = started, window_over_at = app.now() - interval '1 second'")
    with beside(world, KYRIOS_XERO_IDENTITY_URL=NOWHERE) as other:
        assert other.engine.dispatcher.look_at(other.lane), "it would go ahead to see whether there is a new window"
    world.later(6)
    world.work()
    assert states(world) == ["DONE"]


def resting(many: ManyLanes) -> dict[str, object]:
    with many.world.engine.store.cursor() as cursor:
        return whole_app.read(cursor)


def look_at_all(many: ManyLanes) -> int:
    return sum(many.world.engine.dispatcher.look_at(one) for one in many.lanes)


def all_rest(many: ManyLanes) -> None:
    """Xero fails most of them, until all rest."""
    many.world.fault("http_503_maintenance", path="/Invoices", times=None)
    for round_ in range(5):
        for number in range(LANES - 1):
            many.queue(number, 1, start=round_)
        look_at_all(many)
    assert resting(many)["resting"]
    many.world.later(31)


def test_a_probe_that_gets_no_token_ends_no_rest(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with many_lanes(LANES, database_url, tmp_path, Parts(chance=lambda: 0.0)) as many:
        all_rest(many)
        world = many.world
        away = world.fault("http_503", method="POST", path="/connect/token", times=None)
        expire(world)
        before = len(many.calls()) + len(many.calls("GET"))
        with caplog.at_level(logging.WARNING):
            assert look_at_all(many) == 1
        world.wait_for_fault(away)
        assert len(many.calls()) + len(many.calls("GET")) == before, "Xero itself was never asked"
        assert "Xero answers again" not in caplog.text
        assert (resting(many)["resting"], resting(many)["failed_probes"]) == (True, 1)
        assert look_at_all(many) == 0

        world.control.delete("/faults").raise_for_status()
        limited = world.fault("http_429_minute", method="POST", path="/connect/token")
        world.later(61)
        expire(world)
        many.queue(LANES - 1, 1)
        assert look_at_all(many) == 2, "one was told to ask later, so another went ahead"
        world.wait_for_fault(limited)
        assert not resting(many)["resting"]
        assert "Xero answers again" in caplog.text
