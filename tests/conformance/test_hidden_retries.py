"""What the SDK does when nobody stops it: its HTTP library sends a PUT again by itself, without a word."""

from typing import Any

import pytest
from xero_python.accounting import AccountingApi, Contact, Invoice, Invoices, LineItem

from adapters.simulator.server import Simulator
from tests.adapters.simulator.visitor import TENANT, Visitor, contact
from tests.conformance.sdk import sdk_client


@pytest.fixture
def visitor(simulator: Simulator) -> Any:
    """An app that is connected, on a direct line."""
    visitor = Visitor(simulator.api_url, simulator.control_url)
    yield visitor
    visitor.close()


def put_one(visitor: Visitor, hidden_retries: bool, **changes: object) -> Any:
    """Create one invoice by the SDK, without a key."""
    line = LineItem(description="Work", quantity=1, unit_amount=1, account_code="200", tax_type="OUTPUT2")
    values: dict[str, Any] = {"type": "ACCREC", "contact": Contact(contact_id=contact(1)), "line_items": [line]}
    with sdk_client(visitor.connect(), hidden_retries) as client:
        books = AccountingApi(client, base_url=f"{visitor.api_url}/api.xro/2.0")
        wanted = Invoices(invoices=[Invoice(**(values | changes))])
        return books.create_invoices(TENANT, wanted, summarize_errors=False).invoices[0]


def puts(visitor: Visitor) -> int:
    """How often a PUT arrived."""
    return sum(call["method"] == "PUT" for call in visitor.steer("GET", "/ledger/requests")["requests"])


def test_with_them_a_lost_answer_makes_a_second_invoice_and_nobody_is_told(visitor: Visitor) -> None:
    visitor.fault("answer_lost", method="PUT", path="/Invoices")
    assert put_one(visitor, hidden_retries=True).has_errors is False
    assert (puts(visitor), visitor.numbers()) == (2, ["INV-0001", "INV-0002"])


def test_with_them_a_lost_answer_turns_into_a_refusal_of_ones_own_number(visitor: Visitor) -> None:
    visitor.fault("answer_lost", method="PUT", path="/Invoices")
    element = put_one(visitor, hidden_retries=True, invoice_number="K-1")
    assert [error.message for error in element.validation_errors] == ["Invoice # must be unique."]
    assert visitor.numbers() == ["K-1"]


def test_with_them_a_429_is_waited_out_and_sent_again(visitor: Visitor) -> None:
    visitor.fault("http_429_minute", method="PUT", path="/Invoices", retry_after=0)
    assert put_one(visitor, hidden_retries=True, invoice_number="K-1").has_errors is False
    assert puts(visitor) == 2


@pytest.mark.parametrize("kind", ["answer_lost", "http_429_minute"])
def test_without_them_the_caller_is_told_and_nothing_is_sent_twice(visitor: Visitor, kind: str) -> None:
    visitor.fault(kind, method="PUT", path="/Invoices", retry_after=0)
    with pytest.raises(Exception, match=r"rate limit|closed|aborted|disconnected"):
        put_one(visitor, hidden_retries=False, invoice_number="K-1")
    assert puts(visitor) == 1
