"""Reading the organisation, its accounts, rates and contacts, over HTTP against the simulator."""

from datetime import UTC, datetime, timedelta

from adapters.xero.session import XeroSession
from tests.adapters.xero.simulated import ORGANISATION, World


def test_the_organisation_is_read(session: XeroSession) -> None:
    organisation = session.organisation()
    assert (organisation.organisation_id, organisation.base_currency, organisation.country) == (
        ORGANISATION,
        "NZD",
        "NZ",
    )
    assert organisation.is_demo


def test_only_active_payment_enabled_accounts_are_offered_and_the_others_say_why(session: XeroSession) -> None:
    accounts = {account.name: account for account in session.ledger_accounts()}
    assert [name for name, account in accounts.items() if not account.against("line")] == [
        "Sales",
        "Customer Deposits",
        "Card Clearing",
    ]
    assert accounts["Business Bank Account"].against("line") == ("account_is_bank", "account_not_payment_enabled")
    assert accounts["Discontinued Sales"].against("line") == ("account_archived",)
    assert accounts["Other Revenue"].against("line") == ("account_not_payment_enabled",)
    assert "system_account" in accounts["Accounts Receivable"].against("line")
    assert accounts["Card Clearing"].code == ""


def test_tax_rates_are_read_with_their_components(session: XeroSession) -> None:
    rates = {rate.tax_type: rate for rate in session.tax_rates()}
    assert str(rates["OUTPUT2"].effective_rate) in ("15", "15.0", "15.0000")
    assert [(c.name, c.compound) for c in rates["TAX002"].components] == [("GST", False), ("Levy", True)]
    assert not rates["INPUT2"].applies_to_revenue
    assert rates["OUTPUT"].status == "ARCHIVED"


def test_contacts_come_page_by_page_and_all_of_them(session: XeroSession) -> None:
    pages = list(session.contacts(page_size=4))
    assert [len(page) for page in pages] == [4, 4, 2]
    contacts = {contact.name: contact for page in pages for contact in page}
    assert len(contacts) == 10
    assert contacts["Harbour View Cafe Ltd"].email == "accounts@harbourview.example"
    assert contacts["Harbour View Cafe Ltd"].phone == "+64 09 5550101"
    assert contacts["Southern Cross Cycles"].phone == "+64 021 5550113"
    assert contacts["Closed Down Trading Co"].status == "ARCHIVED"


def test_contacts_unchanged_since_then_are_not_read_again(session: XeroSession) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    assert [contact for page in session.contacts(modified_since=later) for contact in page] == []


def test_the_currencies_in_use_are_read(session: XeroSession) -> None:
    assert set(session.currencies()) == {"NZD", "AUD", "USD"}


def test_what_the_user_must_not_do_is_read_and_nothing_else(session: XeroSession, world: World) -> None:
    assert session.denied_actions() == ()
    world.control.post(f"/organisations/{ORGANISATION}/organisation", Edition="PARTNER")
    assert "CreateApprovedInvoice" in session.denied_actions()
