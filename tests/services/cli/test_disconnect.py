"""`connections disconnect` says what ends, what is kept and how much waits, and asks before it does it."""

import json

import pytest

from domain.connection import DisconnectReason
from domain.refusals import OrganisationInUse
from services.proof.verify import verify
from tests.services.cli.conftest import Kyrios
from tests.services.test_whose_organisation import RIVAL, choose, end
from tests.world import ACCOUNT, World, example_invoices, organisation_id


def test_it_says_what_ends_and_what_is_kept_and_asks(world: World, kyrios_in_world: Kyrios) -> None:
    world.queue(example_invoices(3))
    world.engine.projector.catch_up()
    result = kyrios_in_world("connections", "disconnect", ACCOUNT, stdin=b"n\n", code=2)
    named = f"Account {ACCOUNT} is disconnected from Harbour & Vine Studio ({organisation_id()})"
    for said in (named, "tokens are destroyed", "tax mappings", "3 invoices not in Xero yet", "[y/N]"):
        assert said in result.stderr
    assert "Nothing was changed." in result.stderr
    status = kyrios_in_world("status", ACCOUNT).stdout
    assert status.startswith(f"{ACCOUNT}: active, organisation Harbour & Vine Studio ({organisation_id()})\n")
    assert world.engine.set_up.connection(ACCOUNT).gate_open
    assert "Repeat it with --yes." in kyrios_in_world("connections", "disconnect", ACCOUNT, stdin=b"", code=2).stderr
    out = kyrios_in_world("connections", "disconnect", ACCOUNT, stdin=b"y\n").stdout
    assert out == "Disconnected; your choices are kept; 3 invoices not in Xero yet.\n"
    assert not world.engine.set_up.connection(ACCOUNT).gate_open


def test_disconnecting_twice_is_disconnecting_once(world: World, kyrios_in_world: Kyrios) -> None:
    first = json.loads(kyrios_in_world("connections", "disconnect", ACCOUNT, "--yes", "--json").stdout)
    assert first == {"account": ACCOUNT, "disconnected": True, "waiting": 0}
    before = len(world.engine.store.events_of(world.lane))
    again = json.loads(kyrios_in_world("connections", "disconnect", ACCOUNT, "--json").stdout)
    assert again == {"account": ACCOUNT, "disconnected": False, "waiting": 0}
    assert len(world.engine.store.events_of(world.lane)) == before


def test_an_account_that_never_was_connected_is_refused(kyrios_in_world: Kyrios) -> None:
    said = kyrios_in_world("connections", "disconnect", "nobody", "--yes", code=2).stderr
    assert "never connected" in said


@pytest.mark.article("R17")
@pytest.mark.parametrize("reason", ["inactivity", "authorisation_lost", "removed_in_xero"])
def test_what_is_kept_for_an_account_that_ended_by_itself_can_be_freed(
    world: World, kyrios_in_world: Kyrios, reason: DisconnectReason
) -> None:
    end(world, reason)
    world.consent(account=RIVAL)
    with pytest.raises(OrganisationInUse):
        choose(world, RIVAL)
    kept = f"Harbour & Vine Studio ({organisation_id()})"
    asked = kyrios_in_world("connections", "disconnect", ACCOUNT, stdin=b"n\n", code=2).stderr
    assert f"Account {ACCOUNT} is disconnected already, not by its user, so {kept} is kept for it." in asked
    with pytest.raises(OrganisationInUse):
        choose(world, RIVAL)
    said = kyrios_in_world("connections", "disconnect", ACCOUNT, "--yes").stdout
    assert said.startswith(f"It was disconnected already. {kept} is no longer kept for it")
    choose(world, RIVAL)
    before = world.engine.store.head()
    again = kyrios_in_world("connections", "disconnect", ACCOUNT, "--yes").stdout
    assert again == "It was not connected.\n"
    assert world.engine.store.head() == before
    world.engine.projector.catch_up()
    assert "Disconnected on" in kyrios_in_world("status", ACCOUNT).stdout
    assert verify(world.engine.read).clean
    assert world.consent() == "in_use"


def test_what_was_freed_is_said_to_programs_too(world: World, kyrios_in_world: Kyrios) -> None:
    end(world, "inactivity")
    said = json.loads(kyrios_in_world("connections", "disconnect", ACCOUNT, "--yes", "--json").stdout)
    assert said == {"account": ACCOUNT, "disconnected": True, "waiting": 0, "freed": organisation_id()}
