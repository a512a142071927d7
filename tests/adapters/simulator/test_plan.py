"""What an organisation may do at all: edition, key actions, the limit of approvals; and totals below zero."""

import pytest

from tests.adapters.simulator.visitor import TENANT, Json, Visitor, a_line, an_invoice, read

LIMIT = "You have reached the limit of invoices you can approve"
PERMISSION = "You do not have permission to perform this action."


def actions(xero: Visitor) -> dict[str, str]:
    """The key actions and their status."""
    return {action["Name"]: action["Status"] for action in read(xero.get("Organisation/Actions"))["Actions"]}


def deny(xero: Visitor, name: str) -> None:
    """Take an action away from the user."""
    xero.steer("POST", f"/organisations/{TENANT}/actions", {"Name": name, "Status": "NOT-ALLOWED"})


def test_everything_is_allowed_unless_it_is_taken_away(connected: Visitor) -> None:
    assert set(actions(connected).values()) == {"ALLOWED"}
    deny(connected, "UseMulticurrency")
    assert [name for name, status in actions(connected).items() if status == "NOT-ALLOWED"] == ["UseMulticurrency"]


@pytest.mark.parametrize(
    ("denied", "changes", "messages"),
    [
        ("CreateApprovedInvoice", {}, [PERMISSION]),
        ("CreateApprovedInvoice", {"Status": "DRAFT"}, []),
        ("CreateDraftInvoice", {"Status": "DRAFT"}, [PERMISSION]),
        ("CreateDraftInvoice", {}, []),
        ("UseMulticurrency", {"CurrencyCode": "USD"}, ["Organisation is not subscribed to currency USD"]),
        ("UseMulticurrency", {}, []),
        ("CreateApprovedBill", {}, []),
    ],
)
def test_an_action_that_is_not_allowed_is_refused(
    connected: Visitor, denied: str, changes: Json, messages: list[str]
) -> None:
    deny(connected, denied)
    assert connected.messages(an_invoice(**changes)) == [messages]


def test_a_draft_is_not_approved_by_a_user_who_may_not(connected: Visitor) -> None:
    connected.saved("PUT", "Invoices", an_invoice(Status="DRAFT"))
    deny(connected, "CreateApprovedInvoice")
    assert connected.refused("POST", "Invoices", {"InvoiceNumber": "K-1", "Status": "AUTHORISED"}) == [PERMISSION]
    connected.saved("POST", "Invoices", {"InvoiceNumber": "K-1", "Reference": "New"})


def test_payments_may_be_taken_away(connected: Visitor) -> None:
    connected.saved("PUT", "Invoices", an_invoice())
    deny(connected, "CreateInvoicePayment")
    payment = {"Invoice": {"InvoiceNumber": "K-1"}, "Account": {"Code": "835"}, "Amount": 1}
    assert connected.refused("PUT", "Payments", payment) == [PERMISSION]


@pytest.mark.parametrize("action", [{"Name": "Fly", "Status": "ALLOWED"}, {"Name": "UseMulticurrency", "Status": "NO"}])
def test_there_are_no_other_actions(xero: Visitor, action: Json) -> None:
    assert xero.control.post(f"/organisations/{TENANT}/actions", json=action).status_code == 400


def test_a_partner_edition_has_no_invoicing(connected: Visitor) -> None:
    connected.steer("POST", f"/organisations/{TENANT}/organisation", {"Edition": "PARTNER"})
    assert read(connected.get("Organisation"))["Organisations"][0]["Edition"] == "PARTNER"
    assert actions(connected)["CreateApprovedInvoice"] == "NOT-ALLOWED"
    assert connected.messages(an_invoice()) == [["Invoicing is not available to this organisation."]]


def test_a_small_plan_approves_so_many_sales_invoices_a_month_and_no_more(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"approval_limit": 2})
    connected.saved("PUT", "Invoices", an_invoice("K-0", Date="2026-10-31"))
    assert connected.messages(an_invoice("K-1"), an_invoice("K-2"), an_invoice("K-3")) == [[], [], [LIMIT]]
    assert actions(connected)["CreateApprovedInvoice"] == "NOT-ALLOWED"
    assert connected.messages(an_invoice("K-4", Status="DRAFT")) == [[]]
    assert connected.refused("POST", "Invoices", {"InvoiceNumber": "K-4", "Status": "AUTHORISED"}) == [LIMIT]
    connected.saved("POST", "Invoices", {"InvoiceNumber": "K-1", "Reference": "an edit approves nothing"})
    connected.steer("POST", "/options", {"approval_limit": None})
    assert connected.messages(an_invoice("K-3")) == [[]]


def test_bills_do_not_count_against_the_limit(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"approval_limit": 0})
    bill = an_invoice(Type="ACCPAY", LineItems=[a_line(AccountCode="400", TaxType="INPUT2")])
    assert connected.messages(bill, an_invoice()) == [[], [LIMIT]]


@pytest.mark.parametrize(("accepts", "messages"), [(False, ["The invoice total must not be negative."]), (True, [])])
def test_a_sales_invoice_below_zero_is_refused_or_not(connected: Visitor, accepts: bool, messages: list[str]) -> None:
    connected.steer("POST", "/options", {"negative_totals": accepts})
    below = an_invoice(LineItems=[a_line("100.00"), a_line("-100.01")])
    assert connected.messages(below) == [messages]


def test_a_total_of_zero_is_accepted(connected: Visitor) -> None:
    assert connected.messages(an_invoice(LineItems=[a_line("100.00", DiscountRate=100)])) == [[]]
