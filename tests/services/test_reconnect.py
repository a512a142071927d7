"""Coming back: an account that was disconnected and consents again goes on with the organisation used so far."""

from typing import Any, Final

import pytest

from adapters.vault.errors import GrantMissing
from domain import connection as connections
from domain.causes import Cause
from domain.connection import Connection, Disconnected, GateClosed, GateOpened, OrganisationSelected
from domain.event import Event
from domain.refusals import NotPossible
from services.views.organisation_status import organisation_of
from tests.services.contacts.customers import read_contacts
from tests.world import ACCOUNT, OWNER, World, example_invoices, organisation_id

ELSEWHERE: Final = "5c1a9d04-2f38-4f64-9a0e-7be0c1d2a313"
TO_CONFIRM: Final = Cause("setup_incomplete", facts={"missing": "choose the organisation"})


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
    assert world.consent() == "resumed"
    after = connection(world)
    assert after.gate_open
    assert after.grant_id != before.grant_id
    assert (after.mappings, after.default_line) == (before.mappings, before.default_line)
    world.work()
    assert len(world.in_xero()) == 2


def test_the_log_says_that_the_organisation_was_confirmed(world: World) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.consent()
    kinds = (Disconnected, OrganisationSelected, GateClosed, GateOpened)
    assert [type(event) for event in events_of(world, *kinds)][-4:] == [
        Disconnected,
        GateClosed,
        OrganisationSelected,
        GateOpened,
    ]
    assert {event.organisation_id for event in events_of(world, *kinds)[-4:]} == {organisation_id()}


def back_with_another(world: World) -> None:
    """The account was disconnected, an invoice waits, and the new consent is for other books."""
    found_another_organisation(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.queue(example_invoices(1))
    assert world.consent(ELSEWHERE) == "elsewhere"


def test_another_organisation_is_stopped_until_it_is_confirmed(world: World) -> None:
    back_with_another(world)
    assert connection(world).held_by == (TO_CONFIRM,)
    assert [one.organisation_id for one in world.engine.set_up.organisations(ACCOUNT)] == [ELSEWHERE]
    choice = world.engine.set_up.choose_organisation(ACCOUNT, ELSEWHERE, OWNER)
    assert choice.former == organisation_id()
    known = connection(world)
    assert [cause.code for cause in known.held_by] == ["organisation_changed"]
    assert (known.organisation_id, known.picked) == (organisation_id(), ELSEWHERE)
    shown = organisation_of(world.engine.store, ACCOUNT)
    assert (shown.state, shown.organisation_id, shown.picked) == ("other_organisation", organisation_id(), ELSEWHERE)
    world.work()
    assert world.requests("PUT", "/Invoices") == []


def test_starting_afresh_leaves_the_choices_behind_and_takes_the_queue_along(world: World) -> None:
    back_with_another(world)
    world.engine.set_up.choose_organisation(ACCOUNT, ELSEWHERE, OWNER)
    choice = world.engine.set_up.choose_organisation(ACCOUNT, ELSEWHERE, OWNER, start_afresh=True)
    assert choice.former is None
    known = connection(world)
    assert (known.organisation_id, known.base_currency) == (ELSEWHERE, "AUD")
    assert (known.mappings, known.default_line, known.picked) == ({}, None, None)
    assert world.requests("PUT", "/Invoices") == []
    with world.engine.store.cursor() as cursor:
        kept = cursor.execute("SELECT DISTINCT organisation_id FROM app.reference_data").fetchall()
    assert [row["organisation_id"] for row in kept] == [ELSEWHERE]


def test_going_back_to_the_former_organisation_resumes_the_queue(world: World) -> None:
    back_with_another(world)
    world.engine.set_up.choose_organisation(ACCOUNT, ELSEWHERE, OWNER)
    # This consent does not reach the former one: nobody chooses what they did not just allow.
    with pytest.raises(NotPossible, match=r"does not list organisation .* connect again and pick it"):
        world.engine.set_up.choose_organisation(ACCOUNT, organisation_id(), OWNER)
    assert world.consent(organisation_id(), ELSEWHERE) == "resumed"
    world.work()
    assert len(world.in_xero()) == 1


def test_a_consent_for_other_books_while_connected_stops_what_would_go_to_the_former(world: World) -> None:
    found_another_organisation(world)
    assert world.consent(ELSEWHERE) == "elsewhere"
    world.queue(example_invoices(1))
    world.work()
    assert connection(world).held_by == (TO_CONFIRM,)
    assert world.requests("PUT", "/Invoices") == []


def test_consenting_again_while_connected_changes_the_grant_and_nothing_else(world: World) -> None:
    before, gates = connection(world), len(events_of(world, GateClosed, GateOpened))
    assert before.grant_id is not None
    world.consent()
    after = connection(world)
    assert after.gate_open
    assert after.grant_id != before.grant_id
    assert after.xero_connection_id == before.xero_connection_id
    assert len(events_of(world, GateClosed, GateOpened)) == gates
    # The tokens of the consent that was replaced are gone; the new one works.
    with pytest.raises(GrantMissing):
        world.engine.grants.read(before.grant_id)
    world.queue(example_invoices(1))
    world.work()
    assert len(world.in_xero()) == 1


def test_coming_back_after_the_connection_was_removed_inside_xero_takes_the_new_xero_connection(world: World) -> None:
    before = connection(world)
    world.control.delete(f"/organisations/{organisation_id()}/connection").raise_for_status()
    world.queue(example_invoices(1))
    world.work()
    assert connection(world).held_by == (Cause("removed_in_xero"),)
    world.consent()
    after = connection(world)
    assert after.gate_open
    assert after.xero_connection_id not in ("", before.xero_connection_id)


def test_after_a_fresh_start_the_feed_holds_the_contacts_of_both_organisations(world: World) -> None:
    read_contacts(world)
    before = world.engine.contact_feed(ACCOUNT)
    back_with_another(world)
    for start_afresh in (False, True):
        world.engine.set_up.choose_organisation(ACCOUNT, ELSEWHERE, OWNER, start_afresh=start_afresh)
    there = {"Name": "Catering Customer", "ContactStatus": "ACTIVE"}
    world.control.post(f"/organisations/{ELSEWHERE}/contacts", json=there).raise_for_status()
    read_contacts(world)
    news = world.engine.contact_feed(ACCOUNT, before.next_cursor)
    assert [(one.name, one.organisation_id, one.seq) for one in news.contacts] == [
        ("Catering Customer", ELSEWHERE, before.next_cursor + 1)
    ]
    assert (before.organisation_id, news.organisation_id) == (organisation_id(), ELSEWHERE)
    assert world.engine.contact_feed(ACCOUNT).contacts == (*before.contacts, *news.contacts)
