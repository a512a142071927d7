"""Xero refused, or retries ended; and a person asks for another try."""

from typing import Any

import pytest

from domain.event import Event
from domain.invoice import fail, retry
from domain.refusals import NotPossible
from tests.domain.invoice_history import (
    ABSENT,
    ANSWER,
    BLOCKED,
    DISMISSED,
    FOUND_ANOTHER,
    GAVE_UP,
    QUEUED,
    REFUSAL,
    RETRIED,
    SYNCED,
    TAKEN,
    UNKNOWN,
    VOIDED,
    failed,
)
from tests.examples import INVOICE
from tests.given import given


def test_a_refusal_by_xero_is_recorded_with_its_cause_and_where_its_words_lie() -> None:
    outcome = given(QUEUED).when(fail, TAKEN, **REFUSAL).then(failed())
    assert (outcome.state.status, outcome.state.causes, outcome.state.answer_ref) == ("failed", (TAKEN,), ANSWER)


@pytest.mark.parametrize("later", [SYNCED, failed()])
def test_an_invoice_that_is_in_xero_or_failed_does_not_fail_again(later: Event) -> None:
    given(QUEUED, later).when(fail, TAKEN, **REFUSAL).then_nothing()


def test_a_search_that_found_the_number_taken_resolves_the_unknown_outcome() -> None:
    given(QUEUED, UNKNOWN).when(fail, TAKEN, **REFUSAL).then(FOUND_ANOTHER, failed())


def test_giving_up_after_a_search_that_found_nothing_records_the_search_first() -> None:
    given(QUEUED, UNKNOWN).when(fail, GAVE_UP, **REFUSAL).then(ABSENT, failed(GAVE_UP))


def test_retries_that_ended_are_recorded_with_their_number_and_no_answer() -> None:
    nothing: dict[str, Any] = {"attempts": 12, "delivery_id": None, "answer_ref": None}
    given(QUEUED).when(fail, GAVE_UP, **nothing).then(failed(GAVE_UP, **nothing))


@pytest.mark.parametrize("waiting", [failed(), BLOCKED])
def test_a_failed_or_blocked_invoice_is_queued_again_on_request(waiting: Event) -> None:
    outcome = given(QUEUED, waiting).when(retry).then(RETRIED)
    assert (outcome.state.status, outcome.state.causes) == ("queued", ())


@pytest.mark.parametrize("later", [(), (UNKNOWN,), (failed(), RETRIED)])
def test_a_retry_of_an_invoice_on_its_way_changes_nothing(later: tuple[Event, ...]) -> None:
    given(QUEUED, *later).when(retry).then_nothing()


@pytest.mark.parametrize(
    ("later", "words"),
    [(SYNCED, "synced; there is nothing to retry"), (DISMISSED, "left out; bring it back"), (VOIDED, "voided; there")],
)
def test_a_retry_that_makes_no_sense_is_refused_with_the_state(later: Event, words: str) -> None:
    given(QUEUED, later).when(retry).then_refused(NotPossible, INVOICE, words)
