"""Whether what Xero holds is ours, equal, or somebody else's."""

import datetime as dt
from typing import Any

import msgspec
import pytest

from adapters.xero.answers import XeroInvoice
from adapters.xero.look_up import is_as_sent, is_ours, search
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
    assert is_as_sent(DOCUMENT, XERO_CONTACT.upper(), OURS)


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "SOMETHING NEW"])
def test_an_invoice_somebody_moved_on_in_xero_is_still_ours(status: str) -> None:
    assert is_as_sent(DOCUMENT, XERO_CONTACT, changed(status=status))


STRANGE: list[dict[str, Any]] = [
    {"url": "https://elsewhere.example/1"},
    {"url": ""},
    {"status": "VOIDED"},
    {"status": "DELETED"},
]


@pytest.mark.parametrize("facts", STRANGE)
def test_a_number_that_is_not_ours_is_a_conflict(facts: dict[str, Any]) -> None:
    found = changed(**facts)
    assert not is_ours(DOCUMENT, found)
    assert search(DOCUMENT, [found]).verdict == "conflict"


@pytest.mark.parametrize(
    "facts",
    [
        {"number": "inv-0001"},
        {"contact_id": "another"},
        {"date": dt.date(2026, 9, 30)},
        {"date": None},
        {"currency": "AUD"},
        {"totals": totals("0.00", "0.00", "0.01")},
        {"totals": None},
    ],
)
def test_ours_that_differs_is_still_ours_but_not_as_it_was_sent(facts: dict[str, Any]) -> None:
    found = changed(**facts)
    assert not is_as_sent(DOCUMENT, XERO_CONTACT, found)
    assert search(DOCUMENT, [found]).verdict == "ours"


def test_a_look_up_that_found_other_numbers_found_nothing() -> None:
    assert search(DOCUMENT, []).verdict == "absent"
    assert search(DOCUMENT, [changed(number="INV-00010")]).verdict == "absent"


def test_a_purchase_bill_with_the_same_number_is_nothing_to_us() -> None:
    assert search(DOCUMENT, [changed(type="ACCPAY")]).verdict == "absent"


def test_ours_is_found_among_others_of_the_number() -> None:
    others = [changed(status="DELETED", invoice_id="x"), changed(type="ACCPAY"), changed(url="https://else.example/")]
    found = search(DOCUMENT, [*others, OURS])
    assert (found.verdict, found.invoice) == ("ours", OURS)


def test_a_conflict_names_the_living_invoice() -> None:
    gone, alive = changed(status="VOIDED"), changed(url="https://else.example/")
    assert search(DOCUMENT, [gone, alive]).invoice == alive
