"""What an event fixes: the causes it names are the ones preflight found, and preflight no longer finds them."""

from typing import Final

import pytest

from domain import connection
from domain.causes import CATALOGUE
from domain.connection import AccountsSelected, ReferenceRestored, SettingsChanged, TaxMapped
from domain.contact_link import ContactLinked
from domain.event import Event
from domain.fixes import fixed_by, looked_at_after
from domain.preflight import causes_against
from domain.topics import TOPIC_OF
from tests.domain.every_event import EVERY_EVENT
from tests.examples import (
    CLEARING,
    CONTACT,
    LUXURY,
    NO_CONTACT,
    OTHER_REVENUE,
    OUTPUT2,
    SALES,
    STANDING,
    XERO_CONTACT,
    document,
    line,
    open_connection_state,
    totals,
)
from tests.given import fact

FIXING: Final = {
    "TaxMapped.1",
    "ReferenceRestored.1",
    "ContactLinked.1",
    "ContactUnlinked.1",
    "ContactRefused.1",
    "AccountsSelected.1",
    "OrganisationSelected.1",
}
ISSUED: Final = document(
    lines=(line("1", "100.00", LUXURY, ledger_account_id=CLEARING.account_id),),
    totals=totals("100.00", "12.50", "112.50"),
)
LINKED: Final = fact(ContactLinked, kyrios_contact_id=CONTACT, xero_contact_id=XERO_CONTACT, how="person")
ALLOWED: Final = fact(AccountsSelected, default_line=SALES, also_allowed=(OTHER_REVENUE, CLEARING))
MAPPED: Final = fact(
    TaxMapped,
    tax_set=LUXURY,
    tax_type="TAX002",
    effective_rate=LUXURY.effective_rate,
    components=OUTPUT2.components,
    version=3,
)


@pytest.mark.parametrize("event", EVERY_EVENT.values(), ids=lambda event: TOPIC_OF[type(event)])
def test_only_few_events_fix_anything(event: Event) -> None:
    assert bool(fixed_by(event)) is (TOPIC_OF[type(event)] in FIXING)


@pytest.mark.parametrize("event", [LINKED, ALLOWED, MAPPED], ids=lambda event: type(event).__name__)
def test_a_fix_names_the_cause_preflight_found_and_preflight_finds_it_no_longer(event: Event) -> None:
    before = _causes()
    fixed = set(fixed_by(event)) & before
    assert len(fixed) == 1
    assert _causes(event) == before - fixed


@pytest.mark.parametrize(
    ("referenced", "reference", "fixed"),
    [
        ("tax_rate", "gst@15", ("tax_rate_mismatch", "gst@15")),
        ("tax_rate", "gst@15", ("tax_rate_unavailable", "gst@15")),
        ("ledger_account", SALES.account_id, ("account_archived", SALES.account_id)),
        ("ledger_account", SALES.account_id, ("account_not_payment_enabled", SALES.account_id)),
        ("organisation", "any", ("organisation_cannot_invoice", "")),
    ],
)
def test_what_qualifies_again_fixes_what_it_was_blocked_for(
    referenced: str, reference: str, fixed: tuple[str, str]
) -> None:
    assert fixed in fixed_by(fact(ReferenceRestored, referenced=referenced, reference=reference))


@pytest.mark.parametrize(
    ("name", "code"),
    [("accounts.line", "account_not_payment_enabled"), ("payments.record", "payment_account_missing")],
)
def test_a_setting_that_may_have_fixed_any_invoice_has_them_looked_at(name: str, code: str) -> None:
    assert code in looked_at_after(fact(SettingsChanged, name=name, value="any"))


def test_a_start_of_syncing_that_moved_has_every_invoice_that_waits_looked_at() -> None:
    codes = looked_at_after(fact(SettingsChanged, name="sync_from", value="2026-04-01"))
    assert set(codes) == {kind.code for kind in CATALOGUE.values() if kind.standing == "blocked"}


def test_another_rounding_fixes_totals() -> None:
    assert fixed_by(fact(SettingsChanged, name="rounding", value="line_tax")) == [("total_mismatch", "")]


def test_all_fixes_together_let_the_invoice_go() -> None:
    assert _causes(LINKED, ALLOWED, MAPPED) == set()


def _causes(*events: Event) -> set[tuple[str, str]]:
    state = open_connection_state()
    contact = NO_CONTACT
    for event in events:
        if isinstance(event, ContactLinked):
            contact = STANDING
        else:
            state = connection.evolve(state, event)
    return {(cause.code, cause.key) for cause in causes_against(ISSUED, state, contact)}
