"""Setting up a connection: consent, organisation, settings, accounts; and what the gate says at each step."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.connection import (
    SETTINGS,
    AccessRemoved,
    AccountsSelected,
    Connected,
    Disconnected,
    OrganisationSelected,
    SettingsChanged,
    change_setting,
    connect,
    missing_steps,
    select_accounts,
    select_organisation,
)
from domain.refusals import InvalidInput, NotPossible
from tests.domain.connection_history import (
    ACCOUNTS,
    CHOICE,
    CHOSEN,
    CONNECTED,
    CONSENT,
    NO_TAXES,
    NOTHING_CHOSEN,
    OPENED,
    ORGANISATION_CHOSEN,
    to_do,
)
from tests.examples import (
    ACCOUNT,
    CLEARING,
    NOON,
    ORGANISATION,
    OTHER_REVENUE,
    SALES,
    XERO_CONNECTION,
    identity,
    moment,
)
from tests.given import fact, folded, given


def test_the_first_consent_is_recorded_with_the_steps_still_to_do() -> None:
    given().when(connect, ACCOUNT, **CONSENT).then(CONNECTED, NOTHING_CHOSEN)


def test_a_second_consent_during_set_up_replaces_the_grant_and_says_nothing_new_about_the_gate() -> None:
    again = CONSENT | {"grant_id": identity("second grant")}
    given(CONNECTED, NOTHING_CHOSEN).when(connect, ACCOUNT, **again).then(
        fact(Connected, organisation_id=None, **again),
        fact(AccessRemoved, organisation_id=None, grant_id=CONSENT["grant_id"], in_xero="replaced"),
    )


def test_a_consent_after_the_organisation_was_chosen_carries_the_organisation() -> None:
    given(CONNECTED, CHOSEN, ORGANISATION_CHOSEN).when(connect, ACCOUNT, **CONSENT).then(
        fact(Connected, **CONSENT), to_do("choose the organisation", "choose accounts", "Kyrios has to name its taxes")
    )


def test_choosing_the_organisation_shortens_what_is_to_do() -> None:
    given(CONNECTED, NOTHING_CHOSEN).when(select_organisation, organisation_id=ORGANISATION, **CHOICE).then(
        CHOSEN, ORGANISATION_CHOSEN
    )


def test_choosing_the_same_organisation_again_is_no_news() -> None:
    history = (CONNECTED, NOTHING_CHOSEN, CHOSEN, ORGANISATION_CHOSEN)
    given(*history).when(select_organisation, organisation_id=ORGANISATION, **CHOICE).then_nothing()


def test_the_same_organisation_through_a_new_xero_connection_is_recorded() -> None:
    renewed = CHOICE | {"xero_connection_id": "another"}
    history = (CONNECTED, NOTHING_CHOSEN, CHOSEN, ORGANISATION_CHOSEN)
    given(*history).when(select_organisation, organisation_id=ORGANISATION, **renewed).then(
        fact(OrganisationSelected, **renewed)
    )


def test_choosing_accounts_shortens_what_is_to_do() -> None:
    given(CONNECTED, CHOSEN, ORGANISATION_CHOSEN).when(select_accounts, default_line=SALES).then(
        ACCOUNTS, to_do("Kyrios has to name its taxes")
    )


def test_all_three_roles_of_accounts_are_recorded() -> None:
    chosen: dict[str, Any] = {"default_line": SALES, "default_payment": CLEARING, "also_allowed": (OTHER_REVENUE,)}
    given(CONNECTED, CHOSEN, NO_TAXES, to_do("choose accounts")).when(select_accounts, **chosen).then(
        fact(AccountsSelected, **chosen), OPENED
    )


def test_the_same_accounts_again_are_no_news() -> None:
    history = (CONNECTED, CHOSEN, ACCOUNTS, to_do("Kyrios has to name its taxes"))
    given(*history).when(select_accounts, default_line=SALES, also_allowed=[]).then_nothing()


def test_other_accounts_replace_the_chosen_ones_and_leave_the_gate_open() -> None:
    history = (CONNECTED, CHOSEN, ACCOUNTS, NO_TAXES, OPENED)
    given(*history).when(select_accounts, default_line=OTHER_REVENUE).then(
        fact(AccountsSelected, default_line=OTHER_REVENUE)
    )


@pytest.mark.parametrize(
    ("decision", "facts"),
    [
        (select_organisation, {"organisation_id": ORGANISATION, **CHOICE}),
        (select_accounts, {"default_line": SALES}),
        (change_setting, {"name": "sync_from", "value": "2026-04-01"}),
    ],
)
def test_nothing_is_set_up_before_xero_is_connected(decision: Any, facts: dict[str, Any]) -> None:
    given().when(decision, **facts).then_refused(NotPossible, "not connected", "Connect it in Settings")


def test_accounts_wait_for_the_organisation() -> None:
    given(CONNECTED, NOTHING_CHOSEN).when(select_accounts, default_line=SALES).then_refused(
        NotPossible, "choose one first"
    )


def test_a_setting_takes_a_new_value_once() -> None:
    changed = fact(SettingsChanged, name="sync_from", value="2026-04-01")
    history = (CONNECTED, CHOSEN, ORGANISATION_CHOSEN)
    given(*history).when(change_setting, "sync_from", "2026-04-01").then(changed)
    given(*history, changed).when(change_setting, "sync_from", "2026-04-01").then_nothing()


def test_an_unknown_setting_is_refused_with_the_list_of_those_there_are() -> None:
    refusal = given(CONNECTED).when(change_setting, "sync_untill", "2026-04-01").then_refused(InvalidInput, *SETTINGS)
    assert [fault.pointer for fault in refusal.faults] == ["/name"]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "tomorrow",
        "2026-02-30",
        "20260401",
        "2026-W14-3",
        "2026-4-1",
        " 2026-04-01",
        "2026-04-01T00:00",
        "٢٠٢٦-04-01",
    ],
)
def test_sync_from_is_a_plain_calendar_date(value: str) -> None:
    refusal = given(CONNECTED).when(change_setting, "sync_from", value).then_refused(InvalidInput, "2026-04-01")
    assert [fault.pointer for fault in refusal.faults] == ["/value"]


@pytest.mark.parametrize("value", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_sync_from_is_a_day_that_has_days_beside_it(value: str) -> None:
    given(CONNECTED).when(change_setting, "sync_from", value).then_refused(InvalidInput, "1900-01-01 to 2199-12-31")


def test_the_tax_gate_has_two_values_and_no_off_switch() -> None:
    given(CONNECTED).when(change_setting, "tax.gate", "off").then_refused(InvalidInput, "all_active", "used_on_invoice")


def test_syncing_starts_at_the_day_of_the_first_connect_unless_another_is_chosen() -> None:
    later = moment(NOON + dt.timedelta(days=9), seed="later")
    reconnected = given(CONNECTED).when(connect, ACCOUNT, **CONSENT, at=later).state
    assert reconnected.sync_from == dt.date(2026, 10, 1)
    chosen = folded(CONNECTED, fact(SettingsChanged, name="sync_from", value="2026-04-01"))
    assert chosen.sync_from == dt.date(2026, 4, 1)


AUCKLAND = ZoneInfo("Pacific/Auckland")
SELECTED = {
    "organisation_id": ORGANISATION,
    "xero_connection_id": XERO_CONNECTION,
    "base_currency": "NZD",
    "country": "NZ",
}


@pytest.mark.article("R26")
def test_syncing_starts_at_the_day_it_was_where_the_organisation_is() -> None:
    late = moment(NOON + dt.timedelta(days=9), seed="late")
    known = given(CONNECTED).when(select_organisation, **SELECTED, at=late, zone=AUCKLAND).state
    assert (known.first_day, known.sync_from) == (dt.date(2026, 10, 2), dt.date(2026, 10, 2)), (
        "noon UTC is 1 a.m. there"
    )
    unknown = given(CONNECTED).when(select_organisation, **SELECTED, at=late).state
    assert (unknown.first_day, unknown.sync_from) == (None, dt.date(2026, 10, 1))


def test_that_day_outlives_a_reconnect_and_goes_with_the_organisation() -> None:
    selected = fact(OrganisationSelected, **_BOOKS, first_day=dt.date(2026, 10, 2))
    again = (
        given(CONNECTED, selected).when(connect, ACCOUNT, **CONSENT, reached_by="there", at=moment(seed="again")).state
    )
    assert again.sync_from == dt.date(2026, 10, 2)
    other = SELECTED | {"organisation_id": "other"}
    moved = (
        given(CONNECTED, selected).when(select_organisation, **other, at=moment(seed="moved"), start_afresh=True).state
    )
    assert moved.sync_from == dt.date(2026, 10, 1)


_BOOKS = {name: value for name, value in SELECTED.items() if name != "organisation_id"}


def test_the_missing_steps_are_named_in_the_order_of_the_set_up() -> None:
    assert missing_steps(folded(CONNECTED)) == [
        "choose the organisation",
        "choose accounts",
        "Kyrios has to name its taxes",
    ]
    cut_off = fact(Disconnected, reason="user")
    assert missing_steps(folded(CONNECTED, CHOSEN, cut_off, CONNECTED, ACCOUNTS, NO_TAXES)) == [
        "choose the organisation"
    ]
    assert missing_steps(folded(CONNECTED, CHOSEN, ACCOUNTS, NO_TAXES)) == []
