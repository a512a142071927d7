"""Drift: what was chosen and stops qualifying is recorded once, and so is that it qualifies again."""

from decimal import Decimal
from typing import Any

import pytest

from domain.causes import Cause
from domain.connection import (
    AccountsSelected,
    GateClosed,
    GateOpened,
    ReferenceDrifted,
    ReferenceRestored,
    SettingsChanged,
)
from domain.drift import follow_references
from domain.event import Event
from domain.references import NOTHING_READ, OrganisationNow, References
from tests.domain.said_by_xero import SAID, parts, said, with_account, with_rate
from tests.examples import CLEARING, ORGANISATION, OTHER_REVENUE, SALES, open_connection
from tests.given import fact, given

READY = open_connection()
PAYMENTS = fact(AccountsSelected, default_line=SALES, default_payment=CLEARING, also_allowed=(OTHER_REVENUE,))
NAMES = {
    SALES.account_id: "200 Sales",
    OTHER_REVENUE.account_id: "260 Other Revenue",
    CLEARING.account_id: "610 Clearing",
}
ARCHIVED_RATE = with_rate(status="ARCHIVED")


def account_cause(account: Any, code: str = "account_archived") -> Cause:
    return Cause(code, key=account.account_id, facts={"account": NAMES[account.account_id]})


XERO_NAME = "15% GST on Income (OUTPUT2)"
RATE_FACTS = {"tax_set": "GST 15%", "xero_rate": "OUTPUT2", "xero_name": XERO_NAME}
RATE_CAUSE = Cause("tax_rate_unavailable", key="gst@15", facts=RATE_FACTS)


def drifted(referenced: str, reference: str, cause: Cause) -> Event:
    return fact(ReferenceDrifted, referenced=referenced, reference=reference, cause=cause)


def restored(referenced: str, reference: str) -> Event:
    return fact(ReferenceRestored, referenced=referenced, reference=reference)


def closed(*causes: Cause) -> Event:
    return fact(GateClosed, causes=causes)


RATE_DRIFTED = drifted("tax_rate", "gst@15", RATE_CAUSE)
SALES_DRIFTED = drifted("ledger_account", SALES.account_id, account_cause(SALES))


@pytest.mark.parametrize("references", [SAID, NOTHING_READ])
def test_while_everything_qualifies_nothing_is_recorded(references: References) -> None:
    given(*READY).when(follow_references, references).then_nothing()


def test_a_rate_that_stops_qualifying_is_recorded_once_and_holds_back_no_other_invoice() -> None:
    given(*READY).when(follow_references, ARCHIVED_RATE).then(RATE_DRIFTED)
    given(*READY, RATE_DRIFTED).when(follow_references, ARCHIVED_RATE).then_nothing()


def test_a_rate_that_changes_is_recorded_with_both_figures() -> None:
    facts = {"tax_set": "GST 15%", "kyrios_rate": "15", "xero_rate": "17.5", "xero_name": XERO_NAME}
    changed = with_rate(effective_rate=Decimal("17.5"), components=parts("17.5"))
    cause = Cause("tax_rate_mismatch", key="gst@15", facts=facts)
    given(*READY).when(follow_references, changed).then(drifted("tax_rate", "gst@15", cause))
    given(*READY, RATE_DRIFTED).when(follow_references, changed).then(drifted("tax_rate", "gst@15", cause))


def test_a_rate_that_qualifies_again_is_recorded() -> None:
    given(*READY, RATE_DRIFTED).when(follow_references, SAID).then(restored("tax_rate", "gst@15"))


def test_a_default_account_that_stops_qualifying_closes_the_gate_until_it_does_again() -> None:
    references = with_account(SALES.account_id, status="ARCHIVED")
    shut = closed(account_cause(SALES))
    given(*READY).when(follow_references, references).then(SALES_DRIFTED, shut)
    given(*READY, SALES_DRIFTED, shut).when(follow_references, SAID).then(
        restored("ledger_account", SALES.account_id), fact(GateOpened)
    )


def test_a_further_account_that_stops_qualifying_leaves_the_gate_open() -> None:
    references = with_account(OTHER_REVENUE.account_id, status="ARCHIVED")
    given(*READY).when(follow_references, references).then(
        drifted("ledger_account", OTHER_REVENUE.account_id, account_cause(OTHER_REVENUE))
    )


def test_an_account_for_payments_needs_them_enabled_whatever_lines_need() -> None:
    rule = fact(SettingsChanged, name="accounts.line", value="revenue")
    references = with_account(CLEARING.account_id, payments_enabled=False)
    cause = account_cause(CLEARING, "account_not_payment_enabled")
    given(*READY, PAYMENTS, rule).when(follow_references, references).then(
        drifted("ledger_account", CLEARING.account_id, cause), closed(cause)
    )


def test_an_organisation_that_cannot_invoice_closes_the_gate() -> None:
    cause = Cause("organisation_cannot_invoice")
    partner = said(organisation=OrganisationNow(edition="PARTNER"))
    drift, shut = drifted("organisation", ORGANISATION, cause), closed(cause)
    given(*READY).when(follow_references, partner).then(drift, shut)
    given(*READY, drift, shut).when(follow_references, SAID).then(
        restored("organisation", ORGANISATION), fact(GateOpened)
    )


def test_what_was_never_read_neither_drifts_nor_is_restored() -> None:
    given(*READY, RATE_DRIFTED).when(follow_references, NOTHING_READ).then_nothing()


def test_an_account_that_is_chosen_no_longer_needs_to_qualify_no_longer() -> None:
    drift = drifted("ledger_account", OTHER_REVENUE.account_id, account_cause(OTHER_REVENUE))
    without = fact(AccountsSelected, default_line=SALES)
    references = with_account(OTHER_REVENUE.account_id, status="ARCHIVED")
    given(*READY, drift, without).when(follow_references, references).then(
        restored("ledger_account", OTHER_REVENUE.account_id)
    )


def test_a_connection_without_an_organisation_has_nothing_to_drift() -> None:
    given().when(follow_references, SAID).then_nothing()
    given(*READY[:2]).when(follow_references, SAID).then_nothing()
