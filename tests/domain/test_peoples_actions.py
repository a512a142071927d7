"""Every state of an invoice and every action of a person: allowed, already so, or refused in words that help."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from domain import invoice
from domain.causes import Cause
from domain.event import Event
from domain.invoice import (
    DismissalUndone,
    InvoiceRevised,
    InvoiceVoided,
    RetryRequested,
    ReviewCleared,
    ReviewRaised,
    SyncDismissed,
    VoidSynced,
)
from domain.invoice_change import void
from domain.invoice_state import EVENTS
from domain.leaving_out import bring_back, dismiss
from domain.refusals import NotPossible
from domain.reviewing import clear_reviews
from tests.domain.invoice_history import (
    BLOCKED,
    DELIVERY,
    DISMISSED,
    GAVE_UP,
    QUEUED,
    RETRIED,
    SYNCED,
    UNKNOWN,
    VOIDED,
    failed,
)
from tests.domain.test_paying import FIRST, PAID, refused
from tests.examples import TEXT_HASH, document, identity
from tests.given import fact, folded, given

REASON: Final = identity("reason")
EDIT_REFUSED, NOT_VOIDED = Cause("edit_refused"), Cause("void_refused")
CHANGED: Final = fact(
    InvoiceRevised, document=document(number="INV-0001-B"), text_hash=TEXT_HASH, revision=2, opens="update_invoice"
)
REFUSED_CHANGE: Final = (QUEUED, SYNCED, CHANGED, fact(ReviewRaised, cause=EDIT_REFUSED, closes="update_invoice"))
VOIDING: Final = (QUEUED, SYNCED, fact(InvoiceVoided, opens="void_invoice"))
REFUSED_VOID: Final = (*VOIDING, fact(ReviewRaised, cause=NOT_VOIDED, closes="void_invoice"))
DIFFERS: Final = fact(ReviewRaised, cause=Cause("total_differs_in_xero", facts={"difference": "NZD 0.01"}))

STATES: Final[dict[str, tuple[Event, ...]]] = {
    "queued": (QUEUED,),
    "blocked": (QUEUED, BLOCKED),
    "checking": (QUEUED, UNKNOWN),
    "failed": (QUEUED, failed()),
    "given up": (QUEUED, failed(GAVE_UP)),
    "queued again": (QUEUED, failed(), RETRIED),
    "synced": (QUEUED, SYNCED),
    "synced, to be looked at": (QUEUED, SYNCED, DIFFERS),
    "synced, a change on its way": (QUEUED, SYNCED, CHANGED),
    "synced, a change refused": REFUSED_CHANGE,
    "synced, a payment refused": (QUEUED, PAID, refused(FIRST)),
    "left out": (QUEUED, BLOCKED, DISMISSED),
    "voided": (QUEUED, VOIDED),
    "voided, Xero is being told": VOIDING,
    "voided in Xero": (*VOIDING, fact(VoidSynced, delivery_id=DELIVERY)),
    "voided, Xero refused": REFUSED_VOID,
}

Decide = Callable[..., list[Event]]
ACTIONS: Final[dict[str, tuple[Decide, dict[str, Any]]]] = {
    "retry": (invoice.retry, {}),
    "leave out": (dismiss, {"reason_ref": REASON}),
    "bring back": (bring_back, {"reason_ref": REASON}),
    "settle": (clear_reviews, {"reason_ref": REASON}),
    "void": (void, {}),
}

SO_ALREADY: Final = "so already"
AGAIN: Final = "RetryRequested"
# Columns as ACTIONS: the events, SO_ALREADY, or words of the refusal.
TABLE: Final[dict[str, tuple[str, str, str, str, str]]] = {
    "queued": (SO_ALREADY, "SyncDismissed", SO_ALREADY, SO_ALREADY, "InvoiceVoided"),
    "blocked": (AGAIN, "SyncDismissed", SO_ALREADY, SO_ALREADY, "InvoiceVoided"),
    "checking": (SO_ALREADY, "is being looked up in Xero", SO_ALREADY, SO_ALREADY, "InvoiceVoided"),
    "failed": (AGAIN, "SyncDismissed", SO_ALREADY, SO_ALREADY, "InvoiceVoided"),
    "given up": (AGAIN, "SyncDismissed", SO_ALREADY, SO_ALREADY, "InvoiceVoided"),
    "queued again": (SO_ALREADY, "SyncDismissed", SO_ALREADY, SO_ALREADY, "InvoiceVoided"),
    "synced": ("is synced; there is nothing", "cannot be left out", SO_ALREADY, SO_ALREADY, "InvoiceVoided"),
    "synced, to be looked at": (
        "is synced; there is nothing", "cannot be left out", SO_ALREADY, "ReviewCleared", "InvoiceVoided",
    ),
    "synced, a change on its way": (SO_ALREADY, "cannot be left out", SO_ALREADY, SO_ALREADY, "InvoiceVoided"),
    "synced, a change refused": (
        "ReviewCleared, RetryRequested", "cannot be left out", SO_ALREADY, "ReviewCleared",
        "ReviewCleared, InvoiceVoided",
    ),
    "synced, a payment refused": (
        "is synced; there is nothing", "cannot be left out", SO_ALREADY, "ReviewCleared", "InvoiceVoided",
    ),
    "left out": ("is left out; bring it back", SO_ALREADY, "DismissalUndone", SO_ALREADY, "InvoiceVoided"),
    "voided": ("is voided", "is voided", "is voided", SO_ALREADY, SO_ALREADY),
    "voided, Xero is being told": (SO_ALREADY, "is voided", "is voided", SO_ALREADY, SO_ALREADY),
    "voided in Xero": ("is voided", "is voided", "is voided", SO_ALREADY, SO_ALREADY),
    "voided, Xero refused": (
        "ReviewCleared, RetryRequested", "is voided", "is voided", "ReviewCleared", SO_ALREADY,
    ),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_on_every_state_is_done_is_so_already_or_is_refused(state: str, action: str) -> None:
    decide, arguments = ACTIONS[action]
    outcome, expected = given(*STATES[state]).when(decide, **arguments), TABLE[state][list(ACTIONS).index(action)]
    names = ", ".join(type(event).__name__ for event in outcome.events)
    if expected == SO_ALREADY:
        outcome.then_nothing()
    elif expected.split(", ")[0] in {event_type.__name__ for event_type in EVENTS}:
        assert names == expected, outcome.refusal
    else:
        outcome.then_refused(NotPossible, expected)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_done_twice_is_done_once(state: str, action: str) -> None:
    decide, arguments = ACTIONS[action]
    first = given(*STATES[state]).when(decide, **arguments)
    if first.events:
        given(*STATES[state], *first.events).when(decide, **arguments).then_nothing()


def test_a_reason_is_named_by_its_place_and_never_told_in_an_event() -> None:
    given(QUEUED).when(dismiss, reason_ref=REASON).then(fact(SyncDismissed, reason_ref=REASON))
    back = fact(DismissalUndone, opens="create_invoice", reason_ref=REASON)
    given(QUEUED, DISMISSED).when(bring_back, reason_ref=REASON).then(back)
    cleared = fact(ReviewCleared, cause=Cause("total_differs_in_xero"), reason_ref=REASON)
    given(QUEUED, SYNCED, DIFFERS).when(clear_reviews, reason_ref=REASON).then(cleared)


def test_what_was_blocked_comes_back_without_its_causes_to_be_checked_afresh() -> None:
    state = given(*STATES["left out"]).when(bring_back, reason_ref=None).state
    assert (state.status, state.causes, state.live) == ("queued", (), ("create_invoice",))


def test_one_of_several_reviews_may_be_settled() -> None:
    history = (*REFUSED_CHANGE, DIFFERS)
    outcome = given(*history).when(clear_reviews, reason_ref=None, only="edit_refused")
    outcome.then(fact(ReviewCleared, cause=EDIT_REFUSED))
    assert [review.code for review in outcome.state.reviews] == ["total_differs_in_xero"]
    given(*history).when(clear_reviews, reason_ref=None, only="void_refused").then_nothing()


def test_a_settled_payment_stays_out() -> None:
    settled = given(QUEUED, PAID, refused(FIRST)).when(clear_reviews, reason_ref=None).state
    standings = {one.payment.payment_id: one.standing for one in settled.payments}
    assert standings == {FIRST.payment_id: "left_out", "pay-2": "due"}


@pytest.mark.parametrize(("history", "again"), [(REFUSED_CHANGE, "update_invoice"), (REFUSED_VOID, "void_invoice")])
def test_a_settled_change_that_xero_lacks_may_still_be_tried_again(history: tuple[Event, ...], again: str) -> None:
    settled = given(*history).when(clear_reviews, reason_ref=None).events
    given(*history, *settled).when(invoice.retry).then(fact(RetryRequested, opens=again))


def test_a_change_of_payments_alone_is_no_change_that_xero_lacks() -> None:
    state = folded(QUEUED, SYNCED)
    more = msgspec.structs.replace(state.document, payments=(FIRST,))
    assert not folded(
        QUEUED, SYNCED, fact(InvoiceRevised, document=more, text_hash=TEXT_HASH, revision=2)
    ).lacks_a_change
