"""Paid invoices, and what Xero holds of their payments. The example invoice comes to 414.00."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import Any

import msgspec

from domain.document import Payment
from services.intake import IssuedInvoice
from tests.world import ACCOUNT, OWNER, World, example_invoices, organisation_id

DEPOSITS = "850"
TOTAL = "414.00"


def payment(payment_id: str, amount: str, day: int = 5) -> Payment:
    """A Kyrios payment of September 2026."""
    return Payment(payment_id=payment_id, paid_on=dt.date(2026, 9, day), amount=Decimal(amount))


def paid_invoices(count: int, *amounts: str, start: int = 0) -> list[IssuedInvoice]:
    """Plain invoices, each with payments of these amounts, on successive days from 5 September on."""
    return [
        with_payments(one, [payment(f"pay-{n}-{i}", amount, day=5 + i) for i, amount in enumerate(amounts)])
        for n, one in enumerate(example_invoices(count, start), start=start)
    ]


def with_payments(one: IssuedInvoice, payments: list[Payment]) -> IssuedInvoice:
    """The same invoice with these payments."""
    document = msgspec.structs.replace(one.document, payments=tuple(payments))
    return msgspec.structs.replace(one, document=document)


def take_payments(world: World, account: str | None = DEPOSITS) -> None:
    """Choose the account for payments."""
    world.engine.set_up.choose_accounts(ACCOUNT, line="200", payment=account, also=["260"], actor=OWNER)


def in_xero(world: World) -> list[dict[str, Any]]:
    """The payments Xero holds that were not removed, in the order they were entered."""
    held = world.control.get("/ledger/payments").json()["payments"]
    return [one for one in held if one["Status"] == "AUTHORISED"]


def entered(world: World) -> Counter[str]:
    """How often each Kyrios payment is in Xero."""
    return Counter(one["Reference"] for one in in_xero(world) if one.get("Reference"))


def pay_by_hand(world: World, number: str, amount: str, reference: str = "") -> dict[str, Any]:
    """A person enters a payment inside Xero."""
    (invoice,) = [one for one in world.in_xero() if one["InvoiceNumber"] == number]
    given: dict[str, Any] = {
        "Invoice": {"InvoiceID": invoice["InvoiceID"]},
        "Account": {"Code": DEPOSITS},
        "Date": "2026-09-05",
        "Amount": amount,
    }
    if reference:
        given["Reference"] = reference
    answer = world.control.post(f"/organisations/{organisation_id()}/payments", json=given)
    answer.raise_for_status()
    made: dict[str, Any] = answer.json()
    return made


def due(world: World, number: str) -> tuple[str, str]:
    """What Xero says of an invoice: its status, and what is still owing."""
    (invoice,) = [one for one in world.in_xero() if one["InvoiceNumber"] == number]
    return invoice["Status"], f"{Decimal(str(invoice['AmountDue'])):.2f}"


def create_invoices_only(world: World) -> None:
    """Carry out one delivery, that of the invoices; their payments stay due."""
    assert world.engine.dispatcher.look_at(world.lane)
