"""The payments of an invoice: what Kyrios holds for it when the invoice is sent."""

from decimal import Decimal
from typing import Final

from domain.document import Payment
from domain.money import CENT
from services.intake import fields
from services.intake.place import Place

MOST_PAYMENTS: Final = 100


def read_payments(place: Place, total: Decimal | None) -> tuple[Payment, ...]:
    """All payments, 0 to 100, each with an id of its own, together not more than the invoice's `total`.

    With no `total`, because it could not be read, they are not compared with it.
    """
    faults_before = place.faults.count
    if isinstance(place.value, list) and len(place.value) > MOST_PAYMENTS:
        place.refuse(f"has {len(place.value)} payments; at most {MOST_PAYMENTS} are allowed")
        return ()
    payments = tuple(_read_payment(item) for item in place.items())
    ids = [payment.payment_id for payment in payments if payment.payment_id]
    if len(set(ids)) < len(ids):
        place.refuse("names the same payment more than once")
    paid = sum((payment.amount for payment in payments), Decimal(0))
    if payments and total is not None and paid > total and place.faults.count == faults_before:
        place.refuse(f"come to {paid}, more than the invoice's total of {total}")
    return payments


def _read_payment(place: Place) -> Payment:
    at = place.fields(("id", "date", "amount"))
    return Payment(
        payment_id=fields.identifier(at["id"]),
        paid_on=fields.calendar_date(at["date"]),
        amount=_read_amount(at["amount"]),
    )


def _read_amount(place: Place) -> Decimal:
    faults_before = place.faults.count
    found = fields.amount(place, places=2).quantize(CENT)
    if found <= 0 and not place.absent and place.faults.count == faults_before:
        place.refuse("must be above zero; money paid back is no payment of this invoice")
    return found
