"""Preflight: one test per cause, and all causes at once."""

import datetime as dt
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest

from domain.causes import Cause
from domain.connection import Connection
from domain.contact_matching import ContactStanding
from domain.document import InvoiceDocument, Payment
from domain.preflight import causes_against
from domain.tax import TaxSet
from tests.examples import (
    CLEARING,
    CONTACT,
    DOCUMENT,
    LUXURY,
    NO_CONTACT,
    OTHER_REVENUE,
    SALES,
    STANDING,
    UNTAXED,
    ZERO,
    document,
    line,
    open_connection_state,
    totals,
)

STRANGE: Final = "a1000000-0000-4000-8000-000000000999"
NO_RATE: Final = Cause("tax_set_unmapped", key="lux@12.5", facts={"tax_set": "lux 12.5%"})


def causes(issued: InvoiceDocument = DOCUMENT, contact: ContactStanding = STANDING, **settings: Any) -> list[Cause]:
    """What is in the way of `issued` on the example connection with `settings` changed."""
    connection: Connection = msgspec.structs.replace(open_connection_state(), **settings)
    return causes_against(issued, connection, contact)


def test_nothing_is_in_the_way_of_a_sound_invoice() -> None:
    assert causes() == []


def test_what_stands_against_the_contact_is_in_the_way() -> None:
    assert causes(contact=NO_CONTACT) == [Cause("contact_missing", key=CONTACT)]


def test_a_contact_found_now_is_not_in_the_way() -> None:
    assert causes(contact=msgspec.structs.replace(STANDING, verdict="link", how="email")) == []


def test_a_contact_to_be_created_is_named_only_if_nothing_else_is_in_the_way() -> None:
    pending = Cause("contact_pending", key=CONTACT)
    wanted = ContactStanding(kyrios_contact_id=CONTACT, verdict="wanted", causes=(pending,))
    assert causes(contact=wanted) == [pending]
    assert causes(document(currency="EUR"), contact=wanted) == causes(document(currency="EUR"))
    assert causes(document(date=dt.date(2020, 1, 1)), contact=wanted) == causes(document(date=dt.date(2020, 1, 1)))


def test_an_invoice_from_before_the_start_waits() -> None:
    assert causes(document(date=dt.date(2026, 9, 30))) == [
        Cause("before_sync_start", facts={"sync_from": "2026-10-01"})
    ]


def test_an_invoice_of_the_first_day_does_not_wait() -> None:
    assert causes(document(date=dt.date(2026, 9, 30)), settings={"sync_from": "2026-09-30"}) == []


def test_another_currency_than_the_organisations_waits() -> None:
    assert causes(document(currency="EUR")) == [Cause("currency_not_enabled", key="EUR", facts={"currency": "EUR"})]


@pytest.mark.parametrize("account", [SALES, OTHER_REVENUE])
def test_a_line_may_ask_for_any_chosen_account(account: Any) -> None:
    lines = (line("3", "120.00", ledger_account_id=account.account_id), DOCUMENT.lines[1])
    assert causes(document(lines=lines)) == []


@pytest.mark.parametrize("account", [STRANGE, CLEARING.account_id])
def test_a_line_that_asks_for_another_account_waits(account: str) -> None:
    lines = tuple(msgspec.structs.replace(each, ledger_account_id=account) for each in DOCUMENT.lines)
    assert causes(document(lines=lines), default_payment=CLEARING) == [
        Cause("account_not_selected", key=account, facts={"account": f"account {account}"})
    ]


def test_a_tax_set_that_was_never_mapped_waits_under_its_key() -> None:
    lines = (line("1", "100.00", LUXURY), line("2", "100.00", LUXURY))
    assert causes(document(lines=lines, totals=totals("300.00", "37.50", "337.50"))) == [NO_RATE]


def test_a_declared_tax_set_waits_under_the_name_people_know() -> None:
    named = tuple(msgspec.structs.replace(each, name="Standard") for each in open_connection_state().declared or ())
    assert [cause.facts for cause in causes(declared=named, mappings={})] == [{"tax_set": "Standard"}]


def test_an_untaxed_line_needs_no_mapping() -> None:
    lines = (line("1", "100.00", UNTAXED),)
    assert causes(document(lines=lines, totals=totals("100.00", "0.00", "100.00")), mappings={}) == []


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        (totals("492.75", "73.94", "566.69"), {"xero_total": "566.66", "kyrios_total": "566.69"}),
        (
            totals("492.76", "73.90", "566.66"),
            {"xero_total": "566.66 with 73.91 of tax", "kyrios_total": "566.66 with 73.90 of tax"},
        ),
        (
            totals("492.74", "73.91", "566.66"),
            {"xero_total": "566.66 with 492.75 before tax", "kyrios_total": "566.66 with 492.74 before tax"},
        ),
    ],
)
def test_totals_xero_would_not_reach_are_shown_where_they_differ(said: Any, facts: dict[str, str]) -> None:
    assert causes(document(totals=said)) == [Cause("total_mismatch", facts=facts)]


@pytest.mark.parametrize(("tax", "total"), [("73.92", "566.67"), ("73.93", "566.68"), ("73.89", "566.64")])
def test_a_cent_of_tax_per_line_is_in_the_way_only_if_the_account_wants_that(tax: str, total: str) -> None:
    issued = document(totals=totals("492.75", tax, total))
    assert causes(issued) == []
    assert causes(issued, settings={"rounding": "block"}) == [
        Cause("total_mismatch", facts={"xero_total": "566.66", "kyrios_total": total})
    ]


def test_totals_are_computed_with_xeros_rate_not_kyrios_own() -> None:
    mappings = open_connection_state().mappings
    twelve = msgspec.structs.replace(mappings["gst@15"], effective_rate=Decimal("12.5"))
    found = causes(mappings=mappings | {"gst@15": twelve})
    # 45.00 and 16.59375, rounded to 16.59.
    assert found == [Cause("total_mismatch", facts={"xero_total": "554.34", "kyrios_total": "566.66"})]


def test_a_total_below_zero_is_named_as_such_and_not_compared() -> None:
    lines = (line("-1", "100.00", ZERO),)
    assert causes(document(lines=lines, totals=totals("-100.00", "0.00", "-100.00"))) == [Cause("negative_total")]
    assert causes(document(totals=totals("-1.00", "0.00", "-1.00"))) == [Cause("negative_total")]


def test_a_total_of_nothing_is_sent() -> None:
    lines = (line("1", "100.00", ZERO), line("-1", "100.00", ZERO))
    assert causes(document(lines=lines, totals=totals("0.00", "0.00", "0.00"))) == []


def test_a_total_is_not_compared_while_a_rate_is_unknown() -> None:
    assert causes(document(lines=(line("1", "100.00", LUXURY),), totals=totals("1.00", "1.00", "2.00"))) == [NO_RATE]


def test_neither_the_start_of_syncing_nor_payments_are_in_the_way_of_a_change_of_an_invoice_in_xero() -> None:
    paid = Payment(payment_id="pay-1", paid_on=dt.date(2026, 9, 2), amount=Decimal("566.66"))
    issued, connection = document(date=dt.date(2020, 1, 1), payments=(paid,)), open_connection_state()
    codes = [cause.code for cause in causes_against(issued, connection, STANDING)]
    assert codes == ["before_sync_start", "payment_account_missing"]
    assert causes_against(issued, connection, STANDING, in_xero=True) == []


def test_all_causes_are_found_at_once() -> None:
    lines = (line("1", "10.00", LUXURY, ledger_account_id=STRANGE), line("1", "10.00", TaxSet()))
    found = causes(document(date=dt.date(2020, 1, 1), currency="EUR", lines=lines), contact=NO_CONTACT)
    assert [cause.code for cause in found] == [
        "before_sync_start",
        "contact_missing",
        "currency_not_enabled",
        "account_not_selected",
        "tax_set_unmapped",
    ]
