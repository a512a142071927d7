"""Each state has a sentence of its own, and names what is in the way."""

from datetime import date
from decimal import Decimal
from typing import Any, get_args

import pytest

from domain.causes import CATALOGUE, UNFOUND, Cause
from domain.document import Payment
from domain.invoice import Status
from domain.invoice_payment import about
from domain.state_words import invoice_words

MISSING, PENDING, EARLY = Cause("contact_missing"), Cause("contact_pending"), Cause("before_sync_start")
UNRESOLVED = "The search gave no clear result. Please tell support the account, the invoice and outcome_unresolved."
PAID = Payment(payment_id="pay-1", paid_on=date(2026, 10, 1), amount=Decimal("10.00"))
PAYMENT_UNFOUND = about(UNFOUND, PAID)
PAYMENT_REFUSED = about(Cause("outcome_unresolved"), PAID)
REFUSED, DIFFERS = Cause("rejected_by_xero"), Cause("total_differs_in_xero", facts={"difference": "NZD 0.01"})


def said(status: Any, *, in_xero: bool = False, causes: Any = (), reviews: Any = ()) -> str:
    """The sentence of an invoice INV-1."""
    return invoice_words(status, "INV-1", "NZD", in_xero=in_xero, causes=causes, reviews=reviews)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (("queued", (), ()), "We have this invoice and it is ready."),
        (("blocked", (MISSING,), ()), "Waiting for you: This customer is not in Xero. Add or link the contact. "
         "It leaves by itself once that is fixed."),
        (("blocked", (PENDING,), ()), "Waiting: The customer is being looked for, or created, in Xero. It goes right "
         "after."),
        (("blocked", (EARLY,), ()), "Waiting for you: It is dated before sync from. Release it by date range, or leave "
         "it out."),
        (("failed", (REFUSED,), ()), 'Xero did not accept it: Xero refused it with: "…". Fix that, or ask support. '
         "Once that is fixed, press Retry: it goes again."),
        (("synced", (), ()), "In Xero as INV-1."),
        (("synced", (MISSING,), ()), "In Xero as INV-1. A later change has not arrived: This customer is not in Xero. "
         "Add or link the contact."),
        (("synced", (), (DIFFERS,)), "In Xero as INV-1, but: Xero's total differs from ours by NZD 0.01. Compare both "
         "invoices. We changed nothing; please look."),
        (("synced", (), (PAYMENT_UNFOUND,)), "In Xero as INV-1, but: Whether the payment of NZD 10.00 arrived is not "
         f"known: {UNRESOLVED} What was sent may be in Xero; please look."),
        (("synced", (), (UNFOUND,)), "In Xero as INV-1, but: Whether a change of it arrived is not known: "
         f"{UNRESOLVED} What was sent may be in Xero; please look."),
        (("synced", (), (PAYMENT_REFUSED, DIFFERS)), "In Xero as INV-1, but: The payment of NZD 10.00 did not go: "
         f"{UNRESOLVED} Xero's total differs from ours by NZD 0.01. Compare both invoices. We changed nothing; please "
         "look."),
        (("voided", (UNFOUND,), ()), f"Cancelled; whether it arrived before is not known: {UNRESOLVED}"),
        (("voided", (), (UNFOUND,)), f"Cancelled; whether that reached Xero is not known: {UNRESOLVED}"),
        (("voided", (), ()), "Cancelled; it never went to Xero."),
        (("dismissed", (), ()), "Left out. You can bring it back."),
    ],
)  # fmt: skip
def test_an_invoice_is_told_in_one_sentence(state: Any, sentence: str) -> None:
    status, causes, reviews = state
    assert said(status, causes=causes, reviews=reviews) == sentence


def test_every_state_of_an_invoice_has_words_whatever_its_cause() -> None:
    for status in get_args(Status):
        for code in CATALOGUE:
            assert said(status, causes=[Cause(code)]).endswith((".", "it."))
            assert said(status, in_xero=True, reviews=[Cause(code)])
    assert said("voided", in_xero=True) == "Cancelled; Xero is told."
    assert said("voided", in_xero=True, reviews=[Cause("void_refused")]).startswith("Cancelled, but not in Xero: ")
