"""Declaring and mapping taxes: what is a mapping, what is refused, and when the gate follows."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.alert_entries import alerts_of
from domain.causes import Cause
from domain.connection import (
    Connection,
    Disconnected,
    GateClosed,
    SettingsChanged,
    TaxRatesDeclared,
    TaxUnmapped,
    change_setting,
    connect,
    declare_taxes,
    evolve,
    map_tax,
    unmap_tax,
)
from domain.connection_standing import standing
from domain.refusals import NotPossible
from domain.set_up_steps import set_up_steps
from domain.tax import DeclaredTaxSet
from tests.domain.connection_history import (
    ALL_MAPPED,
    CONNECTED,
    CONSENT,
    NO_TAXES,
    NOTHING_CHOSEN,
    OPEN_AGAIN,
    OPENED,
    READY_BUT_TAXES,
    declared,
    mapped,
    to_do,
    to_map,
)
from tests.examples import (
    ACCOUNT,
    DECLARED_GST,
    DECLARED_LUXURY,
    DECLARED_ZERO,
    GRANT,
    GST,
    LUXURY,
    OUTPUT2,
    UNTAXED,
    XERO_CONNECTION,
    ZERO,
    ZERORATED,
    identity,
    moment,
)
from tests.given import fact, folded, given


def test_declared_taxes_close_the_gate_until_each_is_mapped() -> None:
    given(*READY_BUT_TAXES).when(declare_taxes, [DECLARED_GST, DECLARED_ZERO]).then(
        declared(DECLARED_ZERO, DECLARED_GST), to_map(DECLARED_ZERO, DECLARED_GST)
    )


def test_the_order_of_a_declaration_says_nothing() -> None:
    history = (*READY_BUT_TAXES, *given(*READY_BUT_TAXES).when(declare_taxes, [DECLARED_GST, DECLARED_ZERO]).events)
    given(*history).when(declare_taxes, [DECLARED_ZERO, DECLARED_GST]).then_nothing()


def test_an_organisation_without_taxes_declares_none_and_the_gate_opens() -> None:
    given(*READY_BUT_TAXES).when(declare_taxes, []).then(NO_TAXES, OPENED)


def test_an_untaxed_set_needs_no_mapping() -> None:
    untaxed = DeclaredTaxSet(tax_set=UNTAXED, name="No tax")
    given(*READY_BUT_TAXES).when(declare_taxes, [untaxed]).then(declared(untaxed), OPENED)


def test_the_last_mapping_opens_the_gate() -> None:
    history = (*READY_BUT_TAXES, declared(DECLARED_GST), to_map(DECLARED_GST))
    given(*history).when(map_tax, GST, OUTPUT2).then(mapped(GST, OUTPUT2, 1), OPENED)


def test_a_mapping_that_is_not_the_last_leaves_the_gate_closed_for_the_others() -> None:
    history = (*READY_BUT_TAXES, declared(DECLARED_GST, DECLARED_ZERO), to_map(DECLARED_GST, DECLARED_ZERO))
    given(*history).when(map_tax, GST, OUTPUT2).then(mapped(GST, OUTPUT2, 1), to_map(DECLARED_ZERO))


def test_the_same_mapping_again_is_no_news() -> None:
    given(*ALL_MAPPED).when(map_tax, GST, OUTPUT2).then_nothing()


def test_another_rate_for_a_mapped_set_counts_the_version_up_and_leaves_the_gate_open() -> None:
    own = msgspec.structs.replace(OUTPUT2, tax_type="TAX001")
    given(*ALL_MAPPED).when(map_tax, GST, own).then(mapped(GST, own, 2))


SPLIT = msgspec.structs.replace(
    OUTPUT2, components=tuple(msgspec.structs.replace(OUTPUT2.components[0], rate=Decimal("7.5")) for _ in range(2))
)
REASON = identity("reason")


def test_a_rate_whose_components_changed_is_mapped_anew_with_a_reason() -> None:
    overridden = msgspec.structs.replace(mapped(GST, SPLIT, 2), override_reason_ref=REASON)
    given(*ALL_MAPPED).when(map_tax, GST, SPLIT, reason_ref=REASON).then(overridden)


@pytest.mark.article("R13")
def test_other_taxes_at_an_equal_rate_are_refused_without_a_reason() -> None:
    given(*ALL_MAPPED).when(map_tax, GST, SPLIT).then_refused(NotPossible, "GST 15%", "7.5 + 7.5", "give a reason")


@pytest.mark.article("R13")
def test_no_reason_leads_to_another_effective_rate() -> None:
    higher = msgspec.structs.replace(OUTPUT2, effective_rate=Decimal("15.5"))
    given(*ALL_MAPPED).when(map_tax, GST, higher, reason_ref=REASON).then_refused(NotPossible, "charges the same")


def test_a_reason_nobody_needed_is_not_kept() -> None:
    own = msgspec.structs.replace(OUTPUT2, tax_type="TAX001")
    given(*ALL_MAPPED).when(map_tax, GST, own, reason_ref=REASON).then(mapped(GST, own, 2))


def test_versions_count_the_mappings_of_the_whole_connection() -> None:
    history = (*ALL_MAPPED, mapped(ZERO, ZERORATED, 2), fact(TaxUnmapped, tax_set=ZERO, version=3))
    given(*history).when(map_tax, ZERO, ZERORATED).then(mapped(ZERO, ZERORATED, 4))


def test_each_mapping_counts_on_from_the_last() -> None:
    again = msgspec.structs.replace(OUTPUT2, tax_type="TAX001")
    history = (*ALL_MAPPED, mapped(ZERO, ZERORATED, 2))
    given(*history).when(map_tax, GST, again).then(mapped(GST, again, 3))


def test_a_set_that_was_never_declared_can_be_mapped() -> None:
    parts = (msgspec.structs.replace(OUTPUT2.components[0], rate=Decimal("12.5")),)
    rate = msgspec.structs.replace(OUTPUT2, tax_type="TAX002", effective_rate=Decimal("12.5"), components=parts)
    given(*ALL_MAPPED).when(map_tax, LUXURY, rate).then(mapped(LUXURY, rate, 2))


@pytest.mark.article("R14")
def test_a_tax_declared_later_closes_the_gate_again_and_is_named_as_needing_somebody() -> None:
    given(*ALL_MAPPED).when(declare_taxes, [DECLARED_GST, DECLARED_LUXURY]).then(
        declared(DECLARED_GST, DECLARED_LUXURY, needs_mapping=("lux@12.5",)),
        to_map(DECLARED_LUXURY, during_setup=False),
    )


def test_a_tax_declared_later_is_named_although_it_holds_back_only_what_uses_it() -> None:
    lenient = fact(SettingsChanged, name="tax.gate", value="used_on_invoice")
    given(*ALL_MAPPED, lenient).when(declare_taxes, [DECLARED_GST, DECLARED_LUXURY]).then(
        declared(DECLARED_GST, DECLARED_LUXURY, needs_mapping=("lux@12.5",))
    )


def test_a_tax_that_was_named_once_is_not_named_again() -> None:
    history = (
        *ALL_MAPPED,
        declared(DECLARED_GST, DECLARED_LUXURY, needs_mapping=("lux@12.5",)),
        to_map(DECLARED_LUXURY, during_setup=False),
    )
    renamed = msgspec.structs.replace(DECLARED_GST, name="GST")
    given(*history).when(declare_taxes, [renamed, DECLARED_LUXURY]).then(declared(renamed, DECLARED_LUXURY))


@pytest.mark.article("R14", "R22")
def test_taking_a_mapping_back_closes_the_gate_until_there_is_one_again() -> None:
    shut = to_map(DECLARED_GST, during_setup=False)
    unmapped = fact(TaxUnmapped, tax_set=GST, version=2)
    given(*ALL_MAPPED).when(unmap_tax, GST).then(unmapped, shut)
    given(*ALL_MAPPED, unmapped, shut).when(unmap_tax, GST).then_nothing()
    given(*ALL_MAPPED, unmapped, shut).when(map_tax, GST, OUTPUT2).then(mapped(GST, OUTPUT2, 3), OPEN_AGAIN)


def test_taking_a_mapping_back_leaves_the_gate_open_where_only_used_taxes_count() -> None:
    lenient = fact(SettingsChanged, name="tax.gate", value="used_on_invoice")
    given(*ALL_MAPPED, lenient).when(unmap_tax, GST).then(fact(TaxUnmapped, tax_set=GST, version=2))


def test_withdrawing_the_only_unmapped_tax_opens_the_gate() -> None:
    history = (*ALL_MAPPED, declared(DECLARED_GST, DECLARED_LUXURY), to_map(DECLARED_LUXURY, during_setup=False))
    given(*history).when(declare_taxes, [DECLARED_GST]).then(declared(DECLARED_GST), OPEN_AGAIN)


def test_a_gate_that_looks_only_at_used_taxes_stays_open_for_unmapped_ones() -> None:
    history = (*ALL_MAPPED, declared(DECLARED_GST, DECLARED_LUXURY), to_map(DECLARED_LUXURY, during_setup=False))
    lenient = fact(SettingsChanged, name="tax.gate", value="used_on_invoice")
    given(*history).when(change_setting, "tax.gate", "used_on_invoice").then(lenient, OPEN_AGAIN)
    strict = fact(SettingsChanged, name="tax.gate", value="all_active")
    given(*history, lenient, OPEN_AGAIN).when(change_setting, "tax.gate", "all_active").then(
        strict, to_map(DECLARED_LUXURY, during_setup=False)
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "ARCHIVED"}, ("OUTPUT2", "archived", "GST 15%", "active")),
        ({"status": "DELETED"}, ("deleted",)),
        ({"status": "PENDING"}, ("pending",)),
        ({"barred_from": ("REVENUE",)}, ("OUTPUT2", "not for sales", "GST 15%")),
        ({"effective_rate": Decimal("12.5")}, ("GST 15%", "15%", "12.5%", "charges the same")),
        ({"effective_rate": Decimal("15.0001")}, ("15.0001%",)),
    ],
)
def test_a_rate_that_does_not_fit_is_refused_with_the_reason(changes: dict[str, Any], words: tuple[str, ...]) -> None:
    history = (*READY_BUT_TAXES, declared(DECLARED_GST), to_map(DECLARED_GST))
    rate = msgspec.structs.replace(OUTPUT2, **changes)
    given(*history).when(map_tax, GST, rate).then_refused(NotPossible, *words)


def test_a_mapping_waits_for_connection_and_organisation() -> None:
    given().when(map_tax, GST, OUTPUT2).then_refused(NotPossible, "not connected")
    given(CONNECTED, NOTHING_CHOSEN).when(map_tax, GST, OUTPUT2).then_refused(NotPossible, "no organisation")


@pytest.mark.article("R14")
def test_kyrios_says_what_it_offers_before_an_organisation_is_chosen_and_before_anything_is_connected() -> None:
    known = Connection(account_id=ACCOUNT)
    (first,) = declare_taxes(known, [DECLARED_GST], moment())
    assert (first.originator_version, first.organisation_id) == (1, None)
    state = evolve(None, first)
    assert (state.declared, state.held_by, standing(state)) == ((DECLARED_GST,), known.held_by, "not_connected")
    left = to_do("choose the organisation", "choose accounts", organisation_id=None)
    given(CONNECTED, NOTHING_CHOSEN).when(declare_taxes, [DECLARED_GST]).then(
        fact(TaxRatesDeclared, organisation_id=None, tax_sets=(DECLARED_GST,)), left
    )
    # The first consent finds what was said before it.
    given(first).when(connect, ACCOUNT, **CONSENT).then(CONNECTED, left)


@pytest.mark.article("R14")
@pytest.mark.parametrize("gate", ["all_active", "used_on_invoice"])
def test_a_tax_set_offered_while_disconnected_asks_for_no_mail_and_is_missing_once_connected_again(gate: str) -> None:
    rule = fact(SettingsChanged, name="tax.gate", value=gate)
    gone = fact(Disconnected, reason="user", evidence={}, grant_id=GRANT, xero_connection_id=XERO_CONNECTION)
    history = (*ALL_MAPPED, rule, gone, fact(GateClosed, causes=(Cause("not_connected"),)))
    news, held = declared(DECLARED_GST, DECLARED_LUXURY), gate == "all_active"
    unmapped = Cause("tax_mapping_incomplete", key=LUXURY.key, facts={"tax_set": "Luxury 12.5%"})
    both = fact(GateClosed, causes=(Cause("not_connected"), unmapped), known=("tax_mapping_incomplete",))
    said = (news, both) if held else (news,)
    outcome = given(*history).when(declare_taxes, [DECLARED_GST, DECLARED_LUXURY]).then(*said)
    assert [mail for event in outcome.events for mail in alerts_of(event)] == []
    again = given(*history, *said).when(connect, ACCOUNT, reached_by=XERO_CONNECTION, **CONSENT)
    assert again.state.gate_open is not held
    (taxes,) = (step for step in set_up_steps(again.state) if step.name == "taxes")
    assert taxes.missing == ("map Luxury 12.5%" + ("" if held else " (only invoices that use it wait)"),)
    mails = [mail.cause_code for event in again.events for mail in alerts_of(event)]
    assert ("tax_mapping_incomplete" in mails) is held


def test_a_tax_set_goes_by_its_declared_name_else_by_its_key() -> None:
    state = folded(*ALL_MAPPED)
    assert (state.tax_set_name(GST), state.tax_set_name(LUXURY)) == ("GST 15%", "lux@12.5")


def test_a_mapping_keeps_what_xero_said_when_it_was_chosen() -> None:
    mapping = folded(*ALL_MAPPED).mappings["gst@15"]
    assert (mapping.tax_set, mapping.tax_type, mapping.version) == (GST, "OUTPUT2", 1)
    assert (mapping.effective_rate, mapping.components) == (OUTPUT2.effective_rate, OUTPUT2.components)


def test_an_unmapped_set_has_no_mapping_any_more() -> None:
    state = folded(*ALL_MAPPED, fact(TaxUnmapped, tax_set=GST, version=2))
    assert (state.mappings, state.mapping_version) == ({}, 2)
