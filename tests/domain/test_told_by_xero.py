"""What Xero refuses for a cause we can watch waits for it once; everything else, and the second time, it failed."""

import pytest

from domain.causes import Cause
from domain.invoice import InvoiceBlocked, InvoiceReleased, InvoiceRevised, RetryRequested
from domain.told_by_xero import refused
from tests.domain.invoice_history import ANSWER, GAVE_UP, QUEUED, REFUSAL, TAKEN, failed
from tests.examples import DOCUMENT
from tests.given import fact, given

LOCKED = Cause("period_locked", facts={"date": "2026-09-30"})
TOLD = fact(InvoiceBlocked, causes=(LOCKED,), revision=1, told=True, answer_ref=ANSWER)
RELEASED = fact(InvoiceReleased, cause=Cause("period_locked"), opens="create_invoice", fixed=True)
FACTS = REFUSAL | {"organisation_id": None, "revision": 1}


def test_a_cause_that_is_watched_is_waited_for_with_xeros_words_kept() -> None:
    outcome = given(QUEUED).when(refused, LOCKED, **FACTS).then(TOLD)
    assert (outcome.state.status, outcome.state.causes, outcome.state.answer_ref) == ("blocked", (LOCKED,), ANSWER)
    assert outcome.state.live == ()


def test_refused_for_it_again_it_failed() -> None:
    given(QUEUED, TOLD, RELEASED).when(refused, LOCKED, **FACTS).then(failed(Cause("rejected_by_xero")))


def test_a_person_who_asks_again_begins_anew() -> None:
    asked = fact(RetryRequested, opens="create_invoice")
    given(QUEUED, TOLD, RELEASED, failed(Cause("rejected_by_xero")), asked).when(refused, LOCKED, **FACTS).then(TOLD)


@pytest.mark.parametrize("cause", [TAKEN, GAVE_UP])
def test_what_nobody_can_watch_failed(cause: Cause) -> None:
    given(QUEUED).when(refused, cause, **FACTS).then(failed(cause))


def test_an_older_revision_is_no_reason_to_wait_for_the_newer_goes_at_once() -> None:
    revised = fact(InvoiceRevised, document=DOCUMENT, text_hash="another", revision=2)
    outcome = given(QUEUED, revised).when(refused, LOCKED, **FACTS)
    outcome.then(failed(Cause("rejected_by_xero"), opens="create_invoice"))
    assert outcome.state.status == "queued"
