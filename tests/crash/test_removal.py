"""A process dies while a connection is removed in Xero: it is removed all the same, once, and no token outlives it."""

from typing import Any

import pytest

from adapters.vault.errors import GrantMissing
from domain.connection import AccessRemoved
from services.proof.verify import verify
from tests.crash.books import assert_invariants, finish
from tests.crash.conftest import StartChild
from tests.services.test_reconnect import ELSEWHERE, found_another_organisation
from tests.world import ACCOUNT, OWNER, World, example_invoices, organisation_id

pytestmark = pytest.mark.crash


@pytest.mark.parametrize(
    ("point", "how"),
    [
        ("inside_claim", "removed"),
        ("after_claim", "removed"),
        ("before_removal", "removed"),
        ("removal_answered", "removed"),
        ("before_commit", "gone"),
        ("after_commit", "removed"),
    ],
)
def test_a_death_anywhere_leaves_nothing_behind(world: World, child: StartChild, point: str, how: str) -> None:
    before = world.engine.set_up.connection(ACCOUNT)
    assert before.grant_id is not None
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    dying = child(point)
    dying.wait_at(point)
    dying.kill()
    finish(world)
    (ended,) = (e for e in world.engine.store.events_of(world.lane) if isinstance(e, AccessRemoved))
    assert ended.in_xero == how
    with pytest.raises(GrantMissing):
        world.engine.grants.read(before.grant_id)
    assert_invariants(world)
    world.engine.projector.catch_up()
    assert verify(world.engine.read).clean


@pytest.mark.parametrize("point", ["before_removal", "removal_answered"])
def test_a_death_among_several_connections_leaves_none_of_them(world: World, child: StartChild, point: str) -> None:
    found_another_organisation(world)
    world.consent(organisation_id(), ELSEWHERE)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    dying = child(point)
    dying.wait_at(point)
    dying.kill()
    assert len(alive(world)) == (2 if point == "before_removal" else 1)
    finish(world)
    assert alive(world) == []
    assert_invariants(world)
    world.engine.projector.catch_up()
    assert verify(world.engine.read).clean


def alive(world: World) -> list[Any]:
    """The connections Xero holds."""
    held: list[Any] = world.control.get("/ledger/connections").json()["connections"]
    return held


def test_a_death_before_the_request_does_not_harm_who_came_back_meanwhile(world: World, child: StartChild) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    dying = child("before_removal")
    dying.wait_at("before_removal")
    dying.kill()
    world.connect()
    world.queue(example_invoices(2))
    finish(world)
    assert [r["processed_status"] for r in world.requests("DELETE", "/connections/")] == []
    assert len(world.in_xero()) == 2
    assert world.engine.set_up.connection(ACCOUNT).gate_open
