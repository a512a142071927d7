"""A process dies between Xero's answer to a refresh and our store (C15): the tokens before are good for a while yet."""

from typing import Any

import pytest

from domain import connection as connections
from domain.connection import Disconnected
from tests.crash.books import assert_in_xero_once, finish
from tests.crash.conftest import StartChild
from tests.world import World, example_invoices

pytestmark = pytest.mark.crash

COUNT = 3


def on_the_grant(world: World, change: str) -> None:
    """Let time pass for the tokens."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(f"UPDATE app.xero_grant SET {change}")


def die_with_new_tokens(world: World, child: StartChild) -> None:
    """A worker claims, finds its access token expired, refreshes it, and dies with the answer in hand."""
    world.queue(example_invoices(COUNT))
    on_the_grant(world, "access_expires_at = app.now()")
    dying = child("with_tokens")
    dying.wait_at("with_tokens")
    dying.kill()
    assert refreshes(world) == 1
    assert grant(world)["token_version"] == 1, "what Xero answered is lost"
    on_the_grant(world, "refresh_lease_until = app.now() - interval '1 second'")


def grant(world: World) -> dict[str, Any]:
    """The row of the first consent's tokens."""
    with world.engine.store.cursor() as cursor:
        row = cursor.execute("SELECT * FROM app.xero_grant ORDER BY created_at LIMIT 1").fetchone()
    assert row is not None
    return row


def refreshes(world: World) -> int:
    """How many refreshes Xero was asked for; the first request was the consent's."""
    return len(world.requests("POST", "/connect/token")) - 1


def test_within_the_grace_the_old_token_is_used_again_and_nothing_is_lost(world: World, child: StartChild) -> None:
    die_with_new_tokens(world, child)
    finish(world)
    assert_in_xero_once(world, COUNT)
    assert refreshes(world) == 2
    assert grant(world)["token_version"] == 2


def test_after_the_grace_the_authorisation_is_lost_and_a_new_consent_resumes(world: World, child: StartChild) -> None:
    die_with_new_tokens(world, child)
    world.control.post("/clock", json={"advance_seconds": 31 * 60}).raise_for_status()
    world.later(60)
    world.engine.sweeper.sweep()
    world.work()
    events = world.engine.store.events_of(world.lane)
    assert [event.reason for event in events if isinstance(event, Disconnected)] == ["authorisation_lost"]
    known = world.engine.store.load(world.lane, connections.evolve)
    assert known is not None
    assert not known.gate_open
    assert world.in_xero() == []
    world.connect()
    finish(world)
    assert_in_xero_once(world, COUNT)
