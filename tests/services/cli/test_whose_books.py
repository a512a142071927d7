"""Whose books these are is told by name: after a consent that does not reach them, a fresh start, an end."""

import json

import pytest

from adapters import reference_data
from domain import connection as connections
from domain.connection import DisconnectReason
from domain.event import ENGINE
from domain.refusals import OrganisationInUse
from services.contacts.import_standing import imports
from services.proof.verify import verify
from tests.services.cli.conftest import Kyrios
from tests.services.test_reconnect import ELSEWHERE, found_another_organisation
from tests.world import ACCOUNT, OWNER, World, organisation_id

A = f"Harbour & Vine Studio ({organisation_id()})"
B = f"Harbour & Vine Catering ({ELSEWHERE})"
HOUR, DAY = 3_600.0, 86_400.0
CLIENT = "second-client"


def flat(said: str) -> str:
    return " ".join(said.split())


def told(world: World, kyrios: Kyrios, account: str = ACCOUNT) -> tuple[str, str]:
    """What `status` and `connections show` say, once everything is folded; both read the same state of it."""
    world.engine.projector.catch_up()
    assert verify(world.engine.read).clean
    status = json.loads(kyrios("status", account, "--json").stdout)["accounts"][0]
    shown = json.loads(kyrios("connections", "show", account, "--json").stdout)
    assert (status["status"], status["words"]) == (shown["state"], shown["words"])
    return flat(kyrios("status", account).stdout), flat(kyrios("connections", "show", account).stdout)


@pytest.fixture
def elsewhere(world: World) -> World:
    """The account has books, and a newer consent that reaches others alone."""
    world.engine.projector.catch_up()
    assert world.engine.contact_reader.read_due() == 1
    found_another_organisation(world)
    assert world.consent(ELSEWHERE) == "elsewhere"
    return world


def test_a_consent_for_other_books_says_that_none_are_confirmed_and_promises_no_reading(
    elsewhere: World, kyrios_in_world: Kyrios
) -> None:
    status, shown = told(elsewhere, kyrios_in_world)
    assert f"{ACCOUNT}: choosing, organisation {A}" in status
    for said in (status, shown):
        assert f"it is not confirmed that this is for {A}, used so far. Nothing is sent, nor removed in Xero" in said
        assert "next reading" not in said
    assert imports(elsewhere.engine.store, elsewhere.engine.read) == {}
    asked = len(elsewhere.requests("GET", "/Contacts"))
    elsewhere.later(3 * 3600)
    assert elsewhere.engine.contact_reader.read_due() == 0
    assert len(elsewhere.requests("GET", "/Contacts")) == asked
    assert f"a newer consent does not reach the connection to {A}. Nothing is removed in Xero before" in shown
    assert elsewhere.consent(organisation_id()) == "resumed"
    assert "next reading" in told(elsewhere, kyrios_in_world)[0]


@pytest.mark.article("R17")
def test_a_fresh_start_is_asked_for_by_the_names_of_both(elsewhere: World, kyrios_in_world: Kyrios) -> None:
    said = flat(kyrios_in_world("connections", "choose", ACCOUNT, ELSEWHERE, code=2).stderr)
    assert f"Invoices that are in {A} stay there" in said
    assert (
        f"Invoices that are not in Xero yet go to {B}, once it is set up. In Xero our access to {A} is removed" in said
    )
    assert f"Start afresh with {B}: kyrios-xero connections choose {ACCOUNT} {ELSEWHERE} --start-afresh" in said
    status, shown = told(elsewhere, kyrios_in_world)
    assert f"{ACCOUNT}: other_organisation" in status
    assert f"waits to be confirmed {B}" in shown
    for one in (status, shown):
        assert f"You picked {B}; so far this account used {A}. Go back, or start afresh with {B}." in one
        assert "held back:" not in one
    fed = [json.loads(line) for line in kyrios_in_world("changes", ACCOUNT, "--json").stdout.splitlines()]
    (connection,) = (one for one in fed if one.get("of") == "connection")
    assert connection["words"].startswith(f"You picked {B}; so far this account used {A}.")
    # What was read of the one that was only picked keeps nobody busy, neither now nor after the way back.
    assert elsewhere.consent(organisation_id()) == "resumed"
    with elsewhere.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.reference_data SET read_at = read_at - interval '48 hours'")
        assert reference_data.stale(cursor, [], HOUR, DAY, 60, 10) == [elsewhere.lane]
    elsewhere.engine.references.round()
    with elsewhere.engine.store.cursor() as cursor:
        assert reference_data.stale(cursor, [], HOUR, DAY, 60, 10) == []


def test_books_of_another_account_do_not_wait_to_be_confirmed_and_are_named(
    world: World, kyrios_in_world: Kyrios
) -> None:
    world.consent(account=CLIENT)
    with pytest.raises(OrganisationInUse):
        world.engine.set_up.choose_organisation(CLIENT, organisation_id(), OWNER)
    status, shown = told(world, kyrios_in_world, CLIENT)
    assert f"{CLIENT}: choosing" in status
    assert "waits to be confirmed" not in shown
    assert f"belongs to another account {A}" in shown
    for said in (status, shown):
        assert said.count("This organisation belongs to another Kyrios account.") == 1
    assert "next reading" not in status


@pytest.mark.parametrize(
    ("reason", "how"),
    [
        ("user", " by you. Your choices are kept; reconnect to continue."),
        ("removed_in_xero", " inside Xero. Your choices are kept; reconnect to continue."),
        ("inactivity", " after 60 quiet days. Your choices are kept; reconnect to continue."),
        ("authorisation_lost", ": Xero no longer accepts our permission. Reconnect Xero."),
    ],
)
def test_an_account_that_ended_is_told_how_and_when(
    world: World, kyrios_in_world: Kyrios, reason: DisconnectReason, how: str
) -> None:
    (ended, *_) = world.engine.handling.carry_out(
        world.lane, connections.evolve, lambda state, at: connections.disconnect(state, reason, {}, at), ENGINE
    )
    for said in told(world, kyrios_in_world):
        assert f"Disconnected on {ended.occurred_at:%Y-%m-%d}{how}" in said
        assert "Connect it in Settings" not in said
