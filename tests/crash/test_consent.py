"""A process dies while it takes a consent: tokens are kept with the event that says who uses them, or not at all."""

from uuid import UUID

import pytest

from domain.connection import AccessRemoved, Connected
from tests.crash.books import finish
from tests.crash.conftest import StartChild
from tests.world import ACCOUNT, OWNER, World, organisation_id

pytestmark = pytest.mark.crash


def die_at(point: str, world: World, child: StartChild) -> None:
    """The owner consents once more; the process that takes the answer dies."""
    way = world.leave_for_xero()
    callback = world.answer_in_xero(way)
    dying = child(point, "consent", told={"callback": callback.reveal(), "browser": way.browser.reveal()})
    dying.wait_at(point)
    dying.kill()


def with_tokens(world: World) -> list[UUID]:
    """The grants whose tokens are kept."""
    with world.engine.store.cursor() as cursor:
        rows = cursor.execute("SELECT grant_id FROM app.xero_grant WHERE sealed_tokens IS NOT NULL").fetchall()
    return [row["grant_id"] for row in rows]


@pytest.mark.parametrize(("point", "consents"), [("before_commit", 1), ("after_commit", 2)])
def test_a_death_leaves_no_tokens_that_nobody_uses(world: World, child: StartChild, point: str, consents: int) -> None:
    die_at(point, world, child)
    events = world.engine.store.events_of(world.lane)
    assert len([event for event in events if isinstance(event, Connected)]) == consents
    assert with_tokens(world) == [world.engine.set_up.connection(ACCOUNT).grant_id]


def test_after_a_death_the_consent_is_still_taken_back_with_the_connection(world: World, child: StartChild) -> None:
    die_at("before_commit", world, child)
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.oauth_state SET expires_at = app.now()")
    world.consent()
    world.engine.set_up.choose_organisation(ACCOUNT, organisation_id(), OWNER)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    finish(world)
    ended = [event for event in world.engine.store.events_of(world.lane) if isinstance(event, AccessRemoved)]
    assert (ended[-1].in_xero, ended[-1].revoked) == ("removed", True)
    assert with_tokens(world) == []
