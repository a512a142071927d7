"""Invoices from before the start of syncing: they wait for a person's word, before and behind the gate."""

import datetime as dt

import pytest

from domain.causes import Cause
from domain.event import Event
from domain.invoice import InvoiceBlocked, InvoiceReleased, SyncDismissed, release
from domain.leaving_out import dismiss
from domain.older_invoice import is_held, let_go
from domain.refusals import NotPossible
from tests.domain.invoice_history import QUEUED as ACCEPTED
from tests.domain.invoice_history import SYNCED, UNKNOWN, VOIDED
from tests.examples import DOCUMENT, ORGANISATION, identity
from tests.given import fact, folded, given

DAY = DOCUMENT.date
START, BEFORE = DAY + dt.timedelta(days=1), Cause("before_sync_start", facts={"sync_from": "2030-01-01"})
QUEUED = (ACCEPTED,)
BLOCKED = (*QUEUED, fact(InvoiceBlocked, causes=(BEFORE,), revision=1))
GONE = Cause("before_sync_start")


@pytest.mark.article("R26")
def test_an_older_invoice_is_held_whether_it_was_looked_at_or_not() -> None:
    assert is_held(folded(*BLOCKED), None)
    assert is_held(folded(*QUEUED), START)
    assert not is_held(folded(*QUEUED), DAY)
    assert not is_held(folded(*QUEUED), None)


OTHER = (*QUEUED, fact(InvoiceBlocked, causes=(Cause("contact_missing", key="cus-001"),), revision=1))
STUCK = (*QUEUED, SYNCED, fact(InvoiceBlocked, causes=(Cause("contact_missing", key="cus-001"),), revision=2))


def test_one_that_waits_for_something_else_is_held_as_soon_as_the_start_is_later() -> None:
    assert is_held(folded(*OTHER), START)
    assert not is_held(folded(*OTHER), DAY)
    assert not is_held(folded(*OTHER), None)
    released = given(*OTHER).when(let_go, START, ORGANISATION).state
    assert (released.waived, is_held(released, START)) == (("before_sync_start",), False)
    assert not is_held(folded(*STUCK), START), "what is in Xero is past the start"


@pytest.mark.article("R26")
def test_a_person_lets_it_go_once() -> None:
    released = fact(InvoiceReleased, cause=GONE, opens="create_invoice")
    given(*BLOCKED).when(let_go, START, ORGANISATION).then(released)
    given(*BLOCKED, released).when(let_go, START, ORGANISATION).then_nothing()


def test_one_that_was_not_looked_at_yet_keeps_its_entry_and_is_not_held_later() -> None:
    outcome = given(*QUEUED).when(let_go, START, ORGANISATION)
    outcome.then(fact(InvoiceReleased, cause=GONE, opens=None))
    assert (outcome.state.status, outcome.state.live) == ("queued", ("create_invoice",))
    assert outcome.state.waived == ("before_sync_start",)
    assert not is_held(outcome.state, START)


def test_a_release_because_the_start_moved_lets_it_go_only_as_long_as_that_holds() -> None:
    moved = given(*BLOCKED).when(release, "before_sync_start", "", fixed=True).state
    assert (moved.status, moved.waived) == ("queued", ())
    assert is_held(moved, START)


@pytest.mark.parametrize("history", [QUEUED, BLOCKED])
def test_it_may_be_left_out_once(history: tuple[Event, ...]) -> None:
    left_out = fact(SyncDismissed, reason_ref=identity("reason"))
    given(*history).when(dismiss, reason_ref=identity("reason")).then(left_out)
    given(*history, left_out).when(dismiss, reason_ref=None).then_nothing()


@pytest.mark.parametrize("history", [(UNKNOWN,), (SYNCED,), (VOIDED,)])
def test_what_is_or_may_be_in_xero_is_not_left_out(history: tuple[Event, ...]) -> None:
    given(*QUEUED, *history).when(dismiss, reason_ref=None).then_refused(NotPossible, "cannot be left out")
