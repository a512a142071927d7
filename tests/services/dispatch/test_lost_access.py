"""A refused token is refreshed once; an organisation that shut us out closes the gate and keeps the queue."""

from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.server import Simulator
from adapters.vault.grants import Grant
from adapters.xero.answers import InvoicesAnswer
from adapters.xero.errors import NotConnected
from adapters.xero.session import XeroSession
from domain import connection as connections
from domain.connection import Connection, Disconnected
from domain.invoice import InvoiceQueued
from services.bootstrap import Parts
from tests.crash.books import assert_in_xero_once
from tests.services.dispatch.seen import keys, lane, states, statuses, story
from tests.world import World, example_invoices, organisation_id, world_on

COUNT = 3


def connection_of(world: World) -> Connection:
    """The connection as the engine knows it."""
    known = world.engine.store.load(world.lane, connections.evolve)
    assert known is not None
    return known


def grant_of(world: World) -> Grant:
    """The tokens."""
    grant_id = connection_of(world).grant_id
    assert grant_id is not None
    return world.engine.grants.read(grant_id)


def test_an_expired_token_is_refreshed_once_and_the_request_sent_again_with_the_same_key(world: World) -> None:
    before = grant_of(world).token_version
    world.control.post("/expire_tokens").raise_for_status()
    world.queue(example_invoices(COUNT))
    world.work()
    first, second = keys(world)
    assert first == second
    assert grant_of(world).token_version == before + 1
    assert {entry["attempts"] for entry in world.outbox()} == {1}
    assert_in_xero_once(world, COUNT)


def test_a_revoked_consent_disconnects_closes_the_gate_and_keeps_the_queue(world: World) -> None:
    world.engine.oauth.revoke(grant_of(world).tokens.refresh_token)
    world.control.post("/expire_tokens").raise_for_status()
    world.queue(example_invoices(COUNT))
    world.work()
    assert_shut_out(world, "authorisation_lost")


def test_an_organisation_that_removed_the_app_disconnects_closes_the_gate_and_keeps_the_queue(world: World) -> None:
    world.control.delete(f"/organisations/{organisation_id()}/connection").raise_for_status()
    world.queue(example_invoices(COUNT))
    world.work()
    assert_shut_out(world, "removed_in_xero")


@pytest.mark.article("R17")
def test_the_queue_goes_by_itself_after_a_reconnect(world: World) -> None:
    world.control.delete(f"/organisations/{organisation_id()}/connection").raise_for_status()
    world.queue(example_invoices(COUNT))
    world.work()
    world.connect()
    assert lane(world)["gate"] == "open"
    world.work()
    assert_in_xero_once(world, COUNT)


def test_an_outcome_left_unknown_when_the_connection_was_lost_is_looked_up_after_the_reconnect(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(COUNT))
    world.work()
    world.control.delete(f"/organisations/{organisation_id()}/connection").raise_for_status()
    world.later(3.1)
    world.work()
    assert states(world) == ["AMBIGUOUS"] * COUNT
    assert lane(world)["gate"] == "closed"
    world.connect()
    world.work()
    assert len(keys(world)) == 1
    assert_in_xero_once(world, COUNT)


class ShutOutOnce(XeroSession):
    """Xero refuses the first request as if the organisation had removed us."""

    refused = False

    def put_invoices(self, body: bytes, idempotency_key: str, **more: Any) -> InvoicesAnswer:
        """Refuse once."""
        if not ShutOutOnce.refused:
            ShutOutOnce.refused = True
            raise NotConnected("AuthenticationUnsuccessful", status=403)
        return super().put_invoices(body, idempotency_key, **more)


def test_being_shut_out_while_xero_still_lists_the_organisation_is_a_passing_fault(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    ShutOutOnce.refused = False
    with world_on(xero, database_url, tmp_path, Parts(session=ShutOutOnce)) as world:
        world.set_up()
        world.queue(example_invoices(COUNT))
        world.work()
        assert ShutOutOnce.refused
        assert connection_of(world).gate_open
        world.later(301)
        world.work()
        assert_in_xero_once(world, COUNT)


def assert_shut_out(world: World, reason: str) -> None:
    """Disconnected for this reason, the gate closed, every invoice still queued and no attempt used."""
    events = world.engine.store.events_of(world.lane)
    (gone,) = (event for event in events if isinstance(event, Disconnected))
    assert gone.reason == reason
    assert lane(world)["gate"] == "closed"
    assert states(world) == ["PENDING"] * COUNT
    assert {entry["attempts"] for entry in world.outbox() if entry["kind"] == "create_invoice"} == {0}
    assert statuses(world, COUNT) == ["queued"] * COUNT
    assert story(world) == [InvoiceQueued.__name__]
    sent = len(keys(world))
    world.later(100_000)
    world.engine.sweeper.sweep()
    world.work()
    assert len(keys(world)) == sent
