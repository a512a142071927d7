"""Preflight against what Xero last said: one row per cause, and nothing is held against what was never read."""

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.causes import Cause
from domain.document import InvoiceDocument, Payment
from domain.preflight import causes_against
from domain.references import NOTHING_READ, OrganisationNow, References
from tests.domain.said_by_xero import RATES, SAID, parts, said, with_account, with_rate, without_account
from tests.examples import (
    CLEARING,
    DOCUMENT,
    OTHER_REVENUE,
    SALES,
    STANDING,
    UNTAXED,
    document,
    line,
    open_connection_state,
    totals,
)

SALES_ID = SALES.account_id


def causes(references: References, issued: InvoiceDocument = DOCUMENT, **changes: Any) -> list[Cause]:
    """What is in the way of `issued`, by what Xero says, on the example connection with some fields changed."""
    connection = msgspec.structs.replace(open_connection_state(), **changes)
    return causes_against(issued, connection, STANDING, references)


def locked(**days: Any) -> References:
    return said(organisation=OrganisationNow(base_currency="NZD", **days))


def on(account: Any) -> InvoiceDocument:
    """The example invoice, its first line on this account."""
    first = msgspec.structs.replace(DOCUMENT.lines[0], ledger_account_id=account.account_id)
    return document(lines=(first, DOCUMENT.lines[1]))


PAID = document(payments=(Payment(payment_id="p-1", paid_on=dt.date(2026, 10, 2), amount=Decimal("10.00")),))
XERO_NAME = "15% GST on Income (OUTPUT2)"
RATE = {"tax_set": "GST 15%", "xero_rate": "OUTPUT2", "xero_name": XERO_NAME}
SALES_NAMED = {"account": "200 Sales"}
GONE = {"account": "account 200"}


def mismatch(kyrios: str, xero: str) -> Cause:
    facts = {"tax_set": "GST 15%", "kyrios_rate": kyrios, "xero_rate": xero, "xero_name": XERO_NAME}
    return Cause("tax_rate_mismatch", key="gst@15", facts=facts)


@pytest.mark.parametrize("references", [SAID, NOTHING_READ])
def test_nothing_is_in_the_way_if_all_qualifies_or_nothing_was_read(references: References) -> None:
    assert causes(references) == []


@pytest.mark.parametrize(
    ("references", "found"),
    [
        (said(tax_rates={}), Cause("tax_rate_unavailable", key="gst@15", facts=RATE | {"xero_name": "OUTPUT2"})),
        (with_rate(status="ARCHIVED"), Cause("tax_rate_unavailable", key="gst@15", facts=RATE)),
        (with_rate(status="DELETED"), Cause("tax_rate_unavailable", key="gst@15", facts=RATE)),
        (with_rate(effective_rate=Decimal("17.5"), components=parts("17.5")), mismatch("15", "17.5")),
        (with_rate(effective_rate=Decimal("15.0001")), mismatch("15", "15.0001")),
        (with_rate(components=parts("10", "5")), mismatch("15", "10% + 5")),
        (with_rate(components=parts("15", compound=("15",))), mismatch("15", "compound 15")),
        (with_rate(barred_from=("REVENUE",)), Cause("tax_not_allowed_on_account", key="gst@15", facts=SALES_NAMED)),
        (without_account(SALES_ID), Cause("account_archived", key=SALES_ID, facts=GONE)),
        (with_account(SALES_ID, status="ARCHIVED"), Cause("account_archived", key=SALES_ID, facts=SALES_NAMED)),
        (with_account(SALES_ID, type="BANK"), Cause("account_is_bank", key=SALES_ID, facts=SALES_NAMED)),
        (
            with_account(SALES_ID, payments_enabled=False),
            Cause("account_not_payment_enabled", key=SALES_ID, facts=SALES_NAMED),
        ),
        (locked(period_lock_date=DOCUMENT.date), Cause("period_locked", facts={"date": "2026-10-01"})),
        (locked(end_of_year_lock_date=dt.date(2026, 12, 31)), Cause("period_locked", facts={"date": "2026-12-31"})),
        (
            locked(period_lock_date=dt.date(2026, 10, 5), end_of_year_lock_date=dt.date(2026, 3, 31)),
            Cause("period_locked", facts={"date": "2026-10-05"}),
        ),
        (said(organisation=OrganisationNow(edition="PARTNER")), Cause("organisation_cannot_invoice")),
    ],
    ids=lambda value: value.code if isinstance(value, Cause) else "",
)
def test_what_xero_no_longer_allows_is_in_the_way(references: References, found: Cause) -> None:
    assert causes(references) == [found]


@pytest.mark.parametrize(
    "references",
    [
        with_rate(name="Any other name"),
        with_rate(effective_rate=Decimal("15.00004")),
        with_rate(components=parts("15.0")),
        with_rate(barred_from=("EXPENSE",)),
        with_account(OTHER_REVENUE.account_id, status="ARCHIVED"),
        said(tax_rates={"OUTPUT2": RATES["OUTPUT2"]}),
        said(denied=frozenset({"CreateApprovedBill"})),
        said(denied=frozenset({"CreateApprovedInvoice"})),
        said(currencies=frozenset()),
        locked(period_lock_date=dt.date(2026, 9, 30)),
    ],
)
def test_what_does_not_concern_the_invoice_is_not_in_its_way(references: References) -> None:
    assert causes(references) == []


def test_a_currency_xero_uses_may_be_sent_and_another_may_not() -> None:
    eur, usd = document(currency="EUR"), document(currency="USD")
    assert causes(SAID, eur) == []
    assert causes(SAID, usd) == [Cause("currency_not_enabled", key="USD", facts={"currency": "USD"})]
    assert [c.code for c in causes(said(denied=frozenset({"UseMulticurrency"})), eur)] == ["currency_not_enabled"]


def test_a_line_that_names_a_chosen_account_stands_and_falls_with_it() -> None:
    references = with_account(OTHER_REVENUE.account_id, status="ARCHIVED")
    facts = {"account": "260 Other Revenue"}
    assert causes(references, on(OTHER_REVENUE)) == [
        Cause("account_archived", key=OTHER_REVENUE.account_id, facts=facts)
    ]


def test_an_account_nobody_chose_is_named_as_people_know_it() -> None:
    assert causes(SAID, on(CLEARING)) == [
        Cause("account_not_selected", key=CLEARING.account_id, facts={"account": "610 Clearing"})
    ]


def test_a_revenue_account_needs_no_payments_where_the_account_says_so() -> None:
    references, revenue = with_account(SALES_ID, payments_enabled=False), {"accounts.line": "revenue"}
    assert causes(references, settings=revenue) == []
    no_revenue = with_account(SALES_ID, payments_enabled=False, account_class="LIABILITY")
    assert [c.code for c in causes(no_revenue, settings=revenue)] == ["account_not_payment_enabled"]


def test_a_rate_is_judged_on_the_account_of_each_line_that_bears_it() -> None:
    references = with_rate(barred_from=("ASSET",))
    assert causes(references, on(CLEARING), also_allowed=(CLEARING,)) == [
        Cause("tax_not_allowed_on_account", key="gst@15", facts={"account": "610 Clearing"})
    ]


def test_taxes_of_an_invoice_without_tax_are_in_nobodys_way() -> None:
    issued = document(line_amounts="no_tax", totals=totals("492.75", "0.00", "492.75"))
    assert causes(said(tax_rates={}), issued) == []
    assert causes(said(tax_rates={}), issued, mappings={}) == []


def test_a_paid_invoice_needs_an_account_for_payments() -> None:
    assert causes(SAID, PAID) == [Cause("payment_account_missing")]
    assert causes(SAID, PAID, default_payment=CLEARING) == []
    assert causes(SAID, PAID, settings={"payments.record": "off"}) == []


def test_an_invoice_a_person_released_from_the_start_of_syncing_goes_for_all_its_date() -> None:
    old, connection = document(date=dt.date(2020, 1, 1)), open_connection_state()
    assert causes_against(old, connection, STANDING, SAID, waived=("before_sync_start",)) == []
    assert [c.code for c in causes_against(old, connection, STANDING, SAID)] == ["before_sync_start"]


def test_everything_is_found_at_once() -> None:
    references = References(
        organisation=OrganisationNow(edition="PARTNER", period_lock_date=dt.date(2026, 12, 31)),
        denied=frozenset(),
        accounts={},
        tax_rates={},
        currencies=frozenset(),
    )
    issued = document(
        date=dt.date(2020, 1, 1),
        currency="EUR",
        lines=(line("1", "10.00"), line("1", "1.00", UNTAXED, ledger_account_id=CLEARING.account_id)),
        payments=PAID.payments,
    )
    assert [cause.code for cause in causes(references, issued)] == [
        "before_sync_start",
        "organisation_cannot_invoice",
        "currency_not_enabled",
        "period_locked",
        "account_archived",
        "account_not_selected",
        "payment_account_missing",
        "tax_rate_unavailable",
        "total_mismatch",
    ]
