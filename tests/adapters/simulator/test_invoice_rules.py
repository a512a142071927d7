"""Every rule of the books about a new invoice, broken once."""

import pytest

from tests.adapters.simulator.visitor import TENANT, Json, Visitor, a_line, account, an_invoice, contact, read

ACCOUNT = "Account must be valid."
TAX = "Tax rate must be valid."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"LineItems": ...}, "One or more line items must be specified"),
        ({"Status": "PAID"}, "Invoice not of valid status for creation"),
        ({"Status": "VOIDED"}, "Invoice not of valid status for creation"),
        ({"InvoiceID": contact(7)}, "Invoice not of valid status for creation"),
        ({"Contact": ...}, "A Contact must be specified for this type of transaction"),
        ({"Contact": {}}, "A Contact must be specified for this type of transaction"),
        ({"Contact": {"ContactID": contact(99)}}, "The Contact could not be found."),
        ({"Contact": {"Name": "Nobody Ltd"}}, "The Contact could not be found."),
        ({"Contact": {"ContactID": contact(10)}}, "Unable to assign an Archived contact."),
        ({"DueDate": ...}, "Due Date must be specified."),
        ({"Type": ...}, "Invoice Type must be ACCREC or ACCPAY."),
        ({"LineAmountTypes": "Sometimes"}, "LineAmountTypes must be Exclusive, Inclusive or NoTax."),
        ({"CurrencyCode": "EUR"}, "Organisation is not subscribed to currency EUR"),
        ({"InvoiceNumber": "K\u20131"}, "Invoice number must be at most 255 printable characters."),
        ({"InvoiceNumber": "K" * 256}, "Invoice number must be at most 255 printable characters."),
        ({"Reference": "R" * 256}, "Reference must not be longer than 255 characters."),
        ({"Url": "https://go.xero.com/1"}, "Url must be a valid link and must not contain 'xero'."),
        ({"Url": "kyrios"}, "Url must be a valid link and must not contain 'xero'."),
    ],
)
def test_an_invoice_is_refused_with_the_reason(connected: Visitor, changes: Json, message: str) -> None:
    assert connected.messages(an_invoice(**changes)) == [[message]]
    assert connected.numbers() == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"AccountCode": ...}, ACCOUNT),
        ({"AccountCode": "999"}, ACCOUNT),
        ({"AccountCode": "090", "TaxType": "NONE"}, ACCOUNT),  # bank
        ({"AccountCode": "610", "TaxType": "NONE"}, ACCOUNT),  # system account
        ({"AccountCode": "280"}, ACCOUNT),  # archived
        ({"AccountID": account(3)}, ACCOUNT),  # the code says another account
        ({"TaxType": "OUTPUT9"}, TAX),
        ({"TaxType": "OUTPUT"}, TAX),  # archived
        ({"TaxType": "INPUT2"}, "The TaxType code 'INPUT2' cannot be used with account code '200'."),
        ({"Description": ...}, "Description is required for each line item."),
        ({"Description": "D" * 4001}, "Description must not be longer than 4000 characters."),
        ({"ItemCode": "GB1"}, "Item code 'GB1' is not valid."),
        ({"Tracking": [{"Name": "A", "Option": "1"}] * 3}, "A line item can have at most 2 tracking categories."),
        ({"DiscountRate": 1, "DiscountAmount": 1}, "Only one of DiscountRate and DiscountAmount can be specified."),
        ({"UnitAmount": 9999999999, "Quantity": 2}, "The line amount is too large."),
    ],
)
def test_a_line_is_refused_with_the_reason(connected: Visitor, changes: Json, message: str) -> None:
    ((first, *_),) = connected.messages(an_invoice(LineItems=[a_line(**{"unit_amount": "1.00", **changes})]))
    assert first == message
    assert connected.numbers() == []


def test_a_total_may_not_have_more_than_ten_digits(connected: Visitor) -> None:
    lines = [a_line("9999999999.00", TaxType="NONE")] * 2
    assert connected.messages(an_invoice(LineItems=lines)) == [["The invoice total is too large."]]
    assert connected.numbers() == []


@pytest.mark.parametrize("resource", ["Invoices", "Contacts"])
def test_a_resource_named_in_the_path_is_changed_by_one_element(connected: Visitor, resource: str) -> None:
    ((made, *_),) = [read(connected.put(an_invoice()))["Invoices"]]
    named = {"Invoices": made["InvoiceID"], "Contacts": contact(1)}[resource]
    answer = connected.write("POST", f"{resource}/{named}", {}, {})
    assert (answer.status_code, answer.json()["Message"]) == (400, f"{resource} must have exactly one element")


def test_an_account_may_be_named_by_its_id_when_it_has_no_code(connected: Visitor) -> None:
    line = a_line("5.00", AccountCode=..., AccountID=account(11), TaxType=...)
    (element,) = read(connected.put(an_invoice(LineItems=[line])))["Invoices"]
    assert element["LineItems"][0]["TaxType"] == "NONE"
    assert "AccountCode" not in element["LineItems"][0]


def test_a_line_without_tax_type_takes_that_of_its_account(connected: Visitor) -> None:
    (element,) = read(connected.put(an_invoice(LineItems=[a_line(TaxType=...)])))["Invoices"]
    assert element["LineItems"][0]["TaxType"] == "OUTPUT2"


def test_a_draft_may_be_incomplete(connected: Visitor) -> None:
    draft = an_invoice(Status=..., DueDate=..., LineItems=[a_line(AccountCode=..., TaxType=...)])
    (element,) = read(connected.put(draft))["Invoices"]
    assert (element["Status"], str(element["Total"])) == ("DRAFT", "100.00")


def test_a_contact_named_by_name_alone_is_matched_when_active(connected: Visitor) -> None:
    (element,) = read(connected.put(an_invoice(Contact={"Name": "harbour view cafe ltd"})))["Invoices"]
    assert element["Contact"]["ContactID"] == contact(1)


@pytest.mark.parametrize(
    ("locks", "day", "name"),
    [
        ({"PeriodLockDate": "2026-10-31"}, "2026-10-31", "period lock date, currently set at 31-Oct-2026"),
        ({"EndOfYearLockDate": "2026-03-31"}, "2026-03-30", "end of year lock date, currently set at 31-Mar-2026"),
        (
            {"PeriodLockDate": "2026-10-31", "EndOfYearLockDate": "2026-03-31"},
            "2026-03-01",
            "period lock date, currently set at 31-Oct-2026",
        ),
    ],
)
def test_a_locked_period_takes_nothing(connected: Visitor, locks: Json, day: str, name: str) -> None:
    connected.steer("POST", f"/organisations/{TENANT}/organisation", locks)
    assert connected.messages(an_invoice(Date=day)) == [[f"The document date cannot be before the {name}"]]
    assert connected.messages(an_invoice(Date="2026-11-01")) == [[]]


def test_the_lock_date_itself_may_be_open(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"lock_date_inclusive": False})
    connected.steer("POST", f"/organisations/{TENANT}/organisation", {"PeriodLockDate": "2026-10-31"})
    assert connected.messages(an_invoice(Date="2026-10-31")) == [[]]


def test_a_missing_date_is_today_where_the_organisation_is(connected: Visitor) -> None:
    connected.steer("POST", "/clock", {"now": "2026-11-01T12:00:00Z"})
    (element,) = read(connected.put(an_invoice(Date=...)))["Invoices"]
    assert element["DateString"] == "2026-11-02T00:00:00"


def test_a_taken_sales_number_is_refused_also_within_one_batch(connected: Visitor) -> None:
    taken = ["Invoice # must be unique."]
    assert connected.messages(an_invoice("K-1"), an_invoice("K-2"), an_invoice("K-1")) == [[], [], taken]
    assert connected.messages(an_invoice("K-2")) == [taken]
    assert connected.numbers() == ["K-1", "K-2"]


def test_bills_may_share_a_number(connected: Visitor) -> None:
    bill = an_invoice(Type="ACCPAY", LineItems=[a_line(AccountCode="400", TaxType="INPUT2")])
    assert connected.messages(bill, bill, an_invoice()) == [[], [], []]


@pytest.mark.parametrize(("status", "freed"), [("DELETED", True), ("VOIDED", False)])
def test_a_deleted_invoice_frees_its_number_and_a_voided_one_does_not(
    connected: Visitor, status: str, freed: bool
) -> None:
    connected.put(an_invoice())
    connected.steer("POST", f"/organisations/{TENANT}/invoices", {"InvoiceNumber": "K-1", "Status": status})
    assert connected.messages(an_invoice()) == [[] if freed else ["Invoice # must be unique."]]


def test_a_sales_invoice_without_number_gets_one(connected: Visitor) -> None:
    connected.put(an_invoice("INV-0001"))
    connected.put(an_invoice(InvoiceNumber=...), an_invoice(InvoiceNumber=...))
    assert connected.numbers() == ["INV-0001", "INV-0002", "INV-0003"]


def test_two_organisations_do_not_share_numbers_or_books(xero: Visitor, second_tenant: str) -> None:
    tokens = xero.connect(tenant_ids=[TENANT, second_tenant])
    xero.put(an_invoice())
    xero.speak(tokens["access_token"], second_tenant)
    assert read(xero.get("Invoices"))["Invoices"] == []
    ((first, *_),) = xero.messages(an_invoice(CurrencyCode="AUD"))
    assert first == "The Contact could not be found."
