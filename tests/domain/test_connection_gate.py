"""The gate: what holds a whole connection back, said once whenever it changes; and the end of a connection."""

from typing import Any, Final

import pytest

from domain.alert_entries import alerts_of
from domain.causes import Cause
from domain.connection import (
    PERMISSIONS,
    AccessRemoved,
    AlertRecipientsSet,
    Connected,
    Connection,
    Disconnected,
    DisconnectReason,
    GateClosed,
    GateOpened,
    InactivityWarned,
    ReferenceDrifted,
    ReferenceRestored,
    SettingsChanged,
    change_setting,
    connect,
    disconnect,
    map_tax,
    miss_permission,
    select_accounts,
    select_organisation,
    unmap_tax,
    what_holds,
)
from domain.effects import effects_of
from domain.event import Event
from domain.refusals import NotPossible
from domain.tax import DeclaredTaxSet
from tests.domain.connection_history import (
    ACCOUNTS,
    ALL_MAPPED,
    CHOICE,
    CHOSEN,
    CONNECTED,
    CONSENT,
    EVIDENCE,
    NOTHING_CHOSEN,
    QUIET,
    TO_CONFIRM,
    declared,
    ended,
    held,
    to_map,
)
from tests.examples import (
    ACCOUNT,
    CLEARING,
    DECLARED_GST,
    GRANT,
    GST,
    NOON,
    ORGANISATION,
    OTHER_REVENUE,
    OUTPUT2,
    SALES,
    XERO_CONNECTION,
    ZERO,
    identity,
)
from tests.given import Given, fact, folded, given

REASONS: Final[list[tuple[DisconnectReason, str]]] = [
    ("user", "not_connected"),
    ("inactivity", "inactivity"),
    ("authorisation_lost", "authorisation_lost"),
    ("removed_in_xero", "removed_in_xero"),
]


def drifted(referenced: str, reference: str, code: str) -> Event:
    return fact(ReferenceDrifted, referenced=referenced, reference=reference, cause=Cause(code, key=reference))


def test_a_connection_nobody_made_is_held_back_for_not_being_connected() -> None:
    assert Connection(account_id=ACCOUNT).held_by == (Cause("not_connected"),)
    assert what_holds(Connection(account_id=ACCOUNT)) == (Cause("not_connected"),)
    assert not Connection(account_id=ACCOUNT).gate_open


@pytest.mark.parametrize(("reason", "code"), REASONS)
def test_a_disconnection_keeps_its_evidence_and_closes_the_gate_for_its_reason(
    reason: DisconnectReason, code: str
) -> None:
    no_token = [fact(AccessRemoved, grant_id=GRANT, in_xero="refused")] if reason == "authorisation_lost" else []
    given(*ALL_MAPPED).when(disconnect, reason, EVIDENCE).then(
        ended(reason), *no_token, held(QUIET if reason == "inactivity" else Cause(code))
    )


@pytest.mark.parametrize(("reason", "code"), REASONS)
def test_a_connection_that_ended_does_not_end_again_by_itself(reason: DisconnectReason, code: str) -> None:
    for again, _ in REASONS if reason == "user" else REASONS[1:]:
        given(*ALL_MAPPED, ended(reason), held(Cause(code))).when(disconnect, again, {}).then_nothing()


@pytest.mark.article("R17")
@pytest.mark.parametrize(("reason", "code"), [one for one in REASONS if one[0] != "user"])
def test_its_user_may_end_what_ended_without_them_once_and_nothing_is_removed_twice(
    reason: DisconnectReason, code: str
) -> None:
    history = (*ALL_MAPPED, ended(reason), held(Cause(code)))
    let_go = fact(Disconnected, reason="user", evidence={})
    outcome = given(*history).when(disconnect, "user", {}).then(let_go, held(Cause("not_connected")))
    assert [entry for event in outcome.events for entry in effects_of(event)] == []
    assert outcome.state.departures == folded(*history).departures
    given(*history, let_go, held(Cause("not_connected"))).when(disconnect, "user", {}).then_nothing()


def test_what_never_was_connected_can_not_end() -> None:
    given().when(disconnect, "user", {}).then_nothing()


def test_leaving_during_the_first_set_up_is_part_of_the_set_up() -> None:
    given(CONNECTED, NOTHING_CHOSEN).when(disconnect, "user", {}).then(
        fact(Disconnected, organisation_id=None, reason="user", grant_id=GRANT),
        fact(
            GateClosed, organisation_id=None, causes=(Cause("not_connected"), *NOTHING_CHOSEN.causes), during_setup=True
        ),
    )


@pytest.mark.parametrize(("reason", "code"), REASONS)
def test_a_disconnection_tells_what_reconnecting_will_not_mend_and_the_reconnect_tells_it_anew(
    reason: DisconnectReason, code: str
) -> None:
    unmapped = Cause("tax_mapping_incomplete", key=GST.key, facts={"tax_set": "GST 15%"})
    first = QUIET if reason == "inactivity" else Cause(code)
    unmapping = given(*ALL_MAPPED).when(unmap_tax, GST)
    ends = Given(unmapping.state).when(disconnect, reason, EVIDENCE)
    assert ends.state.held_by == what_holds(ends.state) == (first, unmapped)
    closed = ends.events[-1]
    assert isinstance(closed, GateClosed)
    assert (closed.known, alerts_of(closed)) == (("tax_mapping_incomplete",), [])
    back = Given(ends.state).when(connect, ACCOUNT, **CONSENT, reached_by=XERO_CONNECTION)
    assert back.state.held_by == (unmapped,)
    assert [entry.cause_code for entry in alerts_of(back.events[-1])] == ["tax_mapping_incomplete"]


def test_a_right_that_was_missing_is_a_matter_of_the_next_consent() -> None:
    lacking = drifted("permissions", PERMISSIONS, "permission_missing")
    ends = given(*ALL_MAPPED, lacking).when(disconnect, "user", {})
    assert ends.state.held_by == (Cause("not_connected"),)


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        ("offline_access accounting.transactions accounting.contacts accounting.settings", ""),
        ("offline_access accounting.invoices accounting.contacts accounting.settings.read", "recording payments"),
        (
            "accounting.invoices.read accounting.contacts.read accounting.payments",
            "staying connected, invoices, reading accounts and tax rates, creating contacts",
        ),
    ],
)
def test_a_consent_without_a_right_the_settings_need_closes_the_gate(scopes: str, missing: str) -> None:
    poor = CONSENT | {"scopes": tuple(scopes.split())}
    state = given(*ALL_MAPPED).when(connect, ACCOUNT, reached_by=XERO_CONNECTION, **poor).state
    facts = {"missing": missing}
    assert state.held_by == ((Cause("permission_missing", facts=facts),) if missing else ())


def test_a_setting_that_needs_less_opens_the_gate_without_a_new_consent() -> None:
    scopes = ("offline_access", "accounting.invoices", "accounting.contacts", "accounting.settings.read")
    connected = given(*ALL_MAPPED).when(connect, ACCOUNT, reached_by=XERO_CONNECTION, **(CONSENT | {"scopes": scopes}))
    outcome = given(*ALL_MAPPED, *connected.events).when(change_setting, "payments.record", "off")
    assert [type(event) for event in outcome.events] == [SettingsChanged, GateOpened]


def test_what_xero_did_not_say_was_granted_is_not_missed() -> None:
    silent = CONSENT | {"scopes": ()}
    assert given(*ALL_MAPPED).when(connect, ACCOUNT, reached_by=XERO_CONNECTION, **silent).state.gate_open


def test_a_tax_set_declared_before_an_interruption_is_named_after_it() -> None:
    second = DeclaredTaxSet(tax_set=ZERO, name="Zero-rated")
    cut_off = (ended("user"), held(Cause("not_connected")), CONNECTED, TO_CONFIRM)
    history = (*ALL_MAPPED, declared(DECLARED_GST, second), *cut_off)
    given(*history).when(select_organisation, organisation_id=ORGANISATION, **CHOICE).then(
        CHOSEN, to_map(second, during_setup=False)
    )


def test_nothing_is_changed_on_a_connection_that_ended() -> None:
    history = (*ALL_MAPPED, ended("user"), held(Cause("not_connected")))
    given(*history).when(map_tax, GST, OUTPUT2).then_refused(NotPossible, "Connect it in Settings")
    given(*history).when(select_accounts, default_line=SALES).then_refused(NotPossible, "Connect it in Settings")


@pytest.mark.parametrize(
    ("referenced", "reference", "code"),
    [
        ("ledger_account", SALES.account_id, "account_archived"),
        ("organisation", ORGANISATION, "organisation_cannot_invoice"),
    ],
)
def test_a_default_account_or_the_organisation_that_drifted_holds_everything_back(
    referenced: str, reference: str, code: str
) -> None:
    drift = drifted(referenced, reference, code)
    assert what_holds(folded(*ALL_MAPPED, drift)) == (Cause(code, key=reference),)
    restored = fact(ReferenceRestored, referenced=referenced, reference=reference)
    assert what_holds(folded(*ALL_MAPPED, drift, restored)) == ()


@pytest.mark.parametrize(
    ("referenced", "reference", "code"),
    [
        ("tax_rate", "OUTPUT2", "tax_rate_unavailable"),
        ("ledger_account", OTHER_REVENUE.account_id, "account_archived"),
        ("ledger_account", CLEARING.account_id, "account_archived"),
    ],
)
def test_a_rate_or_further_account_that_drifted_holds_back_no_other_invoices(
    referenced: str, reference: str, code: str
) -> None:
    assert what_holds(folded(*ALL_MAPPED, drifted(referenced, reference, code))) == ()


UNNAMED_RIGHT = Cause("permission_missing", facts={"missing": "one it does not name"})


def test_a_missing_right_closes_the_gate_once_and_a_new_consent_opens_it() -> None:
    missing = fact(ReferenceDrifted, referenced="permissions", reference=PERMISSIONS, cause=UNNAMED_RIGHT)
    closed = held(UNNAMED_RIGHT)
    given(*ALL_MAPPED).when(miss_permission).then(missing, closed)
    given(*ALL_MAPPED, missing, closed).when(miss_permission).then_nothing()
    restored = fact(ReferenceRestored, referenced="permissions", reference=PERMISSIONS)
    given(*ALL_MAPPED, missing, closed).when(connect, ACCOUNT, reached_by=XERO_CONNECTION, **CONSENT).then(
        fact(Connected, **CONSENT), restored, CHOSEN, fact(GateOpened)
    )


def test_choosing_another_default_account_opens_the_gate_after_a_drift() -> None:
    drift = drifted("ledger_account", SALES.account_id, "account_archived")
    history = (*ALL_MAPPED, drift, held(Cause("account_archived", key=SALES.account_id)))
    state = given(*history).when(select_accounts, default_line=OTHER_REVENUE).state
    assert state.gate_open


@pytest.mark.parametrize(
    "event",
    [
        fact(InactivityWarned, days_left=7, last_activity_at=NOON),
        fact(AlertRecipientsSet, recipient_ids=(identity("recipient"),)),
        ACCOUNTS,
    ],
)
def test_what_does_not_change_the_causes_does_not_move_the_gate(event: Event) -> None:
    state = folded(*ALL_MAPPED, event)
    assert state.gate_open
    assert what_holds(state) == ()


def test_the_gate_is_what_was_last_announced() -> None:
    assert folded(*ALL_MAPPED).gate_open
    assert folded(*ALL_MAPPED, held(Cause("inactivity"))).held_by == (Cause("inactivity"),)


@pytest.mark.parametrize("length", range(len(ALL_MAPPED) + 1))
def test_after_every_decision_the_gate_announced_is_what_holds(length: int) -> None:
    steps: list[Any] = [
        (connect, (ACCOUNT,), CONSENT),
        (select_organisation, (), {"organisation_id": ORGANISATION, **CHOICE}),
        (select_accounts, (), {"default_line": OTHER_REVENUE}),
        (map_tax, (GST, OUTPUT2), {}),
        (disconnect, ("authorisation_lost", EVIDENCE), {}),
    ]
    for decision, args, facts in steps:
        outcome = given(*ALL_MAPPED[:length]).when(decision, *args, **facts)
        if outcome.events:
            assert outcome.state.held_by == what_holds(outcome.state)
