"""Revisions of invoices that are in Xero already: updated by their id, or a review where Xero says no."""

import datetime as dt

import msgspec
import pytest

from domain import connection as connections
from domain.fixes import READ_FROM_XERO
from services.bootstrap import Parts
from tests.changes import (
    REVISED_TOTAL,
    assert_clean,
    change_in_xero,
    held,
    kinds,
    posts,
    remove_payments,
    revise,
    revised,
    synced,
    without_reference,
)
from tests.payments import in_xero as payments_in_xero
from tests.payments import pay_by_hand, payment, take_payments, with_payments
from tests.services.dispatch.other_engine import beside, once_while_sending
from tests.services.dispatch.seen import story
from tests.services.dispatch.test_revisions import CREATED, UPDATED, sentence
from tests.world import ACCOUNT, OWNER, World, example_invoices, organisation_id


@pytest.mark.article("R25")
@pytest.mark.complaint(14)
def test_an_invoice_in_xero_that_is_revised_is_updated_by_its_id(world: World) -> None:
    synced(world)
    before = held(world)
    assert revise(world, without_reference(revised())) == ["accepted"]
    assert sentence(world) == "In Xero as T-0; a change is on its way."
    world.work()
    after = held(world)
    assert (after["InvoiceID"], after["Total"], after.get("Reference", "")) == (before["InvoiceID"], 230.0, "")
    assert len(after["LineItems"]) == 1
    assert kinds(world) == [CREATED, UPDATED]
    assert f"{REVISED_TOTAL}" in sentence(world)
    assert_clean(world)


def test_a_revision_may_give_the_invoice_another_number(world: World) -> None:
    synced(world)
    revise(world, revised(number="T-0-B"))
    assert sentence(world).startswith("In Xero as T-0;")
    world.work()
    assert [one["InvoiceNumber"] for one in world.in_xero()] == ["T-0-B"]
    assert_clean(world)


def test_fifty_revised_invoices_are_one_request(world: World) -> None:
    synced(world, 50)
    revise(world, *(revised(number) for number in range(50)))
    world.work()
    assert (posts(world), {one["Total"] for one in world.in_xero()}) == (1, {230.0})
    assert_clean(world)


def test_only_the_newest_of_several_revisions_is_brought_to_xero(world: World) -> None:
    synced(world)
    revise(world, revised(due_date=dt.date(2026, 11, 1)), revised(revision=3))
    world.work()
    assert (posts(world), held(world)["Total"], world.invoice("inv-0").synced_revision) == (1, 230.0, 3)
    assert_clean(world)


def test_a_revision_that_comes_while_an_update_is_sent_follows_it(world: World) -> None:
    synced(world)
    revise(world, revised(due_date=dt.date(2026, 11, 1)))
    with beside(world, Parts(session=once_while_sending(lambda: revise(world, revised(revision=3))))) as other:
        other.work()
    assert (posts(world), held(world)["Total"], world.invoice("inv-0").synced_revision) == (2, 230.0, 3)
    assert_clean(world)


def test_a_revision_of_payments_alone_is_recorded_and_not_sent(world: World) -> None:
    take_payments(world)
    synced(world)
    (one,) = example_invoices(1)
    paid = with_payments(revised(totals=one.document.totals), [payment("pay-1", "414.00")])
    assert revise(world, paid) == ["accepted"]
    world.work()
    assert (posts(world), world.requests("PUT", "/Payments"), kinds(world)) == (0, [], [CREATED])
    assert_clean(world)


# ── what Xero does not allow ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("amount", "paid"), [("100.00", "paid or credited in part"), ("414.00", "paid in full")])
@pytest.mark.article("R25")
def test_an_edit_of_an_invoice_paid_in_xero_becomes_a_review_and_stays_synced(
    world: World, amount: str, paid: str
) -> None:
    synced(world)
    pay_by_hand(world, "T-0", amount)
    revise(world, revised())
    world.work()
    state = world.invoice("inv-0")
    assert (state.status, [review.code for review in state.reviews]) == ("synced", ["edit_refused"])
    assert (posts(world), held(world)["Total"]) == (1, 414.0)
    assert f"In Xero this invoice is {paid}, so your change was not applied." in sentence(world)
    assert state.answer_ref is not None
    assert world.engine.answer_words(state.answer_ref, ACCOUNT)
    assert_clean(world)


def test_a_refused_edit_is_tried_again_on_request_and_the_review_is_settled(world: World) -> None:
    synced(world)
    pay_by_hand(world, "T-0", "100.00")
    revise(world, revised())
    world.work()
    remove_payments(world)
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    world.work()
    assert (held(world)["Total"], world.invoice("inv-0").reviews) == (230.0, ())
    assert_clean(world)


@pytest.mark.parametrize("status", ["VOIDED", "DELETED"])
def test_an_edit_of_an_invoice_that_is_gone_in_xero_becomes_a_review(world: World, status: str) -> None:
    synced(world)
    change_in_xero(world, Status=status)
    revise(world, revised())
    world.work()
    assert [review.code for review in world.invoice("inv-0").reviews] == ["edit_refused"]
    assert f"In Xero this invoice is {status.lower()}, so your change was not applied." in sentence(world)
    assert len(world.in_xero()) == 1
    assert_clean(world)


def test_a_number_another_invoice_bears_in_xero_becomes_a_review(world: World) -> None:
    synced(world, 2)
    revise(world, revised(number="T-1"))
    world.work()
    (review,) = world.invoice("inv-0").reviews
    assert (review.code, review.key) == ("duplicate_number_in_xero", "T-1")
    assert sorted(one["InvoiceNumber"] for one in world.in_xero()) == ["T-0", "T-1"]
    assert_clean(world)


def test_a_revision_that_waits_leaves_the_invoice_synced_and_goes_by_itself_once_its_cause_is_gone(
    world: World,
) -> None:
    synced(world)
    set_up, other = world.engine.set_up, allowed(world)
    set_up.choose_accounts(ACCOUNT, line="200", payment=None, also=[], actor=OWNER)
    (line,) = revised().document.lines
    lines = (msgspec.structs.replace(line, ledger_account_id=other),)
    revise(world, revised(lines=lines, totals=revised().document.totals))
    world.work()
    state = world.invoice("inv-0")
    assert (state.status, [cause.code for cause in state.causes]) == ("synced", ["account_not_selected"])
    assert "A later change has not arrived" in sentence(world)
    assert_clean(world)
    set_up.choose_accounts(ACCOUNT, line="200", payment=None, also=["260"], actor=OWNER)
    assert release(world) == 1
    world.work()
    assert (held(world)["Total"], world.invoice("inv-0").causes) == (230.0, ())
    assert kinds(world) == [CREATED, ("update_invoice", "WITHDRAWN"), UPDATED]
    assert_clean(world)


def test_a_revision_asks_for_no_account_for_payments_and_for_no_start_of_syncing(world: World) -> None:
    """Payments are frozen when an invoice is created, and what is in Xero already is not kept out of it by its date."""
    synced(world)
    world.engine.set_up.change_setting(ACCOUNT, "sync_from", "2027-01-01", OWNER)
    assert revise(world, with_payments(revised(), [payment("pay-0", "230.00")])) == ["accepted"]
    world.work()
    assert (held(world)["Total"], world.invoice("inv-0").causes, payments_in_xero(world)) == (230.0, (), [])
    assert_clean(world)


def test_a_change_blocked_for_what_does_not_concern_it_is_released_as_soon_as_anybody_looks(world: World) -> None:
    synced(world)
    revise(world, with_payments(revised(currency="GBP"), [payment("pay-0", "230.00")]))
    world.work()
    assert [cause.code for cause in world.invoice("inv-0").causes] == ["currency_not_enabled"]
    pounds = {"Code": "GBP", "Description": "Pound Sterling"}
    world.control.post(f"/organisations/{organisation_id()}/currencies", json=pounds).raise_for_status()
    world.engine.references.refresh(ACCOUNT)
    world.engine.projector.step()
    assert world.engine.releaser.look_again(ACCOUNT, READ_FROM_XERO) == 1
    world.work()
    assert world.invoice("inv-0").synced_revision == 2
    assert_clean(world)


def test_a_revision_that_waits_gives_way_to_a_newer_one(world: World) -> None:
    synced(world)
    revise(world, revised(currency="GBP"))
    world.work()
    assert [cause.code for cause in world.invoice("inv-0").causes] == ["currency_not_enabled"]
    revise(world, revised(revision=3))
    world.work()
    assert (held(world)["Total"], world.invoice("inv-0").causes) == (230.0, ())
    assert_clean(world)


def allowed(world: World) -> str:
    """The AccountID of the account a line may use besides the default one."""
    connection = world.engine.store.load(world.lane, connections.evolve)
    assert connection is not None
    (account,) = connection.also_allowed
    return account.account_id


def release(world: World) -> int:
    """Follow the log; returns how many invoices were released."""
    world.engine.projector.step()
    return world.engine.releaser.step(world.engine.store.head())


# ── unknown outcomes ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("fault", "sent"), [("answer_lost", 1), ("http_500_after", 1), ("reset", 2)])
def test_an_update_without_an_answer_is_looked_up_by_id_and_sent_again_only_if_it_did_not_arrive(
    world: World, fault: str, sent: int
) -> None:
    synced(world)
    world.fault(fault, method="POST", path="/Invoices")
    revise(world, revised())
    world.work()
    assert kinds(world) == [CREATED, ("update_invoice", "AMBIGUOUS")]
    assert world.invoice("inv-0").status == "synced"
    world.later(3.1)
    world.work()
    assert kinds(world) == [CREATED, UPDATED]
    assert (held(world)["Total"], len(set(keys(world)))) == (230.0, sent)
    assert story(world)[-3:] == ["OutcomeUnknown", "OutcomeResolved", "InvoiceSynced"]
    assert_clean(world)


def test_an_update_that_changed_only_what_no_total_shows_is_not_taken_for_arrived(world: World) -> None:
    synced(world)
    world.fault("reset", method="POST", path="/Invoices")
    revise(world, revised(due_date=dt.date(2026, 11, 5)))
    world.work()
    world.later(3.1)
    world.work()
    assert held(world)["DueDateString"] == "2026-11-05T00:00:00"
    assert len(set(keys(world))) == 2
    assert_clean(world)


def keys(world: World) -> list[str]:
    """The idempotency keys of all requests to change invoices, in order."""
    return [request["idempotency_key"] for request in world.requests("POST", "/Invoices")]
