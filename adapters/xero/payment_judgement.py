"""What Xero's answers mean for a payment: saved or refused, and whether what a search found is it. Pure.

Only messages whose meaning is certain get a cause of their own; all others are `rejected_by_xero` with Xero's words.
"""

import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from adapters.xero.answers import XeroPayment
from adapters.xero.refusals import Judgement
from domain.causes import Cause
from domain.document import Payment

# Xero's page on payments shows the first text. The second is reported for invoices that are paid or voided already,
# which nothing is owing on either.
_NOTHING_SO_MUCH_DUE: Final = re.compile(
    r"exceeds the amount outstanding|only be made against authorised documents", re.IGNORECASE
)
_REMOVED: Final = "DELETED"


class FoundPayment(msgspec.Struct, frozen=True):
    """What a search came to, and the payment it is about; None if there is none."""

    verdict: Literal["absent", "ours", "conflict"]
    payment: XeroPayment | None = None


def judge_payment(element: XeroPayment) -> Judgement:
    """Judge one element of a complete answer. One that is neither refused nor bears an id is looked up."""
    if not element.has_errors:
        return Judgement("saved" if element.payment_id else "look_up")
    too_much = any(_NOTHING_SO_MUCH_DUE.search(message) for message in element.messages)
    return Judgement("refused", Cause("payment_exceeds_due" if too_much else "rejected_by_xero"), element.messages)


def search_payment(payment: Payment, xero_invoice_id: str, elements: Iterable[XeroPayment]) -> FoundPayment:
    """Judge what a look-up answered: ours is the payment of this invoice with our reference and our amount.

    One that a person has removed since was there: it is not made again.
    """
    held = [
        element
        for element in elements
        if element.reference == payment.payment_id and element.invoice_id == xero_invoice_id.lower()
    ]
    alive = [element for element in held if element.status.upper() != _REMOVED]
    equal = [element for element in (*alive, *held) if element.amount == payment.amount]
    if equal:
        return FoundPayment("ours", equal[0])
    return FoundPayment("conflict", alive[0]) if alive else FoundPayment("absent")
