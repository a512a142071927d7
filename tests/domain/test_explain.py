"""Why is it not in Xero, who must act, what happens next: one answer for every state an invoice can be in."""

import datetime as dt

import msgspec
import pytest

from domain.causes import CATALOGUE, Cause, words
from domain.connection import Connection
from domain.event import Event
from domain.explain import Explanation, LeftOut, explain
from domain.invoice import Invoice, ReviewCleared, ReviewRaised, VoidSynced
from domain.next_steps import KEPT_FOR_ASKED
from domain.under_way import EntryNow, LaneNow
from tests.domain.invoice_history import (
    BLOCKED,
    DELIVERY,
    DISMISSED,
    GAVE_UP,
    QUEUED,
    RETRIED,
    SYNCED,
    TAKEN,
    UNKNOWN,
    VOIDED,
    failed,
)
from tests.examples import BACKEND, NOON, OWNER, open_connection_state
from tests.given import fact, folded

OPEN = open_connection_state()
TAXES = Cause("tax_mapping_incomplete", key="lux@12.5", facts={"tax_set": "Luxury 12.5%"})
CLOSED = msgspec.structs.replace(OPEN, held_by=(TAXES,))
NOT_VOIDED, VOID_SYNCED = Cause("void_refused"), fact(VoidSynced, delivery_id=DELIVERY)
PENDING = EntryNow(state="PENDING", due_in=0.0)
DIFFERS = fact(ReviewRaised, cause=Cause("total_differs_in_xero", facts={"difference": "NZD 0.01"}))


def asked(
    *events: Event,
    connection: Connection | None = OPEN,
    entry: EntryNow | None = None,
    lane: LaneNow | None = None,
    since: dt.datetime | None = None,
    xero_said: str | None = None,
) -> Explanation:
    state: Invoice = folded(*events)
    return explain(state, connection, entry, lane, since=since, xero_said=xero_said)


def codes(answer: Explanation) -> list[str]:
    return [cause.code for cause in answer.causes]


def test_a_queued_invoice_goes_now() -> None:
    answer = asked(QUEUED, entry=PENDING)
    assert (answer.status, answer.in_xero, answer.who, answer.next_in) == ("queued", False, (), 0.0)
    assert answer.sentence == "We have this invoice and it is ready. It goes to Xero now."


@pytest.mark.parametrize(
    ("seconds", "when"),
    [(0.4, "now"), (12.0, "in about 12 seconds"), (600.0, "in about 10 minutes"), (77_000.0, "in about 21 hours")],
)
def test_a_queued_invoice_says_when_it_goes(seconds: float, when: str) -> None:
    answer = asked(QUEUED, entry=EntryNow(state="PENDING", due_in=seconds))
    assert when in answer.sentence
    assert answer.next_in == seconds


def test_behind_a_closed_gate_a_queued_invoice_waits_for_the_owner() -> None:
    answer = asked(QUEUED, connection=CLOSED, entry=PENDING)
    assert (answer.status, answer.who, codes(answer)) == ("waiting", ("owner",), ["tax_mapping_incomplete"])
    assert answer.sentence == (
        "Waiting for you: A Kyrios tax set has no Xero rate yet. Map Luxury 12.5%. "
        "It leaves by itself once that is fixed."
    )


def test_without_any_connection_a_queued_invoice_waits_for_one() -> None:
    answer = asked(QUEUED, connection=None, entry=PENDING)
    assert (answer.status, codes(answer), answer.who) == ("waiting", ["not_connected"], ("owner",))


def test_a_leased_entry_is_on_its_way_even_if_the_gate_has_closed() -> None:
    assert asked(QUEUED, connection=CLOSED, entry=EntryNow(state="LEASED")).status == "sending"


def test_a_paused_lane_says_what_xero_asked_for_and_nobody_must_act() -> None:
    lane = LaneNow(paused_for="rate_limited_daily", paused_until=NOON, paused_in=5_400.0)
    answer = asked(QUEUED, entry=PENDING, lane=lane)
    assert (answer.status, answer.who, answer.next_in) == ("queued", (), 5_400.0)
    assert answer.sentence == "Today's Xero limit is used up. It goes at 12:00 UTC on 01 October."
    assert answer.next_step == "It goes to Xero in about 90 minutes."


def test_where_only_the_days_reserve_is_left_what_a_person_asked_for_goes_and_others_say_how_to_ask() -> None:
    lane = LaneNow(paused_for="rate_limited_daily", paused_until=NOON, paused_in=5_400.0, only_for_asked=True)
    waits = asked(QUEUED, entry=PENDING, lane=lane)
    assert waits.next_step == f"It goes to Xero in about 90 minutes. {KEPT_FOR_ASKED}"
    goes = asked(QUEUED, entry=msgspec.structs.replace(PENDING, asked=True), lane=lane)
    assert (goes.status, codes(goes)) == ("queued", [])
    used_up = msgspec.structs.replace(lane, only_for_asked=False)
    assert codes(asked(QUEUED, entry=msgspec.structs.replace(PENDING, asked=True), lane=used_up)) == [
        "rate_limited_daily"
    ]


def test_a_pause_for_a_reason_without_words_is_xero_not_answering() -> None:
    assert codes(asked(QUEUED, entry=PENDING, lane=LaneNow(paused_for="no_token", paused_in=3.0))) == [
        "xero_unavailable"
    ]


def test_an_entry_behind_an_earlier_one_says_so() -> None:
    assert "An earlier step" in asked(QUEUED, entry=EntryNow(state="WAITING")).sentence


def test_a_queued_invoice_that_nothing_carries_is_a_fault_of_ours() -> None:
    answer = asked(QUEUED, entry=None)
    assert (answer.who, codes(answer)) == (("support",), ["internal_error"])


def test_a_blocked_invoice_names_every_cause_and_leaves_by_itself() -> None:
    answer = asked(QUEUED, BLOCKED)
    assert (answer.status, answer.who) == ("blocked", ("owner",))
    assert codes(answer) == ["contact_missing", "tax_set_unmapped"]
    assert answer.sentence == (
        "Waiting for you: This customer is not in Xero. Add or link the contact. "
        "This invoice uses Luxury 12.5%, which has no Xero rate. Map it; what is not listed, Kyrios must offer first. "
        "It leaves by itself once that is fixed."
    )


def test_a_blocked_invoice_also_names_what_holds_its_connection() -> None:
    assert "tax_mapping_incomplete" in codes(asked(QUEUED, BLOCKED, connection=CLOSED))


def test_while_its_customer_is_being_created_nobody_must_act() -> None:
    pending = msgspec.structs.replace(BLOCKED, causes=(Cause("contact_pending"),))
    answer = asked(QUEUED, pending)
    assert answer.who == ()
    assert answer.sentence == "Waiting: The customer is being looked for, or created, in Xero. It goes right after."


def test_a_customer_that_is_being_created_lets_an_invoice_go_right_after_only_if_nothing_else_is_in_its_way() -> None:
    locked = Cause("period_locked", facts={"date": "2026-09-30"})
    answer = asked(QUEUED, msgspec.structs.replace(BLOCKED, causes=(Cause("contact_pending"), locked)))
    assert answer.sentence.startswith(
        "Waiting for you: The customer is being looked for, or created, in Xero. Books are locked up to 2026-09-30."
    )
    assert "right after" not in " ".join(cause.words for cause in answer.causes)
    held = asked(QUEUED, msgspec.structs.replace(BLOCKED, causes=(Cause("contact_pending"),)), connection=CLOSED)
    assert "right after" not in held.sentence


def test_an_invoice_from_before_the_start_does_not_leave_by_itself() -> None:
    early = msgspec.structs.replace(BLOCKED, causes=(Cause("before_sync_start", facts={"sync_from": "2026-10-01"}),))
    answer = asked(QUEUED, early)
    assert "by itself" not in answer.sentence + answer.next_step


def test_an_unknown_outcome_is_looked_up_before_anything_else() -> None:
    answer = asked(QUEUED, UNKNOWN, entry=EntryNow(state="AMBIGUOUS", due_in=180.0))
    assert (answer.status, answer.who, answer.next_in) == ("checking", (), 180.0)
    assert answer.next_step == "We search Xero for it in about 3 minutes."


def test_a_search_behind_a_closed_gate_needs_the_owner_first() -> None:
    answer = asked(QUEUED, UNKNOWN, connection=CLOSED, entry=EntryNow(state="AMBIGUOUS", due_in=0.0))
    assert (answer.status, answer.who, answer.next_in) == ("checking", ("owner",), None)


def test_an_expired_lease_is_checked_before_its_event_is_written() -> None:
    assert asked(QUEUED, entry=EntryNow(state="AMBIGUOUS", due_in=1.0)).status == "checking"


def test_a_refused_invoice_says_what_xero_refused_and_asks_for_a_retry() -> None:
    answer = asked(QUEUED, failed(TAKEN))
    assert (answer.status, answer.who) == ("failed", ("owner",))
    assert answer.sentence.startswith("Xero did not accept it: Xero has another invoice INV-0001.")
    assert "Retry" in answer.next_step


def test_xeros_own_words_are_shown_and_cut() -> None:
    refused = failed(Cause("rejected_by_xero"))
    assert (
        '"Account code 999 {is} [not] valid"'
        in asked(QUEUED, refused, xero_said="Account code 999 {is} [not] valid").sentence
    )
    assert len(asked(QUEUED, refused, xero_said="x" * 5_000).sentence) < 700
    assert '"no message is kept"' in asked(QUEUED, refused).sentence


def test_what_xero_did_not_refuse_is_not_said_to_be_refused() -> None:
    answer = asked(QUEUED, failed(GAVE_UP))
    assert answer.sentence == "Xero stayed unreachable for 72 hours. Press Retry when it works again."
    assert answer.who == ("owner", "support")


def test_after_a_retry_it_is_queued_again() -> None:
    assert asked(QUEUED, failed(TAKEN), RETRIED, entry=PENDING).status == "queued"


def test_a_synced_invoice_says_as_what_for_how_much_and_since_when() -> None:
    answer = asked(QUEUED, SYNCED, since=NOON)
    assert (answer.status, answer.in_xero, answer.who) == ("synced", True, ())
    assert answer.sentence == "In Xero as INV-0001, NZD 566.66, since 01 October 2026 12:00 UTC."
    assert answer.next_step == "Nothing is left to do."


def test_a_synced_invoice_stays_synced_while_a_later_step_is_on_its_way() -> None:
    answer = asked(QUEUED, SYNCED, entry=EntryNow(kind="create_payment", state="PENDING"))
    assert (answer.status, answer.sentence) == ("synced", "In Xero as INV-0001; a payment is on its way.")


FORMER = EntryNow(kind="create_payment", state="PENDING", former_books="books-1")
WAITS = "A payment waits for organisation books-1, which the account has left: it belongs there and goes nowhere else."


@pytest.mark.parametrize(
    ("events", "entry", "status", "sentence"),
    [
        ((QUEUED, SYNCED), FORMER, "synced", f"In Xero as INV-0001. {WAITS}"),
        ((QUEUED, SYNCED, VOIDED), FORMER, "voided", f"Cancelled. {WAITS}"),
        (
            (QUEUED, UNKNOWN),
            EntryNow(state="AMBIGUOUS", former_books="books-1"),
            "checking",
            "Xero gave no clear answer about the invoice, and the account has left organisation books-1 since: whether "
            "it arrived can be found out only there.",
        ),
    ],
)
def test_what_belongs_to_books_the_account_has_left_says_so_even_behind_an_open_gate(
    events: tuple[Event, ...], entry: EntryNow, status: str, sentence: str
) -> None:
    answer = asked(*events, entry=entry)
    assert (answer.status, answer.sentence, answer.who) == (status, sentence, ("owner",))
    assert "connected to that organisation again" in answer.next_step


def test_a_review_is_told_before_what_waits_for_former_books() -> None:
    answer = asked(QUEUED, SYNCED, DIFFERS, entry=FORMER)
    assert answer.sentence.startswith("In Xero as INV-0001, but: ")
    assert answer.sentence.endswith(WAITS)
    assert codes(answer) == ["total_differs_in_xero"]


def test_a_synced_invoice_with_a_review_asks_for_a_look() -> None:
    answer = asked(QUEUED, SYNCED, DIFFERS)
    assert answer.sentence == (
        "In Xero as INV-0001, but: Xero's total differs from ours by NZD 0.01. Compare both invoices. "
        "We changed nothing; please look."
    )
    assert answer.who == ("owner", "support")


def test_the_trouble_of_a_later_change_is_named_beside() -> None:
    answer = asked(QUEUED, SYNCED, failed(TAKEN))
    assert (answer.status, codes(answer)) == ("synced", ["duplicate_number_in_xero"])
    assert "A later change has not arrived" in answer.sentence


def test_a_left_out_invoice_can_be_brought_back() -> None:
    answer = asked(QUEUED, DISMISSED, since=NOON)
    assert (answer.sentence, answer.next_step) == ("Left out on 01 October 2026.", "You can bring it back.")


@pytest.mark.parametrize(
    ("left_out", "sentence"),
    [
        (LeftOut(by=OWNER, reason="Entered by hand."), "Left out by the owner on 01 October 2026: Entered by hand."),
        (LeftOut(by=BACKEND), "Left out by Kyrios on 01 October 2026."),
    ],
)
def test_a_left_out_invoice_says_who_left_it_out_and_why(left_out: LeftOut, sentence: str) -> None:
    state: Invoice = folded(QUEUED, DISMISSED)
    assert explain(state, OPEN, None, None, since=NOON, left_out=left_out).sentence == sentence


@pytest.mark.parametrize(
    ("events", "entry", "sentence"),
    [
        ((QUEUED, VOIDED), None, "Cancelled; it never went to Xero."),
        ((QUEUED, SYNCED, VOIDED), EntryNow(kind="void_invoice", state="PENDING"), "Cancelled; Xero is being told."),
        ((QUEUED, SYNCED, VOIDED, VOID_SYNCED), None, "Cancelled; also voided in Xero."),
        (
            (QUEUED, SYNCED, VOIDED, fact(ReviewRaised, cause=NOT_VOIDED), fact(ReviewCleared, cause=NOT_VOIDED)),
            None,
            "Cancelled; in Xero it still stands, and somebody has settled that.",
        ),
    ],
)
def test_a_cancelled_invoice_says_whether_xero_knows(
    events: tuple[Event, ...], entry: EntryNow | None, sentence: str
) -> None:
    answer = asked(*events, entry=entry)
    assert (answer.status, answer.sentence) == ("voided", sentence)


def test_a_refused_void_names_its_reason() -> None:
    refused = fact(ReviewRaised, cause=Cause("void_refused", facts={"state": "paid in full"}))
    assert "is paid in full, so it cannot be voided. Remove payments" in asked(QUEUED, SYNCED, VOIDED, refused).sentence


@pytest.mark.parametrize("code", [kind.code for kind in CATALOGUE.values() if kind.standing in ("blocked", "failed")])
def test_every_cause_is_said_in_the_words_of_the_catalogue(code: str) -> None:
    cause = Cause(code)
    event = failed(cause) if CATALOGUE[code].standing == "failed" else msgspec.structs.replace(BLOCKED, causes=(cause,))
    answer = asked(QUEUED, event)
    expected = words(cause, message="no message is kept")
    assert expected in answer.sentence
    assert [one.words for one in answer.causes] == [expected]
    assert answer.who == tuple(who for who in CATALOGUE[code].who if who != "nobody")


def test_no_sentence_shows_an_empty_placeholder_or_a_code() -> None:
    answers = [asked(QUEUED, BLOCKED), asked(QUEUED, failed(TAKEN)), asked(QUEUED, connection=None, entry=PENDING)]
    for answer in answers:
        assert not {"{", "}", "_"} & set(answer.sentence)
