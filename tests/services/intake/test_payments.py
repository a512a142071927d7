"""The payments of an invoice: exact amounts above zero, ids of their own, together no more than the invoice."""

import datetime as dt
from decimal import Decimal

import pytest

from domain.document import Payment
from domain.refusals import Fault
from services.intake import read_invoice
from tests.services.intake.sent import Json, faults_of, invoice, pointers, raw


def payment(payment_id: str = "pay-1", amount: str = "414.00", **changes: object) -> Json:
    """A faultless payment, with some fields changed; `...` takes a field away."""
    sent = {"id": payment_id, "date": "2026-10-02", "amount": amount} | changes
    return {name: kept for name, kept in sent.items() if kept is not ...}


def read(*payments: Json) -> tuple[Payment, ...]:
    """The payments as they are read."""
    return read_invoice(raw(invoice(payments=list(payments)))).document.payments


def test_an_invoice_may_be_unpaid_paid_in_part_or_paid() -> None:
    assert read_invoice(raw(invoice())).document.payments == ()
    assert read() == ()
    assert [str(one.amount) for one in read(payment("a", "100"), payment("b", "0.01"))] == ["100.00", "0.01"]
    assert read(payment()) == (Payment(payment_id="pay-1", paid_on=dt.date(2026, 10, 2), amount=Decimal("414.00")),)


def test_a_payment_may_be_made_before_its_invoice_is_dated() -> None:
    assert read(payment(date="2026-01-01"))[0].paid_on == dt.date(2026, 1, 1)


@pytest.mark.parametrize(
    ("wrong", "pointer", "words"),
    [
        ({"amount": "0.00"}, "/amount", "must be above zero; money paid back is no payment of this invoice"),
        ({"amount": "-1.00"}, "/amount", "must be above zero; money paid back is no payment of this invoice"),
        ({"amount": "1.001"}, "/amount", "'1.001' has more than 2 decimals"),
        ({"amount": ...}, "/amount", "is missing"),
        ({"id": ...}, "/id", "is missing"),
        ({"id": "pay 1"}, "/id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -"),
        ({"date": "2026-02-30"}, "/date", "must be a date from 1900 to 2999, written like 2026-10-01"),
        ({"currency": "NZD"}, "/currency", "is no field of this format"),
    ],
)
def test_a_wrong_payment_is_named_with_what_is_wrong(wrong: dict[str, object], pointer: str, words: str) -> None:
    second = payment("b", "1.00") | wrong
    sent = invoice(payments=[payment("a", "1.00"), {name: kept for name, kept in second.items() if kept is not ...}])
    assert faults_of(sent) == (Fault(f"/payments/1{pointer}", words),)


def test_an_amount_written_as_a_number_is_refused() -> None:
    sent = raw(invoice(payments=[payment(amount="@")])).replace(b'"@"', b"414.00")
    assert pointers(sent) == ["/payments/0/amount"]


def test_payments_above_the_total_are_refused() -> None:
    (fault,) = faults_of(invoice(payments=[payment("a", "414.00"), payment("b", "0.01")]))
    assert fault == Fault("/payments", "come to 414.01, more than the invoice's total of 414.00")


def test_payments_are_not_compared_with_a_total_that_cannot_be_read() -> None:
    sent = invoice(payments=[payment()], totals={"sub_total": "360.00", "total_tax": "54.00", "total": "x"})
    assert pointers(sent) == ["/totals/total"]


def test_a_payment_stands_in_an_invoice_once() -> None:
    (fault,) = faults_of(invoice(payments=[payment("a", "1.00"), payment("a", "2.00")]))
    assert fault == Fault("/payments", "names the same payment more than once")


def test_an_invoice_has_at_most_100_payments() -> None:
    assert len(read(*(payment(f"p-{n}", "1.00") for n in range(100)))) == 100
    (fault,) = faults_of(invoice(payments=[payment(f"p-{n}", "1.00") for n in range(101)]))
    assert fault == Fault("/payments", "has 101 payments; at most 100 are allowed")
