"""The example files say of themselves what the engine will find."""

import json
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from domain.refusals import InvalidInput
from domain.totals import line_amount, totals_of
from services.intake import IssuedInvoice, Line, read_file

EXAMPLES = Path(__file__).parents[3] / "examples"
EXPECTED = json.loads((EXAMPLES / "expected.json").read_text("utf-8"))


def lines() -> list[Line]:
    with (EXAMPLES / "invoices.ndjson").open("rb") as stream:
        return list(read_file(stream))


def accepted() -> list[IssuedInvoice]:
    return [line.content for line in lines() if isinstance(line.content, IssuedInvoice)]


def in_xero() -> list[IssuedInvoice]:
    held_back = {**EXPECTED["waiting"], **EXPECTED["refused"]}
    return [invoice for invoice in accepted() if invoice.invoice_id not in held_back]


def rows(name: str) -> list[Any]:
    return [json.loads(line) for line in (EXAMPLES / name).read_text("utf-8").splitlines()]


def test_the_counts_are_those_expected() -> None:
    assert (len(lines()), len(accepted()), len(in_xero())) == (65, 63, 60)
    assert (EXPECTED["lines"], EXPECTED["accepted"], EXPECTED["in_xero"]) == (65, 63, 60)


def test_the_bad_lines_are_those_expected_and_say_why() -> None:
    bad = {line.number: str(line.content) for line in lines() if isinstance(line.content, InvalidInput)}
    assert list(bad) == EXPECTED["rejected_lines"]
    assert "/lines/1/unit_amount: '12.3.4' is not an amount" in bad[17]
    assert "/contact: is missing" in bad[44]


def test_the_stated_totals_are_those_expected() -> None:
    totals = {invoice.document.number: str(invoice.document.totals.total) for invoice in in_xero()}
    assert totals == EXPECTED["totals"]
    assert f"NZD {sum(map(Decimal, totals.values())):,.2f}" == EXPECTED["total"]


def test_the_stated_totals_are_those_xero_will_compute() -> None:
    for invoice in accepted():
        computed = totals_of(invoice.document, lambda tax_set: tax_set.effective_rate)
        assert computed == invoice.document.totals, invoice.invoice_id


def test_no_total_hangs_on_how_xero_rounds_an_exact_half_cent() -> None:
    for invoice in accepted():
        for line in invoice.document.lines:
            gross, rate = line.quantity * line.unit_amount, line.tax_set.effective_rate
            exact = gross * (100 - (line.discount_rate or 0)) / 100 - (line.discount_amount or 0)
            tax = line_amount(line) * rate / (100 + rate if invoice.document.line_amounts == "inclusive" else 100)
            for amount in (exact, tax):
                up, down = (amount.quantize(Decimal("0.01"), how) for how in (ROUND_HALF_UP, ROUND_HALF_DOWN))
                assert up == down, invoice.invoice_id


def test_all_contacts_are_linked_but_the_one_that_waits() -> None:
    linked = {row["contact_id"] for row in rows("contacts.ndjson")}
    unlinked = {invoice.invoice_id for invoice in accepted() if invoice.contact.contact_id not in linked}
    waiting = EXPECTED["waiting"]
    assert unlinked == {invoice_id for invoice_id, cause in waiting.items() if cause == "contact_missing"}


def test_all_taxes_are_declared_but_the_one_that_waits() -> None:
    declared = {
        tuple((tax["id"], Decimal(tax["rate"])) for tax in tax_set["taxes"])
        for tax_set in json.loads((EXAMPLES / "taxes.json").read_text("utf-8"))
    }
    undeclared = {
        invoice.invoice_id
        for invoice in accepted()
        for line in invoice.document.lines
        if line.tax_set.components and tuple((tax.tax_id, tax.rate) for tax in line.tax_set.components) not in declared
    }
    waiting = EXPECTED["waiting"]
    assert undeclared == {invoice_id for invoice_id, cause in waiting.items() if cause == "tax_set_unmapped"}


def test_links_and_tax_rates_and_accounts_exist_in_the_organisation() -> None:
    (books,) = json.loads((EXAMPLES / "xero-organisation.json").read_text("utf-8"))["organisations"]
    active = {contact["ContactID"] for contact in books["Contacts"] if contact["ContactStatus"] == "ACTIVE"}
    rates = {rate["TaxType"] for rate in books["TaxRates"]}
    offered = {account["AccountID"] for account in books["Accounts"] if account["EnablePaymentsToAccount"]}
    asked = {line.ledger_account_id for invoice in accepted() for line in invoice.document.lines} - {None}
    assert {row["xero_contact_id"] for row in rows("contacts.ndjson")} <= active
    assert {row["xero_tax_type"] for row in json.loads((EXAMPLES / "taxes.json").read_text("utf-8"))} <= rates
    assert asked
    assert asked <= offered


def test_the_refused_number_is_taken_and_no_other() -> None:
    (books,) = json.loads((EXAMPLES / "xero-organisation.json").read_text("utf-8"))["organisations"]
    taken = {invoice["InvoiceNumber"] for invoice in books["Invoices"]}
    clashing = {invoice.invoice_id for invoice in accepted() if invoice.document.number in taken}
    assert clashing == EXPECTED["refused"].keys()


def test_the_examples_are_of_every_kind() -> None:
    documents = [invoice.document for invoice in in_xero()]
    assert {document.line_amounts for document in documents} == {"exclusive", "inclusive"}
    assert any(document.totals.total == 0 for document in documents)
    assert {len(document.lines) for document in documents} >= {1, 2, 3, 4, 6}
    per_document = [
        document
        for document in documents
        if document.line_amounts == "exclusive"
        and sum((line_amount(line) * line.tax_set.effective_rate / 100 for line in document.lines), Decimal(0))
        .quantize(Decimal("0.01"), ROUND_HALF_UP) != document.totals.total_tax
    ]  # fmt: skip
    assert len(per_document) >= 5
