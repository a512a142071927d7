"""Whose books a connection goes on with: what is picked, refused or withheld, and what a consent does not reach."""

from typing import Final

from domain.causes import Cause
from domain.connection import (
    Connected,
    GateClosed,
    GateOpened,
    OrganisationSelected,
    OrganisationWithheld,
    ReferenceRestored,
    connect,
    free_organisation,
    select_organisation,
    what_holds,
    withhold_organisation,
)
from tests.domain.connection_history import (
    ALL_MAPPED,
    CHOICE,
    CHOSEN,
    CONNECTED,
    CONSENT,
    OPEN_AGAIN,
    QUIET,
    TO_CONFIRM,
    ended,
    held,
)
from tests.examples import (
    ACCOUNT,
    ORGANISATION,
    OTHER_ORGANISATION,
    SALES,
    XERO_CONNECTION,
)
from tests.given import fact, folded, given

OTHER: Final = Cause("organisation_changed", facts={"former": ORGANISATION, "picked": OTHER_ORGANISATION})
WITHHELD: Final = fact(OrganisationWithheld, picked=OTHER_ORGANISATION, cause=OTHER)
BACK: Final = (*ALL_MAPPED, ended("user"), held(Cause("not_connected")), CONNECTED, TO_CONFIRM)


def test_a_pick_that_is_not_taken_changes_nothing_for_a_connection_that_works() -> None:
    for decision, facts in (
        (select_organisation, {"organisation_id": OTHER_ORGANISATION, **CHOICE}),
        (withhold_organisation, {"picked": OTHER_ORGANISATION, "cause": Cause("organisation_in_use")}),
    ):
        given(*ALL_MAPPED).when(decision, **facts).then_nothing()


def test_an_old_pick_that_was_recorded_holds_back_no_connection_that_works() -> None:
    assert what_holds(folded(*ALL_MAPPED, WITHHELD, held(OTHER))) == ()


def test_whoever_was_refused_an_organisation_is_held_back_by_it_no_longer_once_it_is_free() -> None:
    refused = fact(OrganisationWithheld, picked=OTHER_ORGANISATION, cause=Cause("organisation_in_use"))
    history = (*BACK, refused, held(Cause("organisation_in_use")))
    free = fact(ReferenceRestored, referenced="organisation", reference=OTHER_ORGANISATION)
    state = given(*history).when(free_organisation).then(free, TO_CONFIRM).state
    assert (state.picked, state.withheld, state.refused_books) == (None, None, None)
    given(*history, free, TO_CONFIRM).when(free_organisation).then_nothing()
    given(*BACK, WITHHELD, held(OTHER)).when(free_organisation).then_nothing()


def test_a_consent_after_a_disconnection_waits_for_the_organisation_to_be_confirmed() -> None:
    history = (*ALL_MAPPED, ended("inactivity"), held(QUIET))
    given(*history).when(connect, ACCOUNT, **CONSENT).then(fact(Connected, **CONSENT), TO_CONFIRM)


def test_confirming_the_same_organisation_opens_the_gate_with_mappings_and_accounts_as_they_were() -> None:
    history = (*ALL_MAPPED, ended("inactivity"), held(QUIET), CONNECTED, TO_CONFIRM)
    outcome = given(*history).when(select_organisation, organisation_id=ORGANISATION, **CHOICE)
    state = outcome.then(CHOSEN, fact(GateOpened)).state
    assert (state.default_line, list(state.mappings), state.disconnected_for) == (SALES, ["gst@15"], None)


def test_another_organisation_after_a_disconnection_is_withheld_until_it_is_confirmed() -> None:
    given(*BACK).when(select_organisation, organisation_id=OTHER_ORGANISATION, **CHOICE).then(WITHHELD, held(OTHER))
    given(*BACK, WITHHELD, held(OTHER)).when(
        select_organisation, organisation_id=OTHER_ORGANISATION, **CHOICE
    ).then_nothing()


def test_starting_afresh_leaves_accounts_and_mappings_behind_and_keeps_what_is_kyrioss() -> None:
    outcome = given(*BACK, WITHHELD, held(OTHER)).when(
        select_organisation, organisation_id=OTHER_ORGANISATION, start_afresh=True, **CHOICE
    )
    missing = Cause("setup_incomplete", facts={"missing": "choose accounts"})
    moved = {"organisation_id": OTHER_ORGANISATION}
    outcome.then(
        fact(OrganisationSelected, **moved, **CHOICE), fact(GateClosed, **moved, causes=(missing,), during_setup=True)
    )
    before, after = folded(*BACK), outcome.state
    assert (after.default_line, after.also_allowed, after.mappings, after.drifted) == (None, (), {}, {})
    assert (after.declared, after.settings, after.mapping_version) == (before.declared, before.settings, 1)


def test_going_back_to_the_former_organisation_resumes_with_everything_as_it_was() -> None:
    outcome = given(*BACK, WITHHELD, held(OTHER)).when(select_organisation, organisation_id=ORGANISATION, **CHOICE)
    outcome.then(CHOSEN, OPEN_AGAIN)
    assert outcome.state.mappings == folded(*ALL_MAPPED).mappings


def test_a_consent_that_reaches_the_organisation_used_so_far_goes_on_with_it_in_one_step() -> None:
    ended_before = (*ALL_MAPPED, ended("user"), held(Cause("not_connected")))
    given(*ended_before).when(connect, ACCOUNT, reached_by=XERO_CONNECTION, **CONSENT).then(
        fact(Connected, **CONSENT), CHOSEN, OPEN_AGAIN
    )


def test_a_consent_that_does_not_reach_the_organisation_closes_an_open_gate() -> None:
    given(*ALL_MAPPED).when(connect, ACCOUNT, **CONSENT).then(fact(Connected, **CONSENT), TO_CONFIRM)


def test_an_organisation_of_another_account_holds_the_connection_back() -> None:
    taken = Cause("organisation_in_use")
    given(*BACK).when(withhold_organisation, ORGANISATION, taken).then(
        fact(OrganisationWithheld, picked=ORGANISATION, cause=taken), held(taken)
    )
