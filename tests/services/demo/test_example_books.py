"""The example files, the simulator's arithmetic and the books check, written apart, agree to the cent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from adapters.simulator.options import SimulatorOptions
from adapters.simulator.server import Simulator
from services.demo.books import Outcome, check_books

EXAMPLES = Path(__file__).parents[3] / "examples"
EXPECTED = json.loads((EXAMPLES / "expected.json").read_text("utf-8"))
SALES = "200"


@pytest.fixture
def xero(tmp_path: Path) -> Iterator[Simulator]:
    """A Xero that holds the books of the example organisation."""
    seed = EXAMPLES / "xero-organisation.json"
    with Simulator(SimulatorOptions(ledger=tmp_path / "ledger.db", seed=seed)) as simulator:
        yield simulator


def outcome() -> Outcome:
    """What `expected.json` says of the file."""
    lines = (EXAMPLES / "invoices.ndjson").read_text("utf-8").splitlines()
    ids = [json.loads(line)["invoice_id"] for line in lines]
    rejected = EXPECTED["rejected_lines"]
    return Outcome(
        accepted=[invoice_id for number, invoice_id in enumerate(ids, start=1) if number not in rejected],
        waiting=list(EXPECTED["waiting"]),
        refused=list(EXPECTED["refused"]),
        rejected_lines=rejected,
    )


def entered_by_hand() -> list[dict[str, Any]]:
    """The invoices due in Xero, as somebody would copy them from the example file into Xero."""
    rows = (EXAMPLES / "contacts.ndjson").read_text("utf-8").splitlines()
    contacts = {row["contact_id"]: row["xero_contact_id"] for row in map(json.loads, rows)}
    declared = json.loads((EXAMPLES / "taxes.json").read_text("utf-8"))
    rates = {json.dumps(tax_set["taxes"]): tax_set["xero_tax_type"] for tax_set in declared}
    sent = map(json.loads, (EXAMPLES / "invoices.ndjson").read_text("utf-8").splitlines())
    return [_copied(invoice, contacts, rates) for invoice in sent if invoice["invoice_id"] in outcome().due]


def _copied(invoice: dict[str, Any], contacts: dict[str, str], rates: dict[str, str]) -> dict[str, Any]:
    return {
        "Type": "ACCREC",
        "InvoiceNumber": invoice["number"],
        "Contact": {"ContactID": contacts[invoice["contact"]["id"]]},
        "Date": invoice["date"],
        "DueDate": invoice["due_date"],
        "Url": invoice["url"],
        "LineAmountTypes": invoice.get("line_amounts", "exclusive").capitalize(),
        "LineItems": [_copied_line(line, rates) for line in invoice["lines"]],
    }


def _copied_line(line: dict[str, Any], rates: dict[str, str]) -> dict[str, Any]:
    account = {"AccountID": line["ledger_account_id"]} if "ledger_account_id" in line else {"AccountCode": SALES}
    numbers = {"Quantity": "quantity", "UnitAmount": "unit_amount", "DiscountRate": "discount_rate",
               "DiscountAmount": "discount_amount"}  # fmt: skip
    return {
        "Description": line["description"],
        "TaxType": rates[json.dumps(line["taxes"])] if "taxes" in line else "NONE",
        **account,
        # As exact JSON numbers; a float would not do.
        **{name: msgspec.Raw(line[given].encode()) for name, given in numbers.items() if given in line},
    }


def test_the_examples_copied_into_xero_make_the_books_agree(xero: Simulator) -> None:
    with httpx.Client(base_url=xero.control_url, trust_env=False) as control:
        tenant = control.get("/health").raise_for_status().json()["organisations"][0]["tenant_id"]
        body = msgspec.json.encode(entered_by_hand())
        entered = control.post(f"/organisations/{tenant}/invoices", content=body)
        assert entered.status_code == 200, entered.text
    books = check_books(
        outcome(),
        invoices=EXAMPLES / "invoices.ndjson",
        control_url=xero.control_url,
        opening_books=EXAMPLES / "xero-organisation.json",
    )
    total = EXPECTED["total"]
    assert str(books) == f"63 accepted = 60 in Xero + 2 waiting + 1 refused; {total} = {total}"


def test_an_empty_xero_lacks_every_example(xero: Simulator) -> None:
    books = check_books(
        outcome(),
        invoices=EXAMPLES / "invoices.ndjson",
        control_url=xero.control_url,
        opening_books=EXAMPLES / "xero-organisation.json",
    )
    assert len(books.differences) == EXPECTED["in_xero"] == 60
    assert all("is missing in Xero" in difference for difference in books.differences)
