"""What people read of an invoice whose revision or void is on its way, waits, was refused, or is in Xero."""

from typing import Any

import pytest

from domain.causes import Cause
from domain.event import Event
from domain.explain import Explanation
from domain.invoice import InvoiceVoided, ReviewRaised, SyncFailed, VoidSynced
from domain.under_way import EntryNow
from services.views.timeline import in_words
from tests.domain.invoice_history import DELIVERY, FOUND, FOUND_ANOTHER, GAVE_UP, QUEUED, SYNCED, failed
from tests.domain.test_explain import CLOSED, asked
from tests.domain.test_invoice_change import (
    BLOCKED_CHANGE,
    EDIT_REFUSED,
    NO_ANSWER,
    UPDATING,
    VOID_REFUSED,
    VOIDING,
    revised,
)
from tests.domain.test_invoice_void import ON_THE_WIRE
from tests.examples import document
from tests.given import fact

UPDATE = EntryNow(kind="update_invoice", state="PENDING", due_in=0.0)
VOID = EntryNow(kind="void_invoice", state="PENDING", due_in=0.0)


def read(*events: Event, **more: Any) -> tuple[str, str]:
    """The sentence and the next step."""
    answer: Explanation = asked(*events, **more)
    return answer.sentence, answer.next_step


def test_a_change_that_is_on_its_way_is_named_beside_the_number_xero_knows() -> None:
    renumbered = revised("update_invoice", document=document(number="INV-0001-B"))
    assert read(QUEUED, SYNCED, renumbered, entry=UPDATE) == (
        "In Xero as INV-0001; a change is on its way.",
        "Xero gets a change.",
    )


def test_a_change_nobody_knows_to_have_arrived_is_being_found_out() -> None:
    unclear = EntryNow(kind="update_invoice", state="AMBIGUOUS", due_in=60.0)
    sentence, step = read(*UPDATING, entry=unclear)
    assert sentence.endswith("Xero gave no clear answer about a change; we are finding out whether it arrived.")
    assert step == "We search Xero for it in about 60 seconds."


def test_a_change_behind_a_closed_gate_waits_for_the_owner() -> None:
    answer = asked(*UPDATING, entry=UPDATE, connection=CLOSED)
    assert answer.who == ("owner",)
    assert answer.sentence.startswith("In Xero as INV-0001; a change waits: A Kyrios tax set has no Xero rate yet.")


@pytest.mark.parametrize(
    ("history", "then"),
    [
        ((QUEUED, failed()), "Once that is fixed, press Retry: it goes again."),
        (
            (QUEUED, failed(Cause("invoice_invalid", facts={"field": "Date"}))),
            "As soon as Kyrios sends it corrected, it goes by itself.",
        ),
        ((*UPDATING, BLOCKED_CHANGE), "The change goes once that is fixed."),
    ],
)
def test_nothing_is_said_to_go_while_the_gate_is_closed(history: tuple[Event, ...], then: str) -> None:
    assert asked(*history).next_step == then
    before = "Nothing goes to Xero before this is fixed, too: Xero is not connected. Connect it in Settings."
    assert asked(*history, connection=None).next_step == f"{then} {before}"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (BLOCKED_CHANGE, "A later change has not arrived: This customer is not in Xero."),
        (EDIT_REFUSED, "but: In Xero this invoice is paid in full, so your change was not applied."),
        (
            fact(SyncFailed, cause=GAVE_UP, kind="update_invoice", **NO_ANSWER),
            "A later change has not arrived: Xero stayed unreachable for 72 hours.",
        ),
    ],
)
def test_a_change_that_did_not_go_is_told_beside_the_synced_invoice(event: Event, words: str) -> None:
    answer = asked(*UPDATING, event)
    assert (answer.status, answer.in_xero) == ("synced", True)
    assert words in answer.sentence


def test_a_refused_change_can_be_tried_again() -> None:
    assert "press Retry" in read(*UPDATING, EDIT_REFUSED)[1]


@pytest.mark.parametrize(
    ("events", "more", "sentence"),
    [
        ((QUEUED, fact(InvoiceVoided)), {}, "Cancelled; it never went to Xero."),
        (
            ON_THE_WIRE,
            {"entry": EntryNow(state="LEASED")},
            "Cancelled while it was on its way to Xero; we are finding out whether it arrived.",
        ),
        (VOIDING, {"entry": VOID}, "Cancelled; Xero is being told."),
        ((*VOIDING, VOID_REFUSED), {}, "Cancelled, but not in Xero: In Xero this invoice is paid in full, so it"),
        (
            (*VOIDING, fact(SyncFailed, cause=GAVE_UP, kind="void_invoice", **NO_ANSWER)),
            {},
            "Cancelled, but not in Xero: Xero stayed unreachable for 72 hours.",
        ),
        ((*VOIDING, fact(VoidSynced, delivery_id=DELIVERY)), {}, "Cancelled; also voided in Xero."),
    ],
)
def test_a_voided_invoice_says_what_xero_knows_of_it(
    events: tuple[Event, ...], more: dict[str, Any], sentence: str
) -> None:
    answer = asked(*events, **more)
    assert answer.status == "voided"
    assert answer.sentence.startswith(sentence)


def test_a_void_behind_a_closed_gate_waits_for_the_owner() -> None:
    answer = asked(*VOIDING, entry=VOID, connection=CLOSED)
    assert answer.who == ("owner",)
    assert answer.sentence.startswith("Cancelled; Xero is told once this is fixed:")


GONE = Cause("edit_refused", facts={"state": "voided"})


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (fact(InvoiceVoided), "Cancelled in Kyrios; nothing of it is sent any more."),
        (fact(InvoiceVoided, opens="void_invoice"), "Cancelled in Kyrios; Xero is to be told."),
        (fact(InvoiceVoided, awaits="create_invoice/1"), "Cancelled in Kyrios; what is on its way to Xero is awaited"),
        (
            fact(
                ReviewRaised,
                cause=Cause("edit_refused", facts={"state": "voided"}),
                closes="update_invoice",
                opens="update_invoice",
            ),
            "is voided, so your change was not applied. Use a credit note, or a new invoice. A newer revision follows.",
        ),
        (FOUND, "Searched in Xero: it was there."),
        (failed(Cause("rejected_by_xero")), 'Xero refused it with: "…". Fix that, or ask support.'),
        (FOUND_ANOTHER, "Searched in Xero: another invoice with this number was there."),
        (BLOCKED_CHANGE, "Waits: This customer is not in Xero. Add or link the contact."),
    ],
)
def test_the_history_says_what_each_step_means(event: Event, words: str) -> None:
    assert words in in_words(event)
