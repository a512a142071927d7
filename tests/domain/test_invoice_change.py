"""Kyrios revises or voids an invoice that was taken on; Xero takes the change, refuses it, or keeps silent."""

import datetime as dt
from decimal import Decimal
from typing import Any, Final

import pytest

from domain.causes import Cause
from domain.document import Payment
from domain.event import Event
from domain.invoice import (
    InvoiceBlocked,
    InvoiceReleased,
    InvoiceRevised,
    InvoiceSynced,
    InvoiceVoided,
    OutcomeResolved,
    OutcomeUnknown,
    RetryRequested,
    ReviewCleared,
    ReviewRaised,
    SyncFailed,
    block,
    fail,
    outcome_unknown,
    release,
    retry,
    synced,
)
from domain.invoice_change import revise, update_failed
from domain.preflight import elsewhere
from domain.refusals import ContentConflict, NotPossible
from tests.domain.invoice_history import (
    ANSWERED,
    BLOCKED,
    DISMISSED,
    GAVE_UP,
    LATER_DELIVERY,
    NO_CONTACT,
    QUEUED,
    REFUSAL,
    SYNCED,
    TAKEN,
    UNKNOWN,
    failed,
)
from tests.examples import (
    DOCUMENT,
    ORGANISATION,
    OTHER_ORGANISATION,
    TEXT_HASH,
    document,
    identity,
    open_connection_state,
    totals,
)
from tests.given import fact, folded, given

CHANGED: Final = document(due_date=dt.date(2026, 11, 1))
PAYMENT: Final = Payment(payment_id="pay-1", paid_on=dt.date(2026, 10, 2), amount=Decimal("566.66"))
KEY: Final = f"{{}}/{identity('event')}"


def revised(opens: Any = None, revision: int = 2, **changes: Any) -> Event:
    """Kyrios changed the due date, unless the test names other changes."""
    facts: dict[str, Any] = {"document": CHANGED, "text_hash": TEXT_HASH} | changes
    return fact(InvoiceRevised, revision=revision, opens=opens, **facts)


UPDATING: Final = (QUEUED, SYNCED, revised("update_invoice"))
UPDATE_UNKNOWN: Final = fact(OutcomeUnknown, delivery_id=LATER_DELIVERY, kind="update_invoice")
UPDATE_ABSENT: Final = fact(OutcomeResolved, delivery_id=LATER_DELIVERY, found=False)
EDIT_CAUSE: Final = Cause("edit_refused", facts={"state": "paid in full"})
VOID_CAUSE: Final = Cause("void_refused", facts={"state": "paid in full"})
EDIT_REFUSED: Final = fact(ReviewRaised, cause=EDIT_CAUSE, closes="update_invoice")
VOIDING: Final = (QUEUED, SYNCED, fact(InvoiceVoided, opens="void_invoice"))
VOID_REFUSED: Final = fact(ReviewRaised, cause=VOID_CAUSE, closes="void_invoice")
BLOCKED_CHANGE: Final = fact(InvoiceBlocked, causes=(NO_CONTACT,), revision=2)
NO_ANSWER: Final[dict[str, Any]] = {"attempts": 1, "delivery_id": LATER_DELIVERY, "answer_ref": None}
UPDATED: Final = ANSWERED | {"delivery_id": LATER_DELIVERY}


# ── revising ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("history", "opens"),
    [
        ((QUEUED,), None),
        ((QUEUED, UNKNOWN), None),
        ((QUEUED, BLOCKED), "create_invoice"),
        ((QUEUED, failed()), "create_invoice"),
        ((QUEUED, DISMISSED), None),
        ((QUEUED, SYNCED), "update_invoice"),
        ((*UPDATING, EDIT_REFUSED), "update_invoice"),
        ((*UPDATING, UPDATE_UNKNOWN), None),
        ((*UPDATING, BLOCKED_CHANGE), "update_invoice"),
    ],
)
def test_a_revision_opens_an_entry_only_where_none_is_live(history: tuple[Event, ...], opens: str | None) -> None:
    other = document(due_date=dt.date(2026, 12, 1))
    outcome = given(*history).when(revise, other, TEXT_HASH, 3)
    outcome.then(revised(opens, 3, document=other))
    assert (outcome.state.document, outcome.state.revision, outcome.state.causes) == (other, 3, ())


@pytest.mark.parametrize(
    ("history", "status"),
    [
        ((QUEUED, UNKNOWN), "checking"),
        ((QUEUED, DISMISSED), "dismissed"),
        ((QUEUED, failed()), "queued"),
        ((QUEUED, SYNCED), "synced"),
    ],
)
def test_a_revision_does_not_hide_what_is_being_found_out_or_was_left_out(
    history: tuple[Event, ...], status: str
) -> None:
    assert given(*history).when(revise, CHANGED, TEXT_HASH, 2).state.status == status


def test_the_same_revision_again_is_no_news() -> None:
    given(*UPDATING).when(revise, CHANGED, TEXT_HASH, 2).then_nothing()


def test_a_revision_accepted_with_other_content_and_an_older_one_are_refused() -> None:
    given(*UPDATING).when(revise, CHANGED, "other text", 2).then_refused(ContentConflict, "revision 2", "other content")
    given(*UPDATING).when(revise, DOCUMENT, TEXT_HASH, 1).then_refused(NotPossible, "at revision 2", "comes too late")


def test_a_voided_invoice_takes_no_revision() -> None:
    given(*VOIDING).when(revise, CHANGED, TEXT_HASH, 2).then_refused(NotPossible, "is voided")


def test_a_revision_of_payments_alone_is_recorded_and_asks_nothing_of_xero() -> None:
    paid = document(payments=(PAYMENT,))
    given(QUEUED, SYNCED).when(revise, paid, TEXT_HASH, 2).then(revised(None, document=paid))


def test_a_revision_back_to_what_xero_holds_settles_the_refused_edit() -> None:
    given(*UPDATING, EDIT_REFUSED).when(revise, DOCUMENT, TEXT_HASH, 3).then(
        fact(ReviewCleared, cause=Cause("edit_refused")), revised(None, 3, document=DOCUMENT)
    )


# ── what was on the wire meanwhile ──────────────────────────────────────────────────────────────────────────────────


def _synced(history: tuple[Event, ...], revision: int, **more: Any) -> Any:
    facts = UPDATED | {"organisation_id": ORGANISATION, "adopted": False, "revision": revision} | more
    return given(*history).when(synced, **facts)


def test_an_invoice_created_as_of_an_earlier_revision_is_updated_next() -> None:
    outcome = _synced((QUEUED, revised()), 1).then(fact(InvoiceSynced, revision=1, opens="update_invoice", **UPDATED))
    assert (outcome.state.synced_revision, outcome.state.live) == (1, ("update_invoice",))


def test_its_payments_follow_after_the_update() -> None:
    frozen: dict[str, Any] = {"payments": (PAYMENT,), "payment_account_id": "account"}
    _synced((QUEUED, revised()), 1, **frozen).then(
        fact(InvoiceSynced, revision=1, opens="update_invoice", **UPDATED, **frozen)
    )


def test_an_update_is_followed_by_no_payments() -> None:
    frozen: dict[str, Any] = {"payments": (PAYMENT,), "payment_account_id": "account"}
    _synced(UPDATING, 2, **frozen).then(fact(InvoiceSynced, revision=2, **UPDATED))


def test_totals_are_compared_with_those_of_the_revision_that_was_sent() -> None:
    dearer = document(totals=totals("500.00", "75.00", "575.00"))
    _synced((QUEUED, revised(document=dearer)), 1).then(
        fact(InvoiceSynced, revision=1, opens="update_invoice", **UPDATED)
    )


def test_an_update_settles_the_reviews_of_the_revision_before() -> None:
    differs = fact(ReviewRaised, cause=Cause("total_differs_in_xero", facts={"difference": "NZD 0.01"}))
    again = fact(RetryRequested, opens="update_invoice")
    assert _synced((QUEUED, SYNCED, differs, revised("update_invoice"), EDIT_REFUSED, again), 2).state.reviews == ()


def test_a_refusal_of_an_earlier_revision_lets_the_newest_go() -> None:
    outcome = given(QUEUED, revised()).when(fail, TAKEN, revision=1, **REFUSAL).then(failed(opens="create_invoice"))
    assert (outcome.state.status, outcome.state.causes) == ("queued", ())


def test_a_refusal_of_the_newest_revision_is_a_failure() -> None:
    assert given(QUEUED, revised()).when(fail, TAKEN, revision=2, **REFUSAL).then(failed()).state.status == "failed"


# ── updating ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_unknown_update_leaves_the_invoice_synced() -> None:
    outcome = given(*UPDATING).when(outcome_unknown, LATER_DELIVERY, kind="update_invoice").then(UPDATE_UNKNOWN)
    assert (outcome.state.status, outcome.state.unknown_delivery) == ("synced", LATER_DELIVERY)


def test_a_refused_edit_is_a_review_and_no_failure() -> None:
    outcome = given(*UPDATING).when(update_failed, EDIT_CAUSE, revision=2, **NO_ANSWER).then(EDIT_REFUSED)
    state = outcome.state
    assert (state.status, state.reviews, state.live) == ("synced", (EDIT_CAUSE,), ())


def test_a_search_that_did_not_find_the_update_is_recorded_before_its_refusal() -> None:
    given(*UPDATING, UPDATE_UNKNOWN).when(update_failed, EDIT_CAUSE, revision=2, **NO_ANSWER).then(
        UPDATE_ABSENT, EDIT_REFUSED
    )


def test_a_refused_edit_gives_way_to_a_newer_revision() -> None:
    newer = revised(None, 3, document=document(due_date=dt.date(2026, 12, 1)))
    outcome = given(*UPDATING, newer).when(update_failed, EDIT_CAUSE, revision=2, **NO_ANSWER)
    raised = fact(ReviewRaised, cause=EDIT_CAUSE, closes="update_invoice", opens="update_invoice")
    assert outcome.then(raised).state.live == ("update_invoice",)


def test_an_update_tried_too_often_waits_for_a_person_beside_the_synced_invoice() -> None:
    gave_up = fact(SyncFailed, cause=GAVE_UP, kind="update_invoice", **NO_ANSWER)
    outcome = given(*UPDATING).when(update_failed, GAVE_UP, revision=2, **NO_ANSWER).then(gave_up)
    assert (outcome.state.status, outcome.state.causes, outcome.state.waits) == ("synced", (GAVE_UP,), False)
    given(*UPDATING, gave_up).when(retry).then(fact(RetryRequested, opens="update_invoice"))


def test_an_update_may_be_blocked_and_released_while_the_invoice_stays_synced() -> None:
    blocked = given(*UPDATING).when(block, [NO_CONTACT], ORGANISATION).then(BLOCKED_CHANGE)
    assert (blocked.state.status, blocked.state.causes, blocked.state.live) == ("synced", (NO_CONTACT,), ())
    went = Cause(NO_CONTACT.code, key=NO_CONTACT.key)
    given(*UPDATING, BLOCKED_CHANGE).when(release, went.code, went.key).then(
        fact(InvoiceReleased, cause=went, opens="update_invoice")
    )


def test_an_update_that_is_looked_up_is_not_blocked() -> None:
    given(*UPDATING, UPDATE_UNKNOWN).when(block, [NO_CONTACT], ORGANISATION).then_nothing()


def test_a_refused_change_is_tried_again_on_request_and_its_review_is_settled() -> None:
    given(*UPDATING, EDIT_REFUSED).when(retry).then(
        fact(ReviewCleared, cause=Cause("edit_refused")), fact(RetryRequested, opens="update_invoice")
    )
    given(*VOIDING, VOID_REFUSED).when(retry).then(
        fact(ReviewCleared, cause=Cause("void_refused")), fact(RetryRequested, opens="void_invoice")
    )


# ── voiding ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_change_waits_while_the_account_is_connected_to_other_books() -> None:
    connection = open_connection_state()
    assert elsewhere(folded(QUEUED), connection) == []
    assert elsewhere(folded(QUEUED, SYNCED), connection) == []
    in_others = folded(QUEUED, fact(InvoiceSynced, organisation_id=OTHER_ORGANISATION, revision=1, **ANSWERED))
    assert elsewhere(in_others, connection) == [Cause("organisation_changed")]
