"""Every cause for a look: the invoice is in Xero and stays there, the difference is said, we change nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec
import pytest

from domain.causes import CATALOGUE
from domain.document import Totals
from domain.refusals import NotPossible
from tests.changes import assert_clean, held, remove_payments, revise, revised, synced, void
from tests.payments import TOTAL, create_invoices_only, entered, paid_invoices, pay_by_hand, take_payments
from tests.scenarios.table import Scenario, document, explained, options, plain, settle, told
from tests.world import ACCOUNT, OWNER, World


@dataclass(frozen=True, kw_only=True)
class Review(Scenario):
    """`done` says that Xero has now what was wanted; None where nothing can be tried again."""

    sentence: str
    next_step: str
    done: Callable[[World], bool] | None = None


CHANGE_STEP: Final = "If the change is still to go, press Retry once that is fixed; else mark the review as done."
PAYMENT_STEP: Final = "If the payment is still to go, press Retry once that is fixed; else mark the review as done."
REVIEW_STEP: Final = "Once you have looked, mark the review as done."
PAID: Final = (
    "In Xero this invoice is paid or credited in part, so your change was not applied. "
    "Use a credit note, or a new invoice."
)
VOID: Final = (
    "In Xero this invoice is paid or credited in part, so it cannot be voided. Remove payments and credits there, then "
    "retry."
)
DUE: Final = "Xero shows less owing than was paid here. Check whether the payment is there already."
DIFFERS: Final = "Xero's total differs from ours by NZD -0.01. Compare both invoices."


def an_edit_of_a_paid_one(world: World) -> None:
    """Paid in Xero, then revised in Kyrios."""
    synced(world)
    pay_by_hand(world, "T-0", "100.00")
    revise(world, revised())


def a_void_of_a_paid_one(world: World) -> None:
    """Paid in Xero, then voided in Kyrios."""
    synced(world)
    pay_by_hand(world, "T-0", "100.00")
    void(world)


def a_payment_that_is_there(world: World) -> None:
    """Paid in Kyrios, and entered in Xero by hand before ours arrived."""
    take_payments(world)
    world.queue(paid_invoices(1, TOTAL))
    create_invoices_only(world)
    pay_by_hand(world, "T-0", TOTAL)


def a_half_cent(world: World) -> None:
    """Xero rounds half a cent otherwise than we believe: 15 % of 0.30 is 0.045."""
    options(world, half_cents="to_even")
    one = plain(0)
    (line,) = one.document.lines
    lines = (msgspec.structs.replace(line, quantity=Decimal(1), unit_amount=Decimal("0.30")),)
    totals = Totals(sub_total=Decimal("0.30"), total_tax=Decimal("0.05"), total=Decimal("0.35"))
    world.queue([document(one, lines=lines, totals=totals)])


ROWS: Final = (
    Review(
        code="edit_refused",
        says=PAID,
        sentence=f"In Xero as T-0, but: {PAID} We changed nothing; please look.",
        next_step=CHANGE_STEP,
        arises=an_edit_of_a_paid_one,
        fix=remove_payments,
        done=lambda world: held(world)["Total"] == 230.0,
    ),
    Review(
        code="void_refused",
        says=VOID,
        sentence=f"Cancelled, but not in Xero: {VOID}",
        next_step="Then press Retry.",
        arises=a_void_of_a_paid_one,
        fix=remove_payments,
        done=lambda world: held(world)["Status"] == "VOIDED",
    ),
    Review(
        code="payment_exceeds_due",
        says=DUE,
        sentence=f"In Xero as T-0, but: The payment of NZD 414.00 did not go: {DUE} We changed nothing; please look.",
        next_step=PAYMENT_STEP,
        arises=a_payment_that_is_there,
        fix=remove_payments,
        done=lambda world: entered(world) == {"pay-0-0": 1},
    ),
    Review(
        code="total_differs_in_xero",
        says=DIFFERS,
        who=("owner", "support"),
        sentence=f"In Xero as T-0, but: {DIFFERS} We changed nothing; please look.",
        next_step=REVIEW_STEP,
        arises=a_half_cent,
        fix=lambda world: options(world, half_cents="away_from_zero"),
    ),
)


@pytest.mark.article("R10", "R19", "R20", "R25")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.code))
@pytest.mark.complaint(8, 13)
def test_what_differs_in_xero_is_said_and_left_alone_until_a_person_acts(world: World, row: Review) -> None:
    row.arises(world)
    settle(world)
    assert_reviewed(world, row)
    if row.done is None:
        with pytest.raises(NotPossible):
            world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
        assert_reviewed(world, row)
        return
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    settle(world)
    assert_reviewed(world, row)
    assert not row.done(world)
    row.fix(world)
    settle(world)
    assert not row.done(world), "nothing goes without a person's word"
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    settle(world)
    assert row.done(world)
    assert explained(world).causes == ()


def assert_reviewed(world: World, row: Review) -> None:
    """It is in Xero, marked for a look in these words, and every table agrees."""
    found = explained(world)
    assert told(found) == [(row.code, row.says)]
    assert (found.sentence, found.next_step) == (row.sentence, row.next_step)
    assert found.in_xero
    assert found.who == row.who == CATALOGUE[row.code].who
    assert_clean(world)
