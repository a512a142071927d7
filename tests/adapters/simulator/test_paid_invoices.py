"""What stays editable once money has moved, and what does not."""

import pytest

from tests.adapters.simulator.visitor import Json, Visitor, a_line, an_invoice, contact, read

HAS_PAYMENT = "This document cannot be edited as it has a payment or credit note allocated to it."


@pytest.fixture(params=["15.00", "115.00"], ids=["part paid", "paid"])
def paid(request: pytest.FixtureRequest, connected: Visitor) -> Visitor:
    """K-1 over 115.00, in part or in full paid."""
    connected.saved("PUT", "Invoices", an_invoice())
    payment = {"Invoice": {"InvoiceNumber": "K-1"}, "Account": {"Code": "835"}, "Amount": request.param}
    connected.saved("PUT", "Payments", payment)
    return connected


def line_of(xero: Visitor, **changes: object) -> Json:
    """The one line of the invoice, named by its id, with changes."""
    (found,) = read(xero.get("Invoices/K-1"))["Invoices"]
    return {"LineItemID": found["LineItems"][0]["LineItemID"], **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"Reference": "New"},
        {"DueDate": "2027-01-31"},
        {"InvoiceNumber": "K-9"},
        {"Url": "https://kyrios.example/9"},
        {"Contact": {"ContactID": contact(2)}},
        {"Total": "115.00"},  # says what is
    ],
)
def test_these_may_still_change(paid: Visitor, changes: Json) -> None:
    (found,) = read(paid.get("Invoices/K-1"))["Invoices"]
    changed = paid.saved("POST", "Invoices", {"InvoiceID": found["InvoiceID"]} | changes)
    assert (changed["Status"], changed["AmountPaid"]) == (found["Status"], found["AmountPaid"])


@pytest.mark.parametrize("changes", [{"Description": "Other"}, {"AccountCode": "260"}])
def test_words_and_account_of_a_line_may_still_change(paid: Visitor, changes: Json) -> None:
    changed = paid.saved("POST", "Invoices", {"InvoiceNumber": "K-1", "LineItems": [line_of(paid, **changes)]})
    assert changed["LineItems"][0].items() >= changes.items()


@pytest.mark.parametrize(
    "changes",
    [
        {"Date": "2026-11-02"},
        {"LineAmountTypes": "Inclusive"},
        {"CurrencyCode": "USD"},
        {"LineItems": [a_line()]},  # without its id it is another line
        {"SentToContact": True},
    ],
)
def test_nothing_else_may(paid: Visitor, changes: Json) -> None:
    assert paid.refused("POST", "Invoices", {"InvoiceNumber": "K-1"} | changes) == [HAS_PAYMENT]


@pytest.mark.parametrize("changes", [{"Quantity": 2}, {"UnitAmount": "99.00"}, {"TaxType": "ZERORATED"}])
def test_no_amount_of_a_line_may_change(paid: Visitor, changes: Json) -> None:
    sent = {"InvoiceNumber": "K-1", "LineItems": [line_of(paid, **changes)]}
    assert paid.refused("POST", "Invoices", sent) == [HAS_PAYMENT]


def test_an_invoice_with_a_payment_is_not_voided(paid: Visitor) -> None:
    (found,) = read(paid.get("Invoices/K-1"))["Invoices"]
    (message,) = paid.refused("POST", "Invoices", {"InvoiceID": found["InvoiceID"], "Status": "VOIDED"})
    part = found["Status"] == "AUTHORISED"
    assert message == (HAS_PAYMENT if part else "Invoice not of valid status for modification")


def test_it_is_voided_once_the_payment_is_gone(paid: Visitor) -> None:
    (payment,) = read(paid.get("Payments"))["Payments"]
    paid.saved("POST", f"Payments/{payment['PaymentID']}", {"Status": "DELETED"}, summarise=None)
    assert paid.saved("POST", "Invoices", {"InvoiceNumber": "K-1", "Status": "VOIDED"})["Status"] == "VOIDED"


@pytest.mark.parametrize("shows", [False, True])
def test_such_an_edit_shows_as_a_change_or_not(paid: Visitor, shows: bool) -> None:
    paid.steer("POST", "/options", {"paid_edits_show_as_updated": shows})
    paid.later()
    paid.saved("POST", "Invoices", {"InvoiceNumber": "K-1", "Reference": "New"})
    found = read(paid.get("Invoices", headers={"If-Modified-Since": "2026-12-31T00:00:00"}))["Invoices"]
    assert bool(found) is shows
