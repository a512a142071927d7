"""Whether what Xero holds is ours, equal, or somebody else's."""

import datetime as dt
from typing import Any

import msgspec
import pytest

from adapters.xero.answers import XeroInvoice
from adapters.xero.look_up import same_invoice, search
from tests.examples import DOCUMENT, XERO_CONTACT, XERO_INVOICE, totals

OURS = XeroInvoice(
    invoice_id=XERO_INVOICE,
    number=DOCUMENT.number,
    type="ACCREC",
    status="AUTHORISED",
    contact_id=XERO_CONTACT,
    date=DOCUMENT.date,
    currency=DOCUMENT.currency,
    url=DOCUMENT.url,
    totals=DOCUMENT.totals,
    has_errors=False,
)


def changed(**facts: Any) -> XeroInvoice:
    return msgspec.structs.replace(OURS, **facts)


def test_our_own_invoice_is_recognised() -> None:
    assert same_invoice(DOCUMENT, XERO_CONTACT.upper(), OURS) == "ours_equal"


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "SOMETHING NEW"])
def test_an_invoice_somebody_moved_on_in_xero_is_still_ours(status: str) -> None:
    assert same_invoice(DOCUMENT, XERO_CONTACT, changed(status=status)) == "ours_equal"


@pytest.mark.parametrize(
    "facts",
    [
        {"url": "https://elsewhere.example/1"},
        {"url": ""},
        {"number": "inv-0001"},
        {"contact_id": "another"},
        {"date": dt.date(2026, 9, 30)},
        {"date": None},
        {"currency": "AUD"},
        {"totals": totals("0.00", "0.00", "0.01")},
        {"totals": None},
        {"status": "VOIDED"},
        {"status": "DELETED"},
    ],
)
def test_any_difference_is_a_conflict(facts: dict[str, Any]) -> None:
    found = changed(**facts)
    assert same_invoice(DOCUMENT, XERO_CONTACT, found) == "conflict"
    assert search(DOCUMENT, XERO_CONTACT, [found]).verdict == "conflict"


def test_a_look_up_that_found_other_numbers_found_nothing() -> None:
    assert search(DOCUMENT, XERO_CONTACT, []).verdict == "absent"
    assert search(DOCUMENT, XERO_CONTACT, [changed(number="INV-00010")]).verdict == "absent"


def test_a_purchase_bill_with_the_same_number_is_nothing_to_us() -> None:
    assert search(DOCUMENT, XERO_CONTACT, [changed(type="ACCPAY")]).verdict == "absent"


def test_ours_is_found_among_others_of_the_number() -> None:
    others = [changed(status="DELETED", invoice_id="x"), changed(type="ACCPAY"), changed(url="https://else.example/")]
    found = search(DOCUMENT, XERO_CONTACT, [*others, OURS])
    assert (found.verdict, found.invoice) == ("ours_equal", OURS)


def test_a_conflict_names_the_living_invoice() -> None:
    gone, alive = changed(status="VOIDED"), changed(url="https://else.example/")
    assert search(DOCUMENT, XERO_CONTACT, [gone, alive]).invoice == alive
