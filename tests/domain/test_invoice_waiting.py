"""An invoice is taken on, waits for its causes to go, and is released."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from domain.alert_entries import alerts_of
from domain.causes import Cause
from domain.document import Payment
from domain.event import Event
from domain.invoice import (
    InvoiceBlocked,
    InvoiceReleased,
    InvoiceRevised,
    OutcomeUnknown,
    block,
    fail,
    outcome_absent,
    outcome_unknown,
    queue,
    reconsider,
    release,
    retry,
)
from domain.refusals import ContentConflict
from tests.domain.invoice_history import (
    ABSENT,
    BLOCKED,
    DELIVERY,
    DISMISSED,
    NO_CONTACT,
    NO_RATE,
    QUEUED,
    QUEUED_BEFORE_CONNECTING,
    REFUSAL,
    RETRIED,
    SYNCED,
    TAKEN,
    UNKNOWN,
    VOIDED,
    failed,
)
from tests.examples import ACCOUNT, CONTACT, DOCUMENT, INVOICE, NOON, ORGANISATION, TEXT_HASH, document, line, totals
from tests.given import fact, folded, given


def test_an_issued_invoice_is_taken_on_whole() -> None:
    given().when(queue, ACCOUNT, INVOICE, DOCUMENT, TEXT_HASH, ORGANISATION).then(QUEUED)


def test_an_invoice_is_taken_on_before_xero_is_connected() -> None:
    given().when(queue, ACCOUNT, INVOICE, DOCUMENT, TEXT_HASH, None).then(QUEUED_BEFORE_CONNECTING)


@pytest.mark.parametrize("later", [(), (BLOCKED,), (UNKNOWN,), (SYNCED,), (failed(),), (DISMISSED,), (VOIDED,)])
def test_the_same_invoice_again_is_no_news_in_any_state(later: tuple[Event, ...]) -> None:
    given(QUEUED, *later).when(queue, ACCOUNT, INVOICE, DOCUMENT, TEXT_HASH, ORGANISATION).then_nothing()


def test_amounts_written_with_other_zeros_are_the_same_invoice() -> None:
    same = document(lines=(line("3.0000", "120"), line("1.50", "88.5")), totals=totals("492.750", "73.91", "566.66"))
    given(QUEUED).when(queue, ACCOUNT, INVOICE, same, TEXT_HASH, ORGANISATION).then_nothing()


@pytest.mark.parametrize(
    ("changes", "text_hash"),
    [
        ({"number": "INV-0002"}, TEXT_HASH),
        ({"lines": (line("3", "120.01"),)}, TEXT_HASH),
        ({"due_date": dt.date(2026, 10, 22)}, TEXT_HASH),
        ({"payments": (Payment(payment_id="p", paid_on=dt.date(2026, 10, 1), amount=Decimal(1)),)}, TEXT_HASH),
        ({}, "hmac-of-another-text"),
    ],
)
def test_the_same_id_with_other_content_is_refused(changes: dict[str, Any], text_hash: str) -> None:
    outcome = given(QUEUED).when(queue, ACCOUNT, INVOICE, document(**changes), text_hash, ORGANISATION)
    outcome.then_refused(ContentConflict, INVOICE, "other content", "revision")


def test_all_causes_of_an_invoice_are_recorded_at_once() -> None:
    given(QUEUED).when(block, [NO_CONTACT, NO_RATE], ORGANISATION).then(BLOCKED)


def test_an_invoice_blocked_for_the_same_causes_is_not_blocked_again() -> None:
    given(QUEUED, BLOCKED).when(block, [NO_CONTACT, NO_RATE], ORGANISATION).then_nothing()


def test_other_causes_than_before_are_news() -> None:
    given(QUEUED, BLOCKED).when(block, [NO_RATE], ORGANISATION).then(
        fact(InvoiceBlocked, causes=(NO_RATE,), revision=1)
    )


@pytest.mark.parametrize("later", [(UNKNOWN,), (SYNCED,), (failed(),), (DISMISSED,), (VOIDED,)])
def test_only_an_invoice_that_is_about_to_be_sent_is_blocked(later: tuple[Event, ...]) -> None:
    given(QUEUED, *later).when(block, [NO_CONTACT], ORGANISATION).then_nothing()


def test_an_invoice_that_a_search_did_not_find_may_be_blocked() -> None:
    given(QUEUED, UNKNOWN, ABSENT).when(block, [NO_CONTACT, NO_RATE], ORGANISATION).then(BLOCKED)


@pytest.mark.parametrize("later", [(), (BLOCKED,)])
def test_nothing_in_the_way_blocks_nothing(later: tuple[Event, ...]) -> None:
    given(QUEUED, *later).when(block, [], ORGANISATION).then_nothing()


def test_a_blocked_invoice_is_released_when_one_of_its_causes_went() -> None:
    went = Cause("tax_set_unmapped", key="lux@12.5")
    released = fact(InvoiceReleased, cause=went, opens="create_invoice")
    outcome = given(QUEUED, BLOCKED).when(release, "tax_set_unmapped", "lux@12.5").then(released)
    assert (outcome.state.status, outcome.state.causes) == ("queued", ())


@pytest.mark.parametrize(("code", "key"), [("contact_missing", "cus-002"), ("tax_set_unmapped", CONTACT)])
def test_an_invoice_that_waits_for_something_else_is_left_alone(code: str, key: str) -> None:
    given(QUEUED, BLOCKED).when(release, code, key).then_nothing()


@pytest.mark.parametrize("later", [(), (UNKNOWN,), (SYNCED,), (failed(NO_CONTACT),), (BLOCKED, DISMISSED)])
def test_only_a_blocked_invoice_is_released(later: tuple[Event, ...]) -> None:
    given(QUEUED, *later).when(release, "contact_missing", CONTACT).then_nothing()


@pytest.mark.parametrize(
    ("history", "decision", "args", "facts"),
    [
        ((), block, ([NO_CONTACT], ORGANISATION), {}),
        ((), outcome_unknown, (DELIVERY,), {"organisation_id": ORGANISATION}),
        ((), fail, (TAKEN,), {"organisation_id": ORGANISATION, **REFUSAL}),
        ((UNKNOWN,), outcome_absent, (DELIVERY,), {"organisation_id": ORGANISATION}),
        ((BLOCKED,), release, ("contact_missing", CONTACT), {"organisation_id": ORGANISATION}),
        ((BLOCKED,), retry, (), {"organisation_id": ORGANISATION}),
    ],
)
def test_an_invoice_queued_before_connecting_belongs_to_the_organisation_from_its_next_event_on(
    history: tuple[Event, ...], decision: Any, args: tuple[Any, ...], facts: dict[str, Any]
) -> None:
    outcome = given(QUEUED_BEFORE_CONNECTING, *history).when(decision, *args, **facts)
    assert [event.organisation_id for event in outcome.events] == [ORGANISATION]
    assert outcome.state.organisation_id == ORGANISATION


def test_an_event_without_an_organisation_does_not_forget_the_one_known() -> None:
    assert (
        folded(
            QUEUED, fact(OutcomeUnknown, organisation_id=None, delivery_id=DELIVERY, kind="create_invoice")
        ).organisation_id
        == ORGANISATION
    )


def test_the_version_is_the_number_of_events() -> None:
    assert folded(QUEUED, BLOCKED, RETRIED).version == 3


def test_a_revision_replaces_the_content_and_asks_for_a_fresh_check() -> None:
    revised = document(number="INV-0001-B")
    event = fact(InvoiceRevised, document=revised, text_hash="b", revision=2, opens="create_invoice")
    state = folded(QUEUED, BLOCKED, event)
    assert (state.document, state.revision, state.status, state.causes) == (revised, 2, "queued", ())
    assert state.queued_at == NOON


def test_only_a_release_from_the_start_of_syncing_waives_what_it_released_from() -> None:
    start, total = Cause("before_sync_start"), Cause("total_mismatch")
    waits = fact(InvoiceBlocked, causes=(start, total), revision=1)
    past = folded(QUEUED, waits, fact(InvoiceReleased, cause=total, opens="create_invoice"))
    assert past.waived == ()
    waived = fact(InvoiceReleased, cause=start, opens="create_invoice")
    assert folded(QUEUED, waits, waived).waived == ("before_sync_start",)
    assert folded(QUEUED, waits, waived, waits, waived, waits).waived == ("before_sync_start",)


LOCKED, OLDER = Cause("period_locked", facts={"date": "2026-08-15"}), Cause("before_sync_start")
BOTH = fact(InvoiceBlocked, causes=(OLDER, LOCKED), revision=1)


def test_what_waits_on_for_less_says_for_what_now_and_tells_nobody_again() -> None:
    went = fact(InvoiceBlocked, causes=(LOCKED,), revision=1, known=("period_locked",))
    given(QUEUED, BOTH).when(reconsider, [LOCKED], ORGANISATION).then(went)
    assert alerts_of(went) == []
    assert folded(QUEUED, BOTH, went).causes == (LOCKED,)


def test_what_waits_on_for_more_tells_of_what_is_new() -> None:
    came = fact(
        InvoiceBlocked, causes=(OLDER, LOCKED, NO_RATE), revision=1, known=("before_sync_start", "period_locked")
    )
    given(QUEUED, BOTH).when(reconsider, [OLDER, LOCKED, NO_RATE], ORGANISATION).then(came)
    assert [alert.cause_code for alert in alerts_of(came)] == [NO_RATE.code]


def test_another_thing_of_the_same_cause_is_news() -> None:
    other = Cause(NO_RATE.code, key="another")
    waits = fact(InvoiceBlocked, causes=(NO_RATE,), revision=1)
    given(QUEUED, waits).when(reconsider, [other], ORGANISATION).then(fact(InvoiceBlocked, causes=(other,), revision=1))


def test_a_cause_with_other_facts_is_said_anew() -> None:
    moved = Cause("period_locked", facts={"date": "2026-09-30"})
    given(QUEUED, BOTH).when(reconsider, [OLDER, moved], ORGANISATION).then(
        fact(InvoiceBlocked, causes=(OLDER, moved), revision=1, known=("before_sync_start", "period_locked"))
    )


@pytest.mark.parametrize("found", [(OLDER, LOCKED), (LOCKED, OLDER), ()])
def test_the_same_in_any_order_and_nothing_are_no_news(found: tuple[Cause, ...]) -> None:
    given(QUEUED, BOTH).when(reconsider, found, ORGANISATION).then_nothing()


def test_what_xero_itself_named_is_not_overlooked_by_looking() -> None:
    told = fact(InvoiceBlocked, causes=(NO_RATE,), revision=1, told=True)
    given(QUEUED, told).when(reconsider, [LOCKED], ORGANISATION).then_nothing()


@pytest.mark.parametrize(
    "history", [(QUEUED,), (QUEUED, SYNCED), (QUEUED, DISMISSED), (QUEUED, VOIDED), (QUEUED, UNKNOWN)]
)
def test_what_does_not_wait_is_not_reconsidered(history: tuple[Event, ...]) -> None:
    given(*history).when(reconsider, [LOCKED], ORGANISATION).then_nothing()
