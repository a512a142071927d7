"""What Xero's messages mean: a search, a known cause, or Xero's own words."""

import pytest

from adapters.xero.invoice_mapping import read_element
from adapters.xero.refusals import Judgement, judge
from domain.causes import CATALOGUE

ID = "d4000000-0000-4000-8000-000000000001"


def refused(*messages: str, invoice_id: str = "") -> Judgement:
    errors = [{"Message": message} for message in messages]
    return judge(read_element({"InvoiceID": invoice_id, "HasErrors": True, "ValidationErrors": errors}))


def test_a_saved_element_is_saved_and_its_warnings_are_kept() -> None:
    element = {"InvoiceID": ID, "StatusAttributeString": "WARNING", "Warnings": [{"Message": "odd rate"}]}
    assert judge(read_element(element)) == Judgement("saved", words=("odd rate",))


@pytest.mark.parametrize("invoice_id", ["", "00000000-0000-0000-0000-000000000000"])
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
    "messages",
    [
        ("Account must be valid.",),
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
