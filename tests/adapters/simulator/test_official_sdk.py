"""Xero's own Python SDK, an independent reader of our answers, works against the simulator."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from xero_python import accounting, exceptions, identity
from xero_python.api_client import oauth2

from tests.adapters.simulator.visitor import CLIENT, TENANT, Visitor, account, contact
from tests.conformance.sdk import sdk_client


@pytest.fixture
def sdk(connected: Visitor) -> Iterator[Any]:
    """The SDK's client with this simulator's tokens; its hidden retries are off."""
    # Tokens are dated by this machine's clock inside the SDK, so the simulator's must run with it.
    connected.steer("POST", "/clock", {"real": True})
    with sdk_client(connected.connect()) as client:
        yield client


@pytest.fixture
def books(sdk: Any, connected: Visitor) -> Any:
    """The SDK's Accounting API."""
    return accounting.AccountingApi(sdk, base_url=f"{connected.api_url}/api.xro/2.0")


def an_sdk_invoice(number: str, **changes: object) -> Any:
    """The same invoice in the SDK's words."""
    line = accounting.LineItem(
        description="Work", quantity=2, unit_amount=Decimal("25.06"), account_code="200", tax_type="OUTPUT2"
    )
    values: dict[str, Any] = {
        "type": "ACCREC",
        "invoice_number": number,
        "contact": accounting.Contact(contact_id=contact(1)),
        "line_items": [line],
        "date": date(2026, 11, 1),
        "due_date": date(2026, 12, 1),
        "status": "AUTHORISED",
    }
    return accounting.Invoice(**(values | changes))


def test_the_sdk_reads_the_reference_data(books: Any) -> None:
    organisation = books.get_organisations(TENANT).organisations[0]
    assert (organisation.name, organisation.base_currency.value) == ("Demo Company (NZ)", "NZD")
    active = books.get_accounts(TENANT, where='Status=="ACTIVE"').accounts
    assert {found.account_id for found in active} >= {account(2), account(11)}
    rates = {rate.tax_type: rate.effective_rate for rate in books.get_tax_rates(TENANT).tax_rates}
    assert rates["OUTPUT2"] == Decimal("15.0")


def test_the_sdk_reads_contacts_paged_and_single(books: Any) -> None:
    page = books.get_contacts(TENANT, page=1, page_size=5, include_archived=True)
    assert (page.pagination.item_count, len(page.contacts)) == (10, 5)
    assert books.get_contact(TENANT, contact(3)).contacts[0].name == "Southern Cross Cycles"


def test_the_sdk_creates_and_reads_invoices(books: Any) -> None:
    wanted = accounting.Invoices(invoices=[an_sdk_invoice("K-1"), an_sdk_invoice("K-2", line_items=[])])
    good, bad = books.create_invoices(TENANT, wanted, summarize_errors=False, unitdp=4, idempotency_key="k").invoices
    assert (good.has_errors, good.sub_total, good.total_tax, good.total) == (
        False,
        Decimal("50.12"),
        Decimal("7.52"),
        Decimal("57.64"),
    )
    assert [error.message for error in bad.validation_errors] == ["One or more line items must be specified"]
    (found,) = books.get_invoices(TENANT, invoice_numbers=["K-1"], page=1, unitdp=4).invoices
    assert (found.date, found.line_items[0].unit_amount) == (date(2026, 11, 1), Decimal("25.06"))
    assert books.get_invoice(TENANT, good.invoice_id).invoices[0].invoice_number == "K-1"
    assert books.get_invoices(TENANT).invoices[0].line_items == []


def test_the_sdk_understands_a_summarised_refusal(books: Any) -> None:
    with pytest.raises(exceptions.AccountingBadRequestException) as refused:
        books.create_invoices(TENANT, accounting.Invoices(invoices=[an_sdk_invoice("K-1", line_items=[])]))
    assert refused.value.error_data["Elements"][0]["ValidationErrors"][0]["Message"].startswith("One or more")


def test_the_sdk_lists_and_deletes_connections(sdk: Any, connected: Visitor) -> None:
    api = identity.IdentityApi(sdk, base_url=connected.api_url)
    (found,) = api.get_connections()
    assert found.tenant_id == TENANT
    api.delete_connection(found.id)
    assert api.get_connections() == []


def test_the_sdk_refreshes_its_token(sdk: Any, connected: Visitor) -> None:
    class LocalTokens(oauth2.TokenApi):  # type: ignore[misc]
        refresh_token_url = f"{connected.api_url}/connect/token"

    before = connected.connect()["refresh_token"]
    token = LocalTokens(sdk, CLIENT[0], CLIENT[1]).refresh_token(before, ["offline_access", "accounting.invoices"])
    assert token["expires_in"] == 1800
    assert token["refresh_token"] != before
