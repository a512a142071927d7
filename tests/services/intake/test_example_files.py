"""The example files say of themselves what the engine will find."""

import json
from collections import Counter
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from domain.document import InvoiceDocument
from domain.refusals import InvalidInput
from domain.rounding import amounts_of
from domain.tax import DeclaredTaxSet
from domain.totals import exact_tax
from services.intake import IssuedInvoice, Line, read_file, read_invoice
from services.tax_sets_file import read_tax_sets

EXAMPLES = Path(__file__).parents[3] / "examples"
EXPECTED = json.loads((EXAMPLES / "expected.json").read_text("utf-8"))
CHANGED = json.loads((EXAMPLES / "changes" / "expected.json").read_text("utf-8"))


def lines() -> list[Line]:
    with (EXAMPLES / "invoices.ndjson").open("rb") as stream:
        return list(read_file(stream))


def accepted() -> list[IssuedInvoice]:
    return [line.content for line in lines() if isinstance(line.content, IssuedInvoice)]


def in_xero() -> list[IssuedInvoice]:
    held_back = {**EXPECTED["waiting"], **EXPECTED["refused"]}
    return [invoice for invoice in accepted() if invoice.invoice_id not in held_back]


def tax_sets() -> list[tuple[DeclaredTaxSet, str | None]]:
    return read_tax_sets((EXAMPLES / "taxes.json").read_bytes())


def rows(name: str) -> list[Any]:
    return [json.loads(line) for line in (EXAMPLES / name).read_text("utf-8").splitlines()]


def test_the_counts_are_those_expected() -> None:
    assert (len(lines()), len(accepted()), len(in_xero())) == (148, 146, 125)
    assert (EXPECTED["lines"], EXPECTED["accepted"], EXPECTED["in_xero"]) == (148, 146, 125)


def test_the_bad_lines_are_those_expected_and_say_why() -> None:
    bad = {line.number: str(line.content) for line in lines() if isinstance(line.content, InvalidInput)}
    assert list(bad) == EXPECTED["rejected_lines"]
    assert "/lines/1/unit_amount: '12.3.4' is not an amount" in bad[17]
    assert "/contact: is missing" in bad[44]


def test_the_stated_amounts_are_those_expected() -> None:
    stated = {}
    for one in (invoice.document for invoice in in_xero()):
        due = one.totals.total - sum((payment.amount for payment in one.payments), Decimal(0))
        totals = {name: str(getattr(one.totals, name)) for name in ("sub_total", "total_tax", "total")}
        stated[one.number] = {"currency": one.currency, **totals, "amount_due": str(due)}
    assert stated == EXPECTED["invoices"]


def test_the_expected_sums_are_those_of_the_invoices() -> None:
    sums: dict[str, Decimal] = {}
    for one in EXPECTED["invoices"].values():
        sums[one["currency"]] = sums.get(one["currency"], Decimal(0)) + Decimal(one["total"])
    assert " and ".join(f"{code} {total:,.2f}" for code, total in sorted(sums.items())) == EXPECTED["total"]


def test_the_totals_are_those_xero_will_compute_or_a_cent_beside_them() -> None:
    beside = {}
    for one in (invoice.document for invoice in in_xero()):
        amounts = amounts_of(one, lambda tax_set: tax_set.effective_rate, "line_tax")
        assert amounts.totals == one.totals, one.number
        if any(amounts.line_taxes):
            beside[one.number] = [str(tax) if tax is not None else None for tax in amounts.line_taxes]
    assert beside == EXPECTED["line_taxes"]


def test_the_half_cents_are_where_they_are_said_to_be() -> None:
    assert [one.document.number for one in accepted() if hangs_on_a_half_cent(one.document)] == EXPECTED["half_cents"]


def hangs_on_a_half_cent(document: InvoiceDocument) -> bool:
    """Whether an amount or a tax of a line lies exactly between two cents."""
    for line in document.lines:
        gross = line.quantity * line.unit_amount
        exact = gross * (100 - (line.discount_rate or 0)) / 100 - (line.discount_amount or 0)
        for amount in (exact, exact_tax(line, document.line_amounts, line.tax_set.effective_rate)):
            up, down = (amount.quantize(Decimal("0.01"), how) for how in (ROUND_HALF_UP, ROUND_HALF_DOWN))
            if up != down:
                return True
    return False


def waiting_for(*codes: str) -> set[str]:
    return {invoice_id for invoice_id, causes in EXPECTED["waiting"].items() if {*causes} & {*codes}}


def test_every_customer_is_linked_or_can_be_matched_or_created_but_those_who_wait() -> None:
    (books,) = json.loads((EXAMPLES / "xero-organisation.json").read_text("utf-8"))["organisations"]
    linked = {row["contact_id"] for row in rows("contacts.ndjson")}
    emails = Counter(one["EmailAddress"].lower() for one in books["Contacts"])
    names = {one["Name"] for one in books["Contacts"]}
    found, new, held_back = set(), set(), set()
    for invoice in accepted():
        contact = invoice.contact
        if contact.contact_id in linked:
            continue
        if invoice.invoice_id in waiting_for("contact_ambiguous", "contact_name_taken", "contact_archived"):
            held_back.add(invoice.invoice_id)
        elif emails[contact.email] == 1 or contact.name in names:
            found.add(contact.contact_id)
        else:
            new.add(contact.contact_id)
    expected = EXPECTED["contacts"]
    assert (len(found), len(new)) == (expected["email"] + expected["name"], expected["created"])
    assert held_back == waiting_for("contact_ambiguous", "contact_name_taken", "contact_archived")


def test_one_tax_set_is_not_declared_and_another_is_not_mapped_at_first() -> None:
    declared = {one.tax_set.key: tax_type for one, tax_type in tax_sets()}
    undeclared, unmapped = set(), set()
    for invoice in accepted():
        for key in invoice.document.taxes():
            if key not in declared:
                undeclared.add(invoice.invoice_id)
            elif declared[key] is None:
                unmapped.add(invoice.invoice_id)
    assert undeclared == waiting_for("tax_set_unmapped")
    assert sorted(unmapped) == EXPECTED["mapped_later"]
    assert len(unmapped) == 12


def test_links_and_tax_rates_and_accounts_exist_in_the_organisation() -> None:
    (books,) = json.loads((EXAMPLES / "xero-organisation.json").read_text("utf-8"))["organisations"]
    active = {contact["ContactID"] for contact in books["Contacts"] if contact["ContactStatus"] == "ACTIVE"}
    rates = {rate["TaxType"] for rate in books["TaxRates"]}
    offered = {account["AccountID"] for account in books["Accounts"] if account["EnablePaymentsToAccount"]}
    asked = {line.ledger_account_id for invoice in in_xero() for line in invoice.document.lines} - {None}
    assert {row["xero_contact_id"] for row in rows("contacts.ndjson")} <= active
    assert {tax_type for _, tax_type in tax_sets() if tax_type} < rates
    assert asked
    assert asked <= offered


def test_the_refused_number_is_taken_and_no_other() -> None:
    (books,) = json.loads((EXAMPLES / "xero-organisation.json").read_text("utf-8"))["organisations"]
    taken = {invoice["InvoiceNumber"] for invoice in books["Invoices"]}
    clashing = {invoice.invoice_id for invoice in accepted() if invoice.document.number in taken}
    assert clashing == EXPECTED["refused"].keys()


def test_the_examples_are_of_every_kind() -> None:
    documents = [invoice.document for invoice in in_xero()]
    lines = [line for document in documents for line in document.lines]
    assert {document.line_amounts for document in documents} == {"exclusive", "inclusive", "no_tax"}
    assert {document.currency for document in documents} == {"NZD", "AUD"}
    assert {len(document.lines) for document in documents} >= {1, 2, 3, 4, 6}
    assert sum(document.totals.total == 0 for document in documents) >= 2
    assert {len(document.payments) for document in documents} >= {0, 1, 2, 3}
    assert {paid_in_part(document) for document in documents if document.payments} == {True, False}
    assert any(line.discount_rate == 100 for line in lines)
    assert any(line.discount_rate and line.discount_rate % 1 for line in lines)
    assert any(line.discount_amount for line in lines)
    assert any(line.unit_amount * 1000 % 1 and line.unit_amount for line in lines)
    assert any(line.quantity * 1000 % 1 for line in lines)
    assert any(len(line.tax_set.components) > 1 for line in lines)
    assert any(tax.compound for line in lines for tax in line.tax_set.components)


def paid_in_part(document: InvoiceDocument) -> bool:
    return sum((payment.amount for payment in document.payments), Decimal(0)) < document.totals.total


def revisions() -> list[IssuedInvoice]:
    with (EXAMPLES / "changes" / "revisions.ndjson").open("rb") as stream:
        return [line.content for line in read_file(stream) if isinstance(line.content, IssuedInvoice)]


def test_there_is_a_revision_of_an_unpaid_and_of_a_paid_invoice_that_changes_its_total() -> None:
    before = {one.invoice_id: one.document for one in in_xero()}
    unpaid, paid = revisions()
    for one in (unpaid, paid):
        assert (one.revision, one.document.number) == (2, before[one.invoice_id].number)
        assert one.document.totals != before[one.invoice_id].totals
        assert amounts_of(one.document, lambda tax_set: tax_set.effective_rate, "line_tax").totals == (
            one.document.totals
        )
        assert one.document.payments == before[one.invoice_id].payments
    assert bool(unpaid.document.payments) is False
    assert not paid_in_part(before[paid.invoice_id])
    assert list(CHANGED["revision_refused"]) == [paid.invoice_id]
    totals = unpaid.document.totals
    expected = CHANGED["in_xero"][unpaid.document.number]
    assert {name: expected[name] for name in ("sub_total", "total_tax", "total")} == {
        name: str(getattr(totals, name)) for name in ("sub_total", "total_tax", "total")
    }


def test_there_is_a_void_of_an_unpaid_invoice_in_xero_and_of_one_that_waits() -> None:
    sent, waits = (row["invoice_id"] for row in rows("changes/voids.ndjson"))
    (unpaid,) = (one.document for one in in_xero() if one.invoice_id == sent)
    assert unpaid.payments == ()
    assert CHANGED["in_xero"][unpaid.number] == EXPECTED["invoices"][unpaid.number] | {
        "status": "VOIDED",
        "amount_due": "0.00",
    }
    assert [waits] == CHANGED["never_sent"]
    assert waits in EXPECTED["waiting"]


def test_what_is_issued_later_is_as_expected_and_a_revision_takes_the_refused_change_back() -> None:
    stated = {}
    for row in rows("changes/later.ndjson"):
        one = read_invoice(json.dumps(row).encode()).document
        assert amounts_of(one, lambda tax_set: tax_set.effective_rate, "line_tax").totals == one.totals
        totals = {name: str(getattr(one.totals, name)) for name in ("sub_total", "total_tax", "total")}
        stated[one.number] = {"currency": one.currency, **totals, "amount_due": str(one.totals.total)}
    assert stated == CHANGED["later"]
    (back,) = (read_invoice(json.dumps(row).encode()) for row in rows("changes/taken-back.ndjson"))
    (first,) = (one for one in in_xero() if one.invoice_id == back.invoice_id)
    assert [back.invoice_id] == list(CHANGED["revision_refused"])
    assert (back.document, back.text, back.revision) == (first.document, first.text, 3)


def test_every_kind_of_invoice_that_must_not_sync_is_there() -> None:
    assert {code for codes in EXPECTED["waiting"].values() for code in codes} == {
        "account_not_selected", "before_sync_start", "contact_ambiguous", "contact_archived", "contact_name_taken",
        "currency_not_enabled", "negative_total", "period_locked", "tax_set_unmapped", "total_mismatch",
    }  # fmt: skip
    assert {code for codes in EXPECTED["refused"].values() for code in codes} == {"duplicate_number_in_xero"}
