"""What Xero's messages mean: a search, a known cause, or Xero's own words."""

import pytest

from adapters.xero.answers import XeroInvoice
from adapters.xero.invoice_mapping import read_element
from adapters.xero.refusals import Judgement, judge, judge_update, judge_void
from domain.causes import CATALOGUE, Cause

ID = "d4000000-0000-4000-8000-000000000001"


def refused(*messages: str, invoice_id: str = "") -> Judgement:
    errors = [{"Message": message} for message in messages]
    return judge(read_element({"InvoiceID": invoice_id, "HasErrors": True, "ValidationErrors": errors}))


def test_a_saved_element_is_saved_and_its_warnings_are_kept() -> None:
    element = {"InvoiceID": ID, "StatusAttributeString": "WARNING", "Warnings": [{"Message": "odd rate"}]}
    assert judge(read_element(element)) == Judgement("saved", words=("odd rate",))


@pytest.mark.parametrize("invoice_id", ["", "00000000-0000-0000-0000-000000000000"])
@pytest.mark.complaint(10)
def test_an_element_that_is_neither_saved_nor_refused_is_looked_up(invoice_id: str) -> None:
    assert judge(read_element({"InvoiceID": invoice_id, "StatusAttributeString": "OK"})).kind == "look_up"


@pytest.mark.parametrize(
    "message",
    [
        "Invoice # must be unique.",
        "Invoice # must be unique",
        "invoice number must be unique for this organisation",
        "Invoice No. INV-1 must be unique.",
    ],
)
def test_a_number_that_is_taken_is_looked_up_however_it_is_put(message: str) -> None:
    assert refused(message, "Account must be valid.", invoice_id=ID).kind == "look_up"


def test_the_approval_limit_is_a_cause_of_its_own() -> None:
    judged = refused("You have reached the limit of invoices you can approve.")
    assert judged.cause is not None
    assert judged.cause.code == "approval_limit_reached"


@pytest.mark.parametrize(
    ("message", "code", "key", "facts"),
    [
        ("One or more line items must be specified", "invoice_invalid", "a line", {"field": "a line"}),
        (
            "The discount rate '27.83' is invalid. Discount must not be greater than the line total.",
            "invoice_invalid",
            "a discount within its line",
            {"field": "a discount within its line"},
        ),
        ("Unable to assign an Archived contact.", "contact_archived", "", {}),
        ("Organisation is not subscribed to currency EUR", "currency_not_enabled", "EUR", {"currency": "EUR"}),
        (
            "The TaxType code 'OUTPUT2' cannot be used with account code '400'.",
            "tax_not_allowed_on_account",
            "",
            {"account": "account 400"},
        ),
        (
            "The document date cannot be before the end of year lock date, currently set at 31-Jul-2013",
            "period_locked",
            "",
            {"date": "2013-07-31"},
        ),
        (
            "The document date cannot be before the period lock date, currently set at 1-Feb-2026",
            "period_locked",
            "",
            {"date": "2026-02-01"},
        ),
    ],
)
def test_messages_whose_meaning_is_certain_have_causes_of_their_own(
    message: str, code: str, key: str, facts: dict[str, str]
) -> None:
    cause = refused(message).cause
    assert refused(message, message).cause == cause
    assert cause is not None
    assert (cause.code, cause.key, cause.facts) == (code, key, facts)


@pytest.mark.parametrize(
    "messages",
    [
        ("Account must be valid.",),
        ("Tax rate must be valid.",),
        ("Invoice not of valid status for creation",),
        ("A Contact must be specified for this type of transaction",),
        ("The invoice total does not equal the sum of the lines.",),
        ("Payment amount exceeds the amount outstanding on this document",),
        ("Unable to assign an Archived contact.", "Organisation is not subscribed to currency EUR"),
        ("Unable to assign an Archived contact.", "Account must be valid."),
        ("The document date cannot be before the period lock date, currently set at 31-Jun-2026",),
        ("The document date cannot be before the period lock date, currently set at long ago",),
        ("Organisation is not subscribed to currency of choice",),
        ("The TaxType code 'X' cannot be used with account code '<b>4</b>00'.",),
        ("The contact name X must be unique across all active contacts.",),
        ("You have reached the limit of invoices you can approve.", "Account must be valid."),
        ("Ungültiges Datum",),
        (),
    ],
)
def test_everything_else_is_refused_in_xeros_own_words_and_never_guessed(messages: tuple[str, ...]) -> None:
    judged = refused(*messages)
    assert judged.kind == "refused"
    assert judged.cause is not None
    assert judged.cause.code == "rejected_by_xero"
    assert judged.words == messages


def test_xeros_words_are_no_facts_of_the_cause() -> None:
    """Facts go into events, and Xero's words may name a person."""
    judged = refused("Contact A. Person is archived.")
    assert judged.cause is not None
    assert judged.cause.facts == {}
    assert judged.cause.code in CATALOGUE


def element(*messages: str, **more: str) -> XeroInvoice:
    """A refused element, or without messages a saved one."""
    errors = [{"Message": message} for message in messages]
    return read_element({"InvoiceID": ID, "HasErrors": bool(messages), "ValidationErrors": errors, **more})


PAID_IN_PART = "This document cannot be edited as it has a payment or credit note allocated to it."
PAID = "Invoice not of valid status for modification"


@pytest.mark.parametrize(
    ("message", "code", "key"),
    [
        (PAID_IN_PART, "edit_refused", ""),
        ("The document date cannot be before the period lock date, currently set at 31-Jul-2026", "edit_refused", ""),
        ("The document date cannot be before the end of year lock date, currently set at …", "edit_refused", ""),
        ("Invoice # must be unique.", "duplicate_number_in_xero", "INV-1"),
        ("Account must be valid.", "rejected_by_xero", ""),
    ],
)
def test_a_refused_update_is_refused_for_good_with_xeros_words(message: str, code: str, key: str) -> None:
    judged = judge_update(element(message), "INV-1")
    assert judged.cause is not None
    assert (judged.kind, judged.cause.code, judged.cause.key, judged.words) == ("refused", code, key, (message,))


def test_a_refused_change_says_why_as_far_as_xero_does_and_is_looked_up_where_it_does_not() -> None:
    in_part, locked = element(PAID_IN_PART), element("The document date cannot be before the end of year lock date")
    assert judge_update(in_part, "INV-1").cause == Cause("edit_refused", facts={"state": "paid or credited in part"})
    assert judge_update(locked, "INV-1").cause == Cause("edit_refused", facts={"state": "in a locked period"})
    looked_up = judge_update(element(PAID), "INV-1")
    assert (looked_up.kind, looked_up.cause, looked_up.words) == ("look_up", None, (PAID,))


def test_a_saved_update_is_saved() -> None:
    assert judge_update(element(), "INV-1").kind == "saved"
    assert judge_update(read_element({}), "INV-1").kind == "look_up"


@pytest.mark.parametrize(
    ("judged", "kind", "code"),
    [
        (element(Status="VOIDED"), "saved", None),
        (element(Status="AUTHORISED"), "look_up", None),
        (element(PAID), "look_up", None),
        (element(PAID_IN_PART), "refused", "void_refused"),
        (element("Account must be valid."), "refused", "rejected_by_xero"),
    ],
)
def test_a_void_is_done_or_refused_or_looked_up_where_it_may_be_voided_already(
    judged: XeroInvoice, kind: str, code: str | None
) -> None:
    found = judge_void(judged)
    assert (found.kind, found.cause and found.cause.code) == (kind, code)
