"""The payments of an invoice on their way into Xero: which are due there, were made, or were refused. Pure.

Part of an invoice's state. What Kyrios knew of payments when the invoice was sent is frozen; later ones stay in Kyrios
(the article: payment status at the time of sync).
"""

from collections.abc import Collection, Iterable
from typing import Final, Literal
from uuid import UUID

import msgspec

from domain.causes import Cause
from domain.document import Payment

_PAYMENT: Final = "payment"


class InvoicePayment(msgspec.Struct, frozen=True, kw_only=True):
    """One Kyrios payment, the Xero AccountID it is booked on, and where it stands.

    `unfound` is the delivery of which no search ever told whether it arrived.
    """

    payment: Payment
    account_id: str
    standing: Literal["due", "made", "refused", "left_out"] = "due"
    unfound: UUID | None = None


Known = tuple[InvoicePayment, ...]


def opened(known: Known, payments: Iterable[Payment], account_id: str | None) -> Known:
    """These payments are due, after all that were due before."""
    due = tuple(InvoicePayment(payment=payment, account_id=account_id or "") for payment in payments)
    again = {one.payment.payment_id for one in due}
    return (*(one for one in known if one.payment.payment_id not in again), *due)


def settled(
    known: Known, payment_id: str | None, standing: Literal["made", "refused"], unfound: UUID | None = None
) -> Known:
    """This payment is due no longer."""
    return tuple(
        msgspec.structs.replace(one, standing=standing, unfound=unfound)
        if one.payment.payment_id == payment_id
        else one
        for one in known
    )


def given_up(known: Known, payment_ids: Collection[str | None]) -> Known:
    """Those of these payments that were refused do not go any more: a person settled the matter."""
    return tuple(
        msgspec.structs.replace(one, standing="left_out")
        if one.standing == "refused" and one.payment.payment_id in payment_ids
        else one
        for one in known
    )


def next_due(known: Known) -> InvoicePayment | None:
    """The payment that goes next: they go one by one, in the order in which they were opened."""
    return next((one for one in known if one.standing == "due"), None)


def about(cause: Cause, payment: Payment) -> Cause:
    """The cause as it stands in an event about this payment."""
    facts = cause.facts | {_PAYMENT: payment.payment_id, "amount": str(payment.amount)}
    return Cause(cause.code, key=payment.payment_id, facts=facts)


def payment_in(cause: Cause) -> str | None:
    """The id of the payment a cause is about; None if it is about something else."""
    return cause.facts.get(_PAYMENT)


def left_out(known: Known, awaited: str) -> Known:
    """No payment is due any more, as the invoice was voided; but for one on the wire, the entry `awaited`."""
    return tuple(
        msgspec.structs.replace(one, standing="left_out")
        if one.standing == "due" and not awaited.endswith(f"/{one.payment.payment_id}")
        else one
        for one in known
    )
