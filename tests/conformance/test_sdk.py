"""Xero's Python SDK drives every operation we use; each request and answer conforms to Xero's OpenAPI files."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from xero_python.accounting import (
    Account,
    AccountingApi,
    Contact,
    Contacts,
    Invoice,
    Invoices,
    LineItem,
    Payment,
    PaymentDelete,
    Payments,
    Phone,
)
from xero_python.exceptions import AccountingBadRequestException
from xero_python.identity import IdentityApi

from tests.adapters.simulator.visitor import TENANT, Visitor, account, contact
from tests.conformance.contract import Contract
from tests.conformance.recorder import Recorder
from tests.conformance.sdk import sdk_client

READ_ONLY = ("HasAttachments",)  # the SDK writes it although Xero's own file forbids that
ASKED = {"summarize_errors": False, "idempotency_key": "a key"}


@pytest.fixture
def client(visitor: Visitor, recorder: Recorder, contract: Contract) -> Iterator[Any]:
    """The SDK's client, its hidden retries off; what it said and heard is checked at the end."""
    with sdk_client(visitor.connect()) as client:
        recorder.exchanges.clear()
        yield client
    assert recorder.exchanges
    for exchange in recorder.exchanges:
        contract.check(exchange, echoes=READ_ONLY)


@pytest.fixture
def books(client: Any, recorder: Recorder) -> Any:
    """The SDK's Accounting API."""
    return AccountingApi(client, base_url=f"{recorder.url}/api.xro/2.0")


def an_invoice(number: str = "K-1", **changes: object) -> Any:
    """A sales invoice over 57.64 in the SDK's words."""
    line = LineItem(
        description="Work", quantity=2, unit_amount=Decimal("25.06"), account_code="200", tax_type="OUTPUT2"
    )
    values: dict[str, Any] = {
        "type": "ACCREC",
        "invoice_number": number,
        "contact": Contact(contact_id=contact(1)),
        "line_items": [line],
        "date": date(2026, 11, 1),
        "due_date": date(2026, 12, 1),
        "status": "AUTHORISED",
        "url": "https://kyrios.example/invoices/1",
    }
    return Invoice(**(values | changes))


def created(books: Any, **changes: Any) -> Any:
    """That invoice, in Xero."""
    wanted = Invoices(invoices=[an_invoice(**changes)])
    (made,) = books.create_invoices(TENANT, wanted, summarize_errors=False, unitdp=4).invoices
    assert made.has_errors is False, made.validation_errors
    return made


def a_payment(amount: str) -> Any:
    """A payment of K-1 in the SDK's words."""
    return Payment(
        invoice=Invoice(invoice_number="K-1"),
        account=Account(account_id=account(9)),
        date=date(2026, 11, 10),
        amount=Decimal(amount),
        reference="kyrios-payment-1",
    )


def test_reference_data(books: Any) -> None:
    assert books.get_organisations(TENANT).organisations[0].base_currency.value == "NZD"
    actions = {action.name: action.status for action in books.get_organisation_actions(TENANT).actions}
    assert actions["CreateApprovedInvoice"] == "ALLOWED"
    active = books.get_accounts(TENANT, where='Status=="ACTIVE"', order="Name ASC").accounts
    assert {found.account_id for found in active} >= {account(2), account(11)}
    assert books.get_account(TENANT, account(2)).accounts[0].code == "200"
    rates = {rate.tax_type: rate.effective_rate for rate in books.get_tax_rates(TENANT).tax_rates}
    assert (rates["OUTPUT2"], rates["TAX002"]) == (Decimal("15.0"), Decimal("17.3"))
    assert books.get_tax_rate_by_tax_type(TENANT, "TAX001").tax_rates[0].tax_components[1].rate == Decimal("0.625")
    assert {found.code.value for found in books.get_currencies(TENANT).currencies} == {"NZD", "AUD", "USD"}


def test_reading_contacts(books: Any) -> None:
    page = books.get_contacts(TENANT, page=1, page_size=5, include_archived=True)
    assert (page.pagination.item_count, len(page.contacts)) == (10, 5)
    assert books.get_contact(TENANT, contact(3)).contacts[0].name == "Southern Cross Cycles"
    picked = books.get_contacts(TENANT, i_ds=[contact(1), contact(2)], order="Name DESC").contacts
    assert [found.contact_id for found in picked] == [contact(2), contact(1)]
    assert books.get_contacts(TENANT, where='Name=="Kauri Timber Supplies"', summary_only=True).contacts


def test_creating_changing_and_archiving_contacts(books: Any) -> None:
    phone = Phone(phone_type="MOBILE", phone_number="5550199")
    wanted = Contact(
        name="Matariki Gardens", contact_number="kyrios-1", email_address="a@matariki.example", phones=[phone]
    )
    made, refused = books.create_contacts(
        TENANT, Contacts(contacts=[wanted, Contact(name="Kauri Timber Supplies")]), **ASKED
    ).contacts
    assert (made.contact_number, made.phones[0].phone_number) == ("kyrios-1", "5550199")
    assert refused.validation_errors[0].message.startswith("The contact name Kauri Timber Supplies is already")
    change = Contact(contact_number="kyrios-1", name="Matariki Gardens", email_address="b@matariki.example")
    (changed,) = books.update_or_create_contacts(TENANT, Contacts(contacts=[change]), summarize_errors=False).contacts
    assert (changed.contact_id, changed.email_address) == (made.contact_id, "b@matariki.example")
    archive = Contacts(contacts=[Contact(contact_id=made.contact_id, contact_status="ARCHIVED")])
    (archived,) = books.update_contact(TENANT, made.contact_id, archive).contacts
    assert archived.contact_status == "ARCHIVED"
    assert books.get_contact_by_contact_number(TENANT, "kyrios-1").contacts[0].contact_id == made.contact_id


def test_a_merged_contact_names_its_successor(books: Any, visitor: Visitor) -> None:
    visitor.steer("POST", f"/organisations/{TENANT}/merges", {"source": contact(1), "target": contact(2)})
    assert books.get_contact(TENANT, contact(1)).contacts[0].merged_to_contact_id == contact(2)


def test_creating_and_reading_invoices(books: Any) -> None:
    wanted = Invoices(invoices=[an_invoice(), an_invoice("K-2", line_items=[])])
    good, bad = books.create_invoices(TENANT, wanted, unitdp=4, **ASKED).invoices
    assert (good.sub_total, good.total_tax, good.total) == (Decimal("50.12"), Decimal("7.52"), Decimal("57.64"))
    assert [error.message for error in bad.validation_errors] == ["One or more line items must be specified"]
    (found,) = books.get_invoices(TENANT, invoice_numbers=["K-1"], page=1, unitdp=4).invoices
    assert (found.date, found.line_items[0].unit_amount) == (date(2026, 11, 1), Decimal("25.06"))
    assert books.get_invoice(TENANT, good.invoice_id, unitdp=4).invoices[0].invoice_number == "K-1"
    assert books.get_invoices(TENANT).invoices[0].line_items == []
    assert len(books.get_invoices(TENANT, statuses=["AUTHORISED"], created_by_my_app=True).invoices) == 1
    assert books.get_invoices(TENANT, i_ds=[good.invoice_id], contact_i_ds=[contact(1)]).invoices


def test_changing_and_voiding_invoices(books: Any) -> None:
    made = created(books)
    line = LineItem(line_item_id=made.line_items[0].line_item_id, quantity=3)
    change = Invoices(invoices=[Invoice(invoice_id=made.invoice_id, reference="Changed", line_items=[line])])
    (changed,) = books.update_invoice(TENANT, made.invoice_id, change, unitdp=4, idempotency_key="k").invoices
    assert (changed.reference, changed.total) == ("Changed", Decimal("86.46"))
    void = Invoices(invoices=[Invoice(invoice_id=made.invoice_id, status="VOIDED")])
    (voided,) = books.update_or_create_invoices(TENANT, void, summarize_errors=False, unitdp=4).invoices
    assert (voided.status, voided.amount_due) == ("VOIDED", Decimal("0.00"))
    with pytest.raises(AccountingBadRequestException) as refused:
        books.update_invoice(TENANT, made.invoice_id, change)
    assert "Invoice not of valid status for modification" in str(refused.value.error_data)


def test_an_overwrite_by_number(books: Any) -> None:
    made = created(books)
    wanted = Invoices(invoices=[an_invoice(reference="Overwritten")])
    (overwritten,) = books.update_or_create_invoices(TENANT, wanted, summarize_errors=False).invoices
    assert (overwritten.invoice_id, overwritten.reference) == (made.invoice_id, "Overwritten")


def test_entering_finding_and_removing_payments(books: Any) -> None:
    made = created(books)
    wanted = Payments(payments=[a_payment("7.64"), a_payment("99.00")])
    paid, refused = books.create_payments(TENANT, wanted, **ASKED).payments
    assert (paid.amount, paid.reference, paid.has_validation_errors) == (Decimal("7.64"), "kyrios-payment-1", False)
    assert "exceeds the amount outstanding" in refused.validation_errors[0].message
    (single,) = books.create_payment(TENANT, a_payment("50.00")).payments
    found = books.get_payments(TENANT, where=f'Invoice.InvoiceId=guid("{made.invoice_id}")', page=1).payments
    assert {payment.payment_id for payment in found} == {paid.payment_id, single.payment_id}
    (whole,) = books.get_invoice(TENANT, made.invoice_id).invoices
    assert (whole.status, whole.fully_paid_on_date, len(whole.payments)) == ("PAID", date(2026, 11, 10), 2)
    (removed,) = books.delete_payment(TENANT, paid.payment_id, PaymentDelete()).payments
    assert removed.status == "DELETED"
    assert books.get_payment(TENANT, single.payment_id).payments[0].invoice.invoice_id == made.invoice_id
    assert books.get_invoice(TENANT, made.invoice_id).invoices[0].amount_due == Decimal("7.64")


def test_a_summarised_refusal(books: Any) -> None:
    with pytest.raises(AccountingBadRequestException) as refused:
        books.create_invoices(TENANT, Invoices(invoices=[an_invoice(line_items=[])]))
    assert refused.value.error_data["Elements"][0]["ValidationErrors"][0]["Message"].startswith("One or more")


def test_connections(client: Any, recorder: Recorder) -> None:
    api = IdentityApi(client, base_url=recorder.url)
    (found,) = api.get_connections()
    assert found.tenant_id == TENANT
    api.delete_connection(found.id)
    assert api.get_connections() == []
