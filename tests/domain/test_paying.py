"""Payments of an invoice in Xero: what goes, what came of it, what goes again, and which entries that leaves open."""

import datetime as dt
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest

from domain import paying
from domain.causes import Cause
from domain.connection import Connection
from domain.document import Payment
from domain.effects import effects_of, entries_still_open
from domain.event import Event
from domain.invoice import (
    InvoiceSynced,
    InvoiceVoided,
    OutcomeResolved,
    OutcomeUnknown,
    PaymentSynced,
    RetryRequested,
    ReviewRaised,
    synced,
)
from domain.invoice_change import not_sent_as_voided
from domain.invoice_payment import next_due
from domain.refusals import NotPossible
from tests.domain.invoice_history import ANSWERED, DELIVERY, LATER_DELIVERY, QUEUED, SYNCED
from tests.examples import CLEARING, OTHER_REVENUE, document, identity, open_connection_state
from tests.given import fact, folded, given

FIRST: Final = Payment(payment_id="pay-1", paid_on=dt.date(2026, 10, 2), amount=Decimal("100.00"))
SECOND: Final = Payment(payment_id="pay-2", paid_on=dt.date(2026, 10, 3), amount=Decimal("466.66"))
PAID: Final = fact(
    InvoiceSynced, revision=1, payments=(FIRST, SECOND), payment_account_id=CLEARING.account_id, **ANSWERED
)
UNKNOWN: Final = fact(OutcomeUnknown, delivery_id=LATER_DELIVERY, kind="create_payment")
FOUND: Final = fact(OutcomeResolved, delivery_id=LATER_DELIVERY, found=True)
FOUND_ANOTHER: Final = fact(OutcomeResolved, delivery_id=LATER_DELIVERY, found=True, another="payment")
ABSENT: Final = fact(OutcomeResolved, delivery_id=LATER_DELIVERY, found=False)
ANSWER: Final = identity("answer to the payment")


def made(payment: Payment) -> PaymentSynced:
    return fact(PaymentSynced, payment=payment, xero_payment_id=f"xero-{payment.payment_id}", delivery_id=DELIVERY)


def refused(payment: Payment, code: str = "payment_exceeds_due") -> ReviewRaised:
    facts = {"payment": payment.payment_id, "amount": str(payment.amount)}
    return fact(ReviewRaised, cause=Cause(code, key=payment.payment_id, facts=facts), answer_ref=ANSWER)


def again(*payments: Payment, account: str = OTHER_REVENUE.account_id) -> RetryRequested:
    return fact(RetryRequested, opens="create_payment", payments=payments, payment_account_id=account)


def record(payment: Payment) -> tuple[Any, ...]:
    return paying.payment_synced, payment


IN_XERO: Final[dict[str, Any]] = {
    "xero_payment_id": "xero-pay-1",
    "delivery_id": DELIVERY,
    "organisation_id": SYNCED.organisation_id,
}


def with_account(**changes: Any) -> Connection:
    return msgspec.structs.replace(open_connection_state(), **{"default_payment": OTHER_REVENUE} | changes)


# ── what goes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_payments_of_a_document_go_if_there_is_an_account_and_payments_are_recorded() -> None:
    paid, connection = document(payments=(FIRST, SECOND)), with_account()
    assert paying.payments_to_make(paid, connection) == (FIRST, SECOND)
    assert paying.payments_to_make(document(), connection) == ()
    assert paying.payments_to_make(paid, with_account(default_payment=None)) == ()
    assert paying.payments_to_make(paid, with_account(settings={"payments.record": "off"})) == ()
    assert paying.payments_to_make(paid, with_account(settings={"payments.record": "on"})) == (FIRST, SECOND)


def test_an_invoice_in_xero_says_which_payments_follow_and_on_which_account() -> None:
    answer = {**ANSWERED, "organisation_id": SYNCED.organisation_id, "adopted": False}
    more = {"payments": [FIRST, SECOND], "payment_account_id": CLEARING.account_id}
    given(QUEUED).when(synced, **answer, **more).then(PAID)
    given(QUEUED).when(synced, **answer, payments=[], payment_account_id=CLEARING.account_id).then(SYNCED)


def test_payments_are_due_one_after_the_other_in_their_order() -> None:
    for events, expected in (
        ([PAID], FIRST),
        ([PAID, made(FIRST)], SECOND),
        ([PAID, refused(FIRST)], SECOND),
        ([PAID, refused(FIRST), again(FIRST)], SECOND),
        ([PAID, refused(FIRST), again(FIRST), made(SECOND)], FIRST),
        ([PAID, made(FIRST), made(SECOND)], None),
        ([SYNCED], None),
    ):
        due = next_due(folded(QUEUED, *events).payments)
        assert (due.payment if due else None) == expected


# ── what came of it ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_payment_in_xero_is_recorded_once() -> None:
    given(QUEUED, PAID).when(*record(FIRST), **IN_XERO).then(made(FIRST))
    given(QUEUED, PAID, made(FIRST)).when(*record(FIRST), **IN_XERO).then_nothing()
    given(QUEUED, SYNCED).when(*record(FIRST), **IN_XERO).then_nothing()


def test_a_payment_found_after_an_unknown_outcome_says_so_first() -> None:
    given(QUEUED, PAID, UNKNOWN).when(*record(FIRST), **IN_XERO).then(FOUND, made(FIRST))


def test_an_unknown_outcome_leaves_the_invoice_synced_and_is_recorded_once() -> None:
    outcome = given(QUEUED, PAID).when(paying.payment_unknown, FIRST, LATER_DELIVERY).then(UNKNOWN)
    assert outcome.state.status == "synced"
    given(QUEUED, PAID, UNKNOWN).when(paying.payment_unknown, FIRST, LATER_DELIVERY).then_nothing()
    given(QUEUED, PAID, made(FIRST)).when(paying.payment_unknown, FIRST, LATER_DELIVERY).then_nothing()


@pytest.mark.parametrize("code", ["payment_exceeds_due", "rejected_by_xero", "retries_exhausted"])
def test_a_refused_payment_is_a_review_that_names_it_and_the_invoice_stays_synced(code: str) -> None:
    refuse = {"found": False, "answer_ref": ANSWER}
    outcome = given(QUEUED, PAID).when(paying.payment_refused, FIRST, Cause(code), **refuse)
    outcome.then(refused(FIRST, code))
    assert (outcome.state.status, outcome.state.answer_ref) == ("synced", ANSWER)
    given(QUEUED, PAID, refused(FIRST, code)).when(paying.payment_refused, FIRST, Cause(code), **refuse).then_nothing()


@pytest.mark.parametrize(("found", "resolved"), [(True, FOUND_ANOTHER), (False, ABSENT)])
def test_a_payment_given_up_after_a_search_says_first_what_the_search_found(
    found: bool, resolved: OutcomeResolved
) -> None:
    outcome = given(QUEUED, PAID, UNKNOWN).when(
        paying.payment_refused, FIRST, Cause("outcome_unresolved"), found=found, answer_ref=ANSWER
    )
    outcome.then(resolved, refused(FIRST, "outcome_unresolved"))


# ── and the invoice was voided meanwhile ────────────────────────────────────────────────────────────────────────────

PAID_EVENT: Final = identity("event 2")
VOIDED_MEANWHILE: Final = fact(InvoiceVoided, awaits=f"create_payment/{PAID_EVENT}/pay-1")
MADE_THEN_VOID: Final = msgspec.structs.replace(made(FIRST), opens="void_invoice")
STAYED_OUT: Final = fact(InvoiceVoided, opens="void_invoice")
VOIDING: Final = (QUEUED, PAID, VOIDED_MEANWHILE)


def test_a_payment_that_arrived_is_followed_by_the_void() -> None:
    outcome = given(*VOIDING).when(*record(FIRST), **IN_XERO).then(MADE_THEN_VOID)
    assert (outcome.state.live, [one.standing for one in outcome.state.payments]) == (
        ("void_invoice",),
        ["made", "left_out"],
    )
    given(*VOIDING, UNKNOWN).when(*record(FIRST), **IN_XERO).then(FOUND, MADE_THEN_VOID)


def test_a_payment_that_did_not_arrive_stays_out_and_the_void_is_next() -> None:
    outcome = given(*VOIDING, UNKNOWN, ABSENT).when(not_sent_as_voided).then(STAYED_OUT)
    assert (outcome.state.live, {one.standing for one in outcome.state.payments}) == (("void_invoice",), {"left_out"})


def test_a_refused_payment_of_a_voided_invoice_leaves_no_review() -> None:
    refuse = {"found": False, "answer_ref": ANSWER}
    outcome = given(*VOIDING).when(paying.payment_refused, FIRST, Cause("payment_exceeds_due"), **refuse)
    outcome.then(STAYED_OUT)
    assert outcome.state.reviews == ()


# ── what goes again ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_refused_payment_is_tried_again_on_the_account_chosen_now() -> None:
    outcome = given(QUEUED, PAID, refused(FIRST), refused(SECOND, "rejected_by_xero")).when(
        paying.retry_payments, with_account()
    )
    outcome.then(again(FIRST, SECOND))
    assert outcome.state.reviews == ()
    assert {one.account_id for one in outcome.state.payments} == {OTHER_REVENUE.account_id}


def test_a_retry_leaves_other_reviews_and_payments_as_they_are() -> None:
    other = fact(ReviewRaised, cause=Cause("total_differs_in_xero", facts={"difference": "NZD 0.01"}))
    state = folded(QUEUED, PAID, other, made(FIRST), refused(SECOND), again(SECOND))
    assert [review.code for review in state.reviews] == ["total_differs_in_xero"]
    assert [(one.payment, one.standing) for one in state.payments] == [(FIRST, "made"), (SECOND, "due")]


def test_a_retry_while_payments_are_on_their_way_is_no_news() -> None:
    given(QUEUED, PAID).when(paying.retry_payments, with_account()).then_nothing()


def test_a_retry_needs_an_account_for_payments() -> None:
    without = with_account(default_payment=None)
    given(QUEUED, PAID, refused(FIRST)).when(paying.retry_payments, without).then_refused(NotPossible, "choose one")


@pytest.mark.parametrize(
    ("events", "open_"),
    [
        ([], False),
        ([SYNCED], False),
        ([PAID], True),
        ([PAID, made(FIRST), made(SECOND)], False),
        ([PAID, made(FIRST), refused(SECOND)], True),
    ],
)
def test_it_is_known_whether_only_payments_are_open(events: list[Event], open_: bool) -> None:
    assert paying.only_payments_are_open(folded(QUEUED, *events)) is open_


# ── the entries ─────────────────────────────────────────────────────────────────────────────────────────────────────


def stream(*events: Event) -> list[Event]:
    return [
        msgspec.structs.replace(event, originator_version=version, event_id=identity(f"event {version}"))
        for version, event in enumerate(events, start=1)
    ]


def test_an_invoice_in_xero_opens_one_entry_per_payment_in_their_order() -> None:
    (event,) = stream(PAID)
    assert [(entry.kind, entry.effect_key) for entry in effects_of(event)] == [
        ("create_payment", f"create_payment/{event.event_id}/pay-1"),
        ("create_payment", f"create_payment/{event.event_id}/pay-2"),
    ]


@pytest.mark.parametrize(
    ("events", "left"),
    [
        ([QUEUED, PAID], ["2/pay-1", "2/pay-2"]),
        ([QUEUED, PAID, UNKNOWN], ["2/pay-1", "2/pay-2"]),
        ([QUEUED, PAID, UNKNOWN, ABSENT], ["2/pay-1", "2/pay-2"]),
        ([QUEUED, PAID, made(FIRST)], ["2/pay-2"]),
        ([QUEUED, PAID, refused(FIRST)], ["2/pay-2"]),
        ([QUEUED, PAID, refused(FIRST), again(FIRST)], ["2/pay-2", "4/pay-1"]),
        ([QUEUED, PAID, refused(FIRST), again(FIRST), made(SECOND), made(FIRST)], []),
        ([QUEUED, PAID, fact(ReviewRaised, cause=Cause("total_differs_in_xero"))], ["2/pay-1", "2/pay-2"]),
        ([QUEUED, PAID, VOIDED_MEANWHILE], ["2/pay-1"]),
        ([QUEUED, PAID, VOIDED_MEANWHILE, UNKNOWN, ABSENT], ["2/pay-1"]),
        ([QUEUED, PAID, VOIDED_MEANWHILE, MADE_THEN_VOID], ["4/void"]),
        ([QUEUED, PAID, VOIDED_MEANWHILE, STAYED_OUT], ["4/void"]),
    ],
)
def test_a_payment_keeps_its_entry_open_until_it_is_made_or_refused(events: list[Event], left: list[str]) -> None:
    log = stream(*events)
    numbers = {str(event.event_id): event.originator_version for event in log}
    keys = [key.split("/") for key in entries_still_open(log)]
    assert [f"{numbers[key[1]]}/{key[2] if key[2:] else 'void'}" for key in keys] == left
