"""A connection removed inside Xero is noticed within a day also if nothing is synced; who is heard of is not asked."""

from typing import Final

import pytest

from domain.causes import Cause
from domain.connection import AccessRemoved, Disconnected
from tests.services.dispatch.seen import lane
from tests.world import ACCOUNT, World, example_invoices, organisation_id, simulated_xero, world_on

HOUR: Final = 3600


def pass_hours(world: World, hours: float) -> None:
    """Let time pass for all that says when this connection was heard of."""
    with world.engine.store.cursor() as cursor:
        for table, columns in (
            ("lane", ("last_activity_at",)),
            ("reference_data", ("read_at",)),
            ("contact_reading", ("read_since",)),
            ("connection_probe", ("asked_at", "answered_at")),
        ):
            shifts = ", ".join(f"{c} = {c} - {hours} * interval '1 hour'" for c in columns)
            cursor.execute(f"UPDATE app.{table} SET {shifts}")


def asked(world: World) -> int:
    """How often Xero was asked for the list of connections."""
    return len(world.requests("GET", "/connections"))


def reasons(world: World) -> list[str]:
    return [e.reason for e in world.engine.store.events_of(world.lane) if isinstance(e, Disconnected)]


def test_a_silent_connection_is_asked_once_a_day_and_that_is_no_activity(world: World) -> None:
    before = asked(world)
    assert world.engine.connection_probe.round() == 0, "it was heard of while it was set up"
    pass_hours(world, 19.9)
    assert world.engine.connection_probe.round() == 0
    pass_hours(world, 4.2)
    active = lane(world)["last_activity_at"]
    assert world.engine.connection_probe.round() == 1
    assert world.engine.connection_probe.round() == 0
    assert asked(world) == before + 1
    assert lane(world)["last_activity_at"] == active
    pass_hours(world, 24.1)
    assert world.engine.connection_probe.round() == 1


def test_a_lane_that_was_told_to_wait_is_not_asked_for(world: World) -> None:
    pass_hours(world, 25)
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET paused_until = app.now() + interval '1 minute'")
    before = asked(world)
    assert world.engine.connection_probe.round() == 0
    assert asked(world) == before


def test_whoever_was_heard_of_today_is_not_asked(world: World) -> None:
    pass_hours(world, 25)
    world.queue(example_invoices(1))
    world.work()
    assert len(world.in_xero()) == 1
    assert world.engine.connection_probe.round() == 0


@pytest.mark.complaint(4)
def test_a_connection_removed_in_xero_is_noticed_without_any_syncing(world: World) -> None:
    world.control.delete(f"/organisations/{organisation_id()}/connection").raise_for_status()
    pass_hours(world, 25)
    assert world.engine.connection_probe.round() == 1
    assert reasons(world) == ["removed_in_xero"]
    assert world.engine.set_up.connection(ACCOUNT).held_by == (Cause("removed_in_xero"),)
    pass_hours(world, 25)
    assert world.engine.connection_probe.round() == 0, "there is nobody left to ask for"
    assert reasons(world) == ["removed_in_xero"]


def test_a_consent_taken_back_in_xero_is_noticed_and_disconnects_once(world: World) -> None:
    grant = world.engine.set_up.connection(ACCOUNT).grant_id
    assert grant is not None
    world.engine.oauth.revoke(world.engine.grants.read(grant).tokens.refresh_token)
    world.control.post("/expire_tokens").raise_for_status()
    pass_hours(world, 25)
    assert world.engine.connection_probe.round() == 1
    world.queue(example_invoices(2))
    world.work()
    assert reasons(world) == ["authorisation_lost"]
    ends = [e for e in world.engine.store.events_of(world.lane) if isinstance(e, AccessRemoved)]
    assert [e.in_xero for e in ends] == ["refused"]
    assert [e["state"] for e in world.outbox() if e["kind"] == "create_invoice"] == ["PENDING"] * 2


def test_trouble_in_xero_says_nothing_of_the_connection_and_is_asked_again_in_an_hour(world: World) -> None:
    world.fault("http_503", method="GET", path="/connections")
    pass_hours(world, 25)
    assert world.engine.connection_probe.round() == 1
    assert reasons(world) == []
    assert world.engine.connection_probe.round() == 0
    pass_hours(world, 1.1)
    assert world.engine.connection_probe.round() == 1
    assert reasons(world) == []


@pytest.mark.parametrize("status", [401, 403])
def test_being_shut_out_counts_only_if_xero_does_not_list_the_organisation(
    status: int, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("shut-out")
    with simulated_xero(home, disconnected_status=status) as xero, world_on(xero, database_url, home) as world:
        world.set_up()
        world.control.delete(f"/organisations/{organisation_id()}/connection").raise_for_status()
        world.queue(example_invoices(1))
        world.work()
        assert reasons(world) == ["removed_in_xero"]
        assert world.requests("GET", "/connections")[-1]["processed_status"] == 200
