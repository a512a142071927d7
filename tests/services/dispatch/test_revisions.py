"""A revised invoice: before it is sent, while it is on its way, and once it is in Xero."""

import datetime as dt

import pytest

from services.bootstrap import Parts
from services.views.invoice_question import Question
from tests.changes import (
    assert_clean,
    held,
    kinds,
    posts,
    refusals,
    revise,
    revised,
)
from tests.services.dispatch.other_engine import beside, once_while_sending
from tests.services.dispatch.seen import story
from tests.world import World, example_invoices

CREATED = ("create_invoice", "DONE")
UPDATED = ("update_invoice", "DONE")


def sentence(world: World, invoice_id: str = "inv-0") -> str:
    """What people read of an invoice."""
    return Question(world.engine).explain(world.invoice(invoice_id)).sentence


# ── what is taken on ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_revision_again_is_no_news_in_any_state(world: World) -> None:
    world.queue(example_invoices(1))
    assert revise(world, revised()) == ["accepted"]
    assert revise(world, revised()) == ["known"]
    world.work()
    assert revise(world, revised()) == ["known"]
    assert story(world) == ["InvoiceQueued", "InvoiceRevised", "InvoiceSynced"]


def test_a_revision_is_taken_on_like_any_invoice(world: World) -> None:
    assert world.queue([*example_invoices(1), revised()]) == ["accepted", "accepted"]
    world.work()
    assert str(held(world)["Total"]) == "230.0"


def test_an_older_revision_and_other_content_of_the_same_one_are_refused(world: World) -> None:
    world.queue([*example_invoices(1), revised(revision=3)])
    older, other = refusals(world, revised(revision=2), revised(revision=3, due_date=dt.date(2026, 12, 1)))
    assert "is at revision 3; revision 2 comes too late" in older
    assert "revision 3 of invoice inv-0 was accepted before with other content" in other


def test_an_invoice_that_was_never_taken_on_is_not_revised_and_may_be_taken_on_at_any_revision(world: World) -> None:
    assert "never taken on" in refusals(world, revised())[0]
    assert world.queue([revised(revision=4)]) == ["accepted"]
    assert world.invoice("inv-0").revision == 4


# ── before it is sent ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_invoice_revised_before_it_is_sent_is_created_as_revised(world: World) -> None:
    world.queue(example_invoices(1))
    revise(world, revised())
    world.work()
    assert (held(world)["Total"], posts(world), kinds(world)) == (230.0, 0, [CREATED])
    assert world.invoice("inv-0").synced_revision == 2
    assert_clean(world)


def test_a_blocked_invoice_that_is_revised_is_checked_afresh(world: World) -> None:
    blocked = revised(revision=1, currency="GBP")
    world.queue([blocked])
    world.work()
    assert world.invoice("inv-0").status == "blocked"
    revise(world, revised())
    world.work()
    assert (world.invoice("inv-0").status, held(world)["Total"]) == ("synced", 230.0)
    assert_clean(world)


# ── while it is on its way ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_invoice_revised_while_it_is_sent_is_created_and_then_updated(world: World) -> None:
    world.queue(example_invoices(1))
    with beside(world, Parts(session=once_while_sending(lambda: revise(world, revised())))) as other:
        other.work()
    assert (held(world)["Total"], kinds(world)) == (230.0, [CREATED, UPDATED])
    assert story(world) == ["InvoiceQueued", "InvoiceRevised", "InvoiceSynced", "InvoiceSynced"]
    assert world.invoice("inv-0").reviews == ()
    assert_clean(world)


@pytest.mark.parametrize(("arrived", "entries"), [(True, [CREATED, UPDATED]), (False, [CREATED])])
def test_an_invoice_revised_while_nobody_knows_whether_it_arrived_is_found_by_what_was_sent(
    world: World, arrived: bool, entries: list[tuple[str, str]]
) -> None:
    world.fault("answer_lost" if arrived else "reset", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.work()
    revise(world, revised(number="T-0-B") if arrived else revised())
    assert world.invoice("inv-0").status == "checking"
    world.later(3.1)
    world.work()
    assert kinds(world) == entries
    assert len(world.in_xero()) == 1
    assert world.in_xero()[0]["InvoiceNumber"] == ("T-0-B" if arrived else "T-0")
    assert world.invoice("inv-0").synced_revision == 2
    assert_clean(world)


@pytest.mark.parametrize(
    ("fault", "entries"),
    [("http_413", [("create_invoice", "REJECTED"), CREATED]), ("batch_400", [CREATED])],
)
def test_a_refusal_of_the_revision_before_does_not_fail_the_newer_one(
    world: World, fault: str, entries: list[tuple[str, str]]
) -> None:
    world.fault(fault, method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    assert world.engine.dispatcher.look_at(world.lane)
    revise(world, revised())
    world.work()
    assert (world.invoice("inv-0").status, held(world)["Total"]) == ("synced", 230.0)
    assert kinds(world) == entries
    assert_clean(world)


# ── once it is in Xero ──────────────────────────────────────────────────────────────────────────────────────────────
