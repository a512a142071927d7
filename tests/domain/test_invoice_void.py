"""Voids: here alone, or in Xero too; what is on the wire is awaited, and what Xero refuses is a review."""

import datetime as dt
from typing import Any, Final

import pytest

from domain.causes import Cause
from domain.event import Event
from domain.invoice import (
    InvoiceSynced,
    InvoiceVoided,
    RetryRequested,
    ReviewCleared,
    ReviewRaised,
    SyncFailed,
    VoidSynced,
    fail,
    retry,
)
from domain.invoice_change import not_sent_as_voided, update_failed, void, void_failed, void_synced
from tests.domain.invoice_history import (
    ABSENT,
    ANSWERED,
    BLOCKED,
    DELIVERY,
    GAVE_UP,
    LATER_DELIVERY,
    QUEUED,
    REFUSAL,
    SYNCED,
    TAKEN,
    UNKNOWN,
    failed,
)
from tests.domain.test_invoice_change import (
    EDIT_CAUSE,
    EDIT_REFUSED,
    KEY,
    NO_ANSWER,
    PAYMENT,
    UPDATED,
    UPDATING,
    VOID_CAUSE,
    VOID_REFUSED,
    VOIDING,
    _synced,
    revised,
)
from tests.examples import (
    ORGANISATION,
    document,
    identity,
)
from tests.given import fact, folded, given


@pytest.mark.parametrize("history", [(QUEUED,), (QUEUED, BLOCKED), (QUEUED, failed()), (QUEUED, UNKNOWN, ABSENT)])
def test_an_invoice_that_is_not_in_xero_is_voided_here_alone(history: tuple[Event, ...]) -> None:
    outcome = given(*history).when(void).then(fact(InvoiceVoided))
    assert (outcome.state.status, outcome.state.live, outcome.state.causes) == ("voided", (), ())


@pytest.mark.parametrize("history", [(QUEUED, SYNCED), UPDATING])
def test_an_invoice_in_xero_is_to_be_voided_there(history: tuple[Event, ...]) -> None:
    outcome = given(*history).when(void).then(fact(InvoiceVoided, opens="void_invoice"))
    assert outcome.state.live == ("void_invoice",)


def test_a_void_settles_the_refused_edit_that_nobody_wants_any_more_and_no_other_review() -> None:
    differs = Cause("total_differs_in_xero", facts={"difference": "NZD 0.01"})
    history = (QUEUED, SYNCED, fact(ReviewRaised, cause=differs), revised("update_invoice"), EDIT_REFUSED)
    settled = fact(ReviewCleared, cause=Cause("edit_refused"))
    outcome = given(*history).when(void).then(settled, fact(InvoiceVoided, opens="void_invoice"))
    assert (outcome.state.live, outcome.state.reviews, outcome.state.refused) == (("void_invoice",), (differs,), ())
    refused = folded(*history, settled, fact(InvoiceVoided, opens="void_invoice"), VOID_REFUSED)
    assert [review.code for review in refused.reviews] == ["total_differs_in_xero", "void_refused"]


def test_an_update_on_the_wire_is_awaited_though_an_earlier_edit_was_refused() -> None:
    key = KEY.format("update_invoice")
    history = (*UPDATING, EDIT_REFUSED, revised("update_invoice", 3, document=document(due_date=dt.date(2026, 12, 1))))
    settled = fact(ReviewCleared, cause=Cause("edit_refused"))
    outcome = given(*history).when(void, awaits=key).then(settled, fact(InvoiceVoided, awaits=key))
    assert (outcome.state.status, outcome.state.live) == ("voided", ("update_invoice",))


@pytest.mark.parametrize(("history", "kind"), [((QUEUED,), "create_invoice"), (UPDATING, "update_invoice")])
def test_what_is_on_the_wire_is_awaited_before_anything_is_voided(history: tuple[Event, ...], kind: str) -> None:
    key = KEY.format(kind)
    outcome = given(*history).when(void, awaits=key).then(fact(InvoiceVoided, awaits=key))
    assert (outcome.state.status, outcome.state.live) == ("voided", (kind,))


def test_a_payment_on_the_wire_is_awaited_too() -> None:
    key = KEY.format("create_payment")
    given(QUEUED, SYNCED).when(void, awaits=key).then(fact(InvoiceVoided, awaits=key))


def test_a_voided_invoice_is_not_voided_again() -> None:
    given(*VOIDING).when(void).then_nothing()


ON_THE_WIRE: Final = (QUEUED, fact(InvoiceVoided, awaits=KEY.format("create_invoice")))
UPDATE_ON_THE_WIRE: Final = (*UPDATING, fact(InvoiceVoided, awaits=KEY.format("update_invoice")))


def test_what_arrived_although_it_was_voided_meanwhile_is_voided_next_and_not_paid() -> None:
    frozen: dict[str, Any] = {"payments": (PAYMENT,), "payment_account_id": "account"}
    outcome = _synced(ON_THE_WIRE, 1, **frozen).then(fact(InvoiceSynced, revision=1, opens="void_invoice", **UPDATED))
    assert (outcome.state.status, outcome.state.live) == ("voided", ("void_invoice",))


def test_what_did_not_arrive_is_not_sent_again() -> None:
    outcome = given(*ON_THE_WIRE).when(not_sent_as_voided).then(fact(InvoiceVoided))
    assert (outcome.state.status, outcome.state.live) == ("voided", ())
    given(*UPDATE_ON_THE_WIRE).when(not_sent_as_voided).then(fact(InvoiceVoided, opens="void_invoice"))


def test_a_refusal_of_a_voided_invoice_leaves_it_voided() -> None:
    outcome = given(*ON_THE_WIRE).when(fail, TAKEN, revision=1, **REFUSAL).then(failed())
    assert (outcome.state.status, outcome.state.live) == ("voided", ())


def test_a_refused_edit_of_a_voided_invoice_is_followed_by_the_void_and_no_review() -> None:
    outcome = given(*UPDATE_ON_THE_WIRE).when(update_failed, EDIT_CAUSE, revision=2, **NO_ANSWER)
    outcome.then(fact(InvoiceVoided, opens="void_invoice"))


def test_a_void_that_xero_took_settles_every_review() -> None:
    differs = Cause("total_differs_in_xero", facts={"difference": "NZD 0.01"})
    history = (QUEUED, SYNCED, fact(ReviewRaised, cause=differs), fact(InvoiceVoided, opens="void_invoice"))
    outcome = given(*history).when(void_synced, DELIVERY, organisation_id=ORGANISATION)
    outcome.then(fact(VoidSynced, delivery_id=DELIVERY), fact(ReviewCleared, cause=Cause("total_differs_in_xero")))
    assert (outcome.state.status, outcome.state.live, outcome.state.reviews) == ("voided", (), ())


def test_a_void_that_xero_took_is_recorded_once() -> None:
    done = fact(VoidSynced, delivery_id=DELIVERY)
    given(*VOIDING, done).when(void_synced, LATER_DELIVERY, organisation_id=ORGANISATION).then_nothing()
    given(*VOIDING, done).when(void_failed, VOID_CAUSE, **NO_ANSWER).then_nothing()


def test_a_refused_void_is_a_review_of_a_voided_invoice() -> None:
    outcome = given(*VOIDING).when(void_failed, VOID_CAUSE, **NO_ANSWER).then(VOID_REFUSED)
    assert (outcome.state.status, outcome.state.reviews) == ("voided", (VOID_CAUSE,))


def test_a_void_tried_too_often_waits_for_a_person() -> None:
    gave_up = fact(SyncFailed, cause=GAVE_UP, kind="void_invoice", **NO_ANSWER)
    given(*VOIDING).when(void_failed, GAVE_UP, **NO_ANSWER).then(gave_up)
    given(*VOIDING, gave_up).when(retry).then(fact(RetryRequested, opens="void_invoice"))


def test_payments_that_were_due_are_left_out_but_for_one_on_the_wire() -> None:
    frozen: dict[str, Any] = {"payments": (PAYMENT,), "payment_account_id": "account"}
    paying = (QUEUED, fact(InvoiceSynced, revision=1, **ANSWERED, **frozen))
    assert [one.standing for one in folded(*paying, fact(InvoiceVoided)).payments] == ["left_out"]
    on_the_wire = fact(InvoiceVoided, awaits=f"create_payment/{identity('event')}/pay-1")
    assert [one.standing for one in folded(*paying, on_the_wire).payments] == ["due"]


# ── other books ─────────────────────────────────────────────────────────────────────────────────────────────────────
