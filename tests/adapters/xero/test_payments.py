"""Payments: how they are written and read, what Xero's words mean for them, and how they are found again."""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import msgspec
import pytest

from adapters.xero import calls
from adapters.xero.answers import XeroPayment
from adapters.xero.payment_judgement import judge_payment, search_payment
from adapters.xero.payment_mapping import payments_body, read_payment, render_payment
from domain.document import Payment

INVOICE = "d4000000-0000-4000-8000-000000000001"
ACCOUNT = "a1000000-0000-4000-8000-000000000610"
OURS = Payment(payment_id="pay-1", paid_on=dt.date(2026, 10, 2), amount=Decimal("12.50"))
EXCEEDS = "Payment amount exceeds the amount outstanding on this document"
NOT_AUTHORISED = "Payments can only be made against Authorised documents"


def element(**changes: object) -> XeroPayment:
    """A payment as Xero shows it once it is entered."""
    shown = XeroPayment(
        payment_id=str(uuid4()),
        invoice_id=INVOICE,
        reference="pay-1",
        amount=Decimal("12.5"),
        status="AUTHORISED",
        has_errors=False,
    )
    return msgspec.structs.replace(shown, **changes)


def refused(*messages: str, **changes: object) -> XeroPayment:
    return element(has_errors=True, messages=messages, **changes)


# ── to Xero ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_payment_names_its_invoice_account_date_amount_and_kyrios_id() -> None:
    rendered = render_payment(OURS, INVOICE, ACCOUNT)
    assert (
        rendered
        == (
            f'{{"Invoice":{{"InvoiceID":"{INVOICE}"}},"Account":{{"AccountID":"{ACCOUNT}"}},'
            '"Date":"2026-10-02","Amount":12.5,"Reference":"pay-1"}'
        ).encode()
    )
    assert payments_body([rendered, rendered]) == b'{"Payments":[' + rendered + b"," + rendered + b"]}"


def test_amounts_are_exact_however_large() -> None:
    large = msgspec.structs.replace(OURS, amount=Decimal("9999999999.99"))
    assert b'"Amount":9999999999.99,' in render_payment(large, INVOICE, ACCOUNT)


def test_a_payment_is_asked_for_by_invoice_and_reference() -> None:
    call = calls.find_payment("org", INVOICE, "pay-1")
    assert dict(call.params)["where"] == f'Invoice.InvoiceId=guid("{INVOICE}") AND Reference=="pay-1"'


@pytest.mark.parametrize("reference", ["", 'a" OR "', "a b", "a" * 65, "é"])
def test_what_is_no_kyrios_id_is_never_put_into_a_filter(reference: str) -> None:
    with pytest.raises(ValueError, match="reference"):
        calls.find_payment("org", INVOICE, reference)
    with pytest.raises(ValueError, match="id"):
        calls.find_payment("org", f'{INVOICE}" OR', "pay-1")


# ── from Xero ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_read_whatever_it_lacks() -> None:
    read = read_payment({"PaymentID": INVOICE.upper(), "Invoice": {"InvoiceID": INVOICE.upper()}, "Amount": "12.50"})
    assert (read.payment_id, read.invoice_id, read.amount) == (INVOICE, INVOICE, Decimal("12.50"))
    empty = read_payment({"Invoice": None, "PaymentID": "00000000-0000-0000-0000-000000000000"})
    assert (empty.payment_id, empty.invoice_id, empty.reference, empty.amount) == ("", "", "", None)


def test_a_refused_payment_may_bear_an_id_all_the_same() -> None:
    """As Xero's own example of a refused payment does."""
    read = read_payment(
        {
            "PaymentID": str(uuid4()),
            "Status": "AUTHORISED",
            "HasValidationErrors": True,
            "ValidationErrors": [{"Message": EXCEEDS}],
        }
    )
    assert read.payment_id
    assert judge_payment(read).kind == "refused"


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        (refused(EXCEEDS), "payment_exceeds_due"),
        (refused(NOT_AUTHORISED), "payment_exceeds_due"),
        (refused(NOT_AUTHORISED, EXCEEDS), "payment_exceeds_due"),
        (refused("Account must be valid.", EXCEEDS), "payment_exceeds_due"),
        (refused("Account must be valid."), "rejected_by_xero"),
        (refused(), "rejected_by_xero"),
    ],
)
def test_a_refusal_has_a_cause_of_its_own_only_where_its_meaning_is_certain(shown: XeroPayment, code: str) -> None:
    judgement = judge_payment(shown)
    assert judgement.cause is not None
    assert (judgement.kind, judgement.cause.code, judgement.words) == ("refused", code, shown.messages)


def test_a_payment_without_errors_is_saved_if_it_bears_an_id_and_looked_up_if_not() -> None:
    assert judge_payment(element()).kind == "saved"
    assert judge_payment(element(payment_id="")).kind == "look_up"


# ── found again ─────────────────────────────────────────────────────────────────────────────────────────────────────

OTHER_INVOICE = element(invoice_id=ACCOUNT)
OTHER_REFERENCE = element(reference="PAY-1")
OTHER_AMOUNT = element(amount=Decimal("12.51"))
REMOVED = element(status="DELETED")
THERE = element()


@pytest.mark.parametrize(
    ("held", "verdict", "which"),
    [
        ([], "absent", None),
        ([OTHER_INVOICE, OTHER_REFERENCE], "absent", None),
        ([THERE], "ours", THERE),
        ([REMOVED, THERE], "ours", THERE),
        ([REMOVED], "ours", REMOVED),
        ([OTHER_AMOUNT], "conflict", OTHER_AMOUNT),
        ([OTHER_AMOUNT, THERE], "ours", THERE),
        ([element(amount=Decimal(1), status="DELETED")], "absent", None),
        ([element(amount=None)], "conflict", ...),
    ],
)
def test_ours_is_the_payment_of_this_invoice_with_our_reference_and_our_amount(
    held: list[XeroPayment], verdict: str, which: object
) -> None:
    found = search_payment(OURS, INVOICE.upper(), held)
    assert found.verdict == verdict
    assert which is ... or found.payment == which
