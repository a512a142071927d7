"""What became of a delivery: unknown, looked up, in Xero with the totals Xero answered."""

from typing import Any

import pytest

from domain.causes import Cause
from domain.event import Event
from domain.invoice import (
    InvoiceSynced,
    OutcomeUnknown,
    ReviewCleared,
    ReviewRaised,
    outcome_absent,
    outcome_unknown,
    synced,
)
from tests.domain.invoice_history import (
    ABSENT,
    ANSWERED,
    BLOCKED,
    DELIVERY,
    FOUND,
    GAVE_UP,
    LATER_DELIVERY,
    QUEUED,
    RETRIED,
    SYNCED,
    UNKNOWN,
    failed,
)
from tests.examples import DOCUMENT, ORGANISATION, XERO_INVOICE, totals
from tests.given import fact, folded, given


def test_an_unclear_answer_is_recorded_as_an_unknown_outcome() -> None:
    assert given(QUEUED).when(outcome_unknown, DELIVERY).then(UNKNOWN).state.status == "checking"


def test_the_same_unclear_answer_is_recorded_once() -> None:
    given(QUEUED, UNKNOWN).when(outcome_unknown, DELIVERY).then_nothing()


def test_the_unclear_answer_of_a_later_delivery_is_recorded_again() -> None:
    later = fact(OutcomeUnknown, delivery_id=LATER_DELIVERY, kind="create_invoice")
    given(QUEUED, UNKNOWN, ABSENT).when(outcome_unknown, LATER_DELIVERY).then(later)


def test_an_unclear_answer_about_an_invoice_known_to_be_in_xero_is_no_news() -> None:
    given(QUEUED, SYNCED).when(outcome_unknown, LATER_DELIVERY).then_nothing()


def test_an_invoice_that_a_search_did_not_find_is_ready_to_be_sent_again() -> None:
    assert given(QUEUED, UNKNOWN).when(outcome_absent, DELIVERY).then(ABSENT).state.status == "queued"


@pytest.mark.parametrize("later", [(), (UNKNOWN, ABSENT), (UNKNOWN, FOUND, SYNCED)])
def test_a_search_nobody_waits_for_is_no_news(later: tuple[Event, ...]) -> None:
    given(QUEUED, *later).when(outcome_absent, DELIVERY).then_nothing()


def test_a_late_search_for_an_earlier_delivery_does_not_clear_a_later_one() -> None:
    later = fact(OutcomeUnknown, delivery_id=LATER_DELIVERY, kind="create_invoice")
    outcome = given(QUEUED, UNKNOWN, ABSENT, later).when(outcome_absent, DELIVERY).then_nothing()
    assert outcome.state.status == "checking"


def test_a_synced_invoice_records_what_was_sent_and_what_xero_answered() -> None:
    outcome = given(QUEUED).when(synced, organisation_id=ORGANISATION, adopted=False, **ANSWERED).then(SYNCED)
    state = outcome.state
    assert (state.status, state.xero_invoice_id, state.synced_revision) == ("synced", XERO_INVOICE, 1)
    assert state.synced_totals == DOCUMENT.totals


@pytest.mark.parametrize("delivery_id", [DELIVERY, LATER_DELIVERY])
def test_an_invoice_already_synced_is_not_synced_again(delivery_id: Any) -> None:
    again = ANSWERED | {"delivery_id": delivery_id, "xero_invoice_id": "another"}
    given(QUEUED, SYNCED).when(synced, organisation_id=ORGANISATION, adopted=True, **again).then_nothing()


def test_an_invoice_found_after_an_unknown_outcome_is_adopted() -> None:
    given(QUEUED, UNKNOWN).when(synced, organisation_id=ORGANISATION, adopted=True, **ANSWERED).then(
        FOUND, fact(InvoiceSynced, revision=1, adopted=True, **ANSWERED)
    )


@pytest.mark.parametrize("before", [(BLOCKED, RETRIED, UNKNOWN), (UNKNOWN, failed(GAVE_UP))])
def test_a_synced_invoice_waits_for_nothing_and_asks_for_no_check(before: tuple[Event, ...]) -> None:
    state = folded(QUEUED, *before, SYNCED)
    assert (state.causes, state.unknown_delivery) == ((), None)


@pytest.mark.parametrize(
    ("answered", "difference"),
    [
        (totals("492.75", "73.92", "566.67"), "NZD 0.01"),
        (totals("492.74", "73.91", "566.65"), "NZD -0.01"),
        (totals("492.76", "73.90", "566.66"), "NZD -0.01 of tax"),
    ],
)
def test_totals_that_differ_in_xero_are_recorded_as_answered_and_raise_a_review(answered: Any, difference: str) -> None:
    differing = ANSWERED | {"totals": answered}
    review = Cause("total_differs_in_xero", facts={"difference": difference})
    outcome = given(QUEUED).when(synced, organisation_id=ORGANISATION, adopted=False, **differing)
    outcome.then(fact(InvoiceSynced, revision=1, **differing), fact(ReviewRaised, cause=review))
    assert (outcome.state.status, outcome.state.reviews) == ("synced", (review,))


def test_a_review_that_was_settled_is_gone() -> None:
    review = Cause("total_differs_in_xero", facts={"difference": "NZD 0.01"})
    raised = fact(ReviewRaised, cause=review)
    assert folded(QUEUED, SYNCED, raised, fact(ReviewCleared, cause=Cause("total_differs_in_xero"))).reviews == ()


@pytest.mark.parametrize("settled", [Cause("void_refused", key="pay-1"), Cause("payment_exceeds_due", key="pay-2")])
def test_a_review_of_another_matter_stays(settled: Cause) -> None:
    review = Cause("payment_exceeds_due", key="pay-1")
    raised = fact(ReviewRaised, cause=review)
    assert folded(QUEUED, SYNCED, raised, fact(ReviewCleared, cause=settled)).reviews == (review,)
