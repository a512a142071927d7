"""Coming back: an account that was disconnected and consents again goes on with the organisation used so far."""

from typing import Any, Final

import pytest

from adapters.vault.secret import Secret
from adapters.xero.answers import XeroConnection
from domain import connection as connections
from domain.causes import Cause
from domain.connection import Connection, Disconnected, GateClosed, GateOpened, OrganisationSelected
from domain.event import Event
from domain.refusals import NotPossible
from tests.world import ACCOUNT, OWNER, World, example_invoices, organisation_id

ELSEWHERE: Final = "5c1a9d04-2f38-4f64-9a0e-7be0c1d2a313"
TO_CONFIRM: Final = Cause("setup_incomplete", facts={"missing": "choose the organisation"})


def consent(world: World, *tenant_ids: str) -> tuple[XeroConnection, ...]:
    """Consent again at Xero, for these organisations."""
    url = world.engine.set_up.begin_connect(ACCOUNT)
    asked = {"authorize_url": url, "decision": "allow", "tenant_ids": list(tenant_ids)}
    redirect = world.control.post("/consent", json=asked).json()["redirect"]
    return world.engine.set_up.finish_connect(ACCOUNT, Secret(redirect), OWNER)


def found_another_organisation(world: World) -> None:
    """The Xero user keeps a second set of books."""
    books: dict[str, Any] = {"Name": "Harbour & Vine Catering", "BaseCurrency": "AUD", "CountryCode": "AU"}
    world.control.post(f"/organisations/{ELSEWHERE}/organisation", json=books).raise_for_status()


def connection(world: World) -> Connection:
    state = world.engine.store.load(world.lane, connections.evolve)
    assert state is not None
    return state


def events_of(world: World, *kinds: type[Event]) -> list[Event]:
    """What the account's connection went through, in order."""
    log = [event for _, event in world.engine.store.read_log(0, 1_000)]
    return [event for event in log if event.originator_id == world.lane and isinstance(event, kinds)]


@pytest.mark.article("R17")
def test_reconnecting_the_same_organisation_resumes_at_once(world: World) -> None:
    before = connection(world)
    assert world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.queue(example_invoices(2))
    world.work()
    assert world.in_xero() == []
    listed = consent(world, organisation_id())
    assert [c.organisation_id for c in listed] == [organisation_id()]
    after = connection(world)
    assert after.gate_open
    assert after.grant_id != before.grant_id
    assert (after.mappings, after.default_line) == (before.mappings, before.default_line)
    world.work()
    assert len(world.in_xero()) == 2


def test_the_log_says_that_the_organisation_was_confirmed(world: World) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    consent(world, organisation_id())
    kinds = (Disconnected, OrganisationSelected, GateClosed, GateOpened)
    assert [type(event) for event in events_of(world, *kinds)][-5:] == [
        Disconnected,
        GateClosed,
        GateClosed,
        OrganisationSelected,
        GateOpened,
    ]
    assert {event.organisation_id for event in events_of(world, *kinds)[-5:]} == {organisation_id()}


def test_another_organisation_is_not_taken_for_the_one_used_so_far(world: World) -> None:
    found_another_organisation(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.control.delete(f"/organisations/{organisation_id()}/connection").raise_for_status()
    world.queue(example_invoices(1))
    assert [c.organisation_id for c in consent(world, ELSEWHERE)] == [ELSEWHERE]
    assert connection(world).held_by == (TO_CONFIRM,)
    with pytest.raises(NotPossible, match="two sets of books"):
        world.engine.set_up.choose_organisation(ACCOUNT, ELSEWHERE, OWNER)
    world.work()
    assert world.requests("PUT", "/Invoices") == []


def test_the_organisation_may_be_confirmed_later_by_hand(world: World) -> None:
    found_another_organisation(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    consent(world, ELSEWHERE)
    assert connection(world).held_by == (TO_CONFIRM,)
    # Xero still lists the organisation of the earlier consent for this user, though the new consent did not name it.
    world.engine.set_up.choose_organisation(ACCOUNT, organisation_id(), OWNER)
    assert connection(world).gate_open


def test_consenting_again_while_connected_changes_the_grant_and_nothing_else(world: World) -> None:
    before = connection(world)
    consent(world, organisation_id())
    after = connection(world)
    assert after.gate_open
    assert after.grant_id != before.grant_id
    assert len(events_of(world, OrganisationSelected)) == 1


def test_coming_back_after_the_connection_was_removed_inside_xero_takes_the_new_xero_connection(world: World) -> None:
    before = connection(world)
    world.control.delete(f"/organisations/{organisation_id()}/connection").raise_for_status()
    world.queue(example_invoices(1))
    world.work()
    assert connection(world).held_by == (Cause("removed_in_xero"),)
    consent(world, organisation_id())
    after = connection(world)
    assert after.gate_open
    assert after.xero_connection_id not in ("", before.xero_connection_id)
