"""Leaving invoices out and bringing them back: what is not yet in Xero never goes there, until somebody wants it."""

import pytest

from domain.invoice import DismissalUndone, SyncDismissed
from domain.refusals import InvalidInput, NotPossible
from domain.streams import invoice_stream
from services.actions.choice import Named
from services.actions.leaving_out import BringBack, LeaveOut
from services.actions.report import Report
from services.bootstrap import Parts
from services.views.invoice_story import tell
from tests.changes import assert_clean
from tests.services.dispatch.other_engine import beside, once_while_sending
from tests.world import ACCOUNT, OWNER, World, example_invoices

REASON = "Entered by hand"


def leave_out(world: World, *names: str) -> Report:
    return world.engine.actions(ACCOUNT, Named(names), LeaveOut(REASON), OWNER)


def bring_back(world: World, *names: str, reason: str = "After all") -> Report:
    return world.engine.actions(ACCOUNT, Named(names), BringBack(reason), OWNER)


def test_queued_invoices_are_left_out_once_and_never_sent(world: World) -> None:
    world.queue(example_invoices(3))
    head = world.engine.store.head()
    assert leave_out(world, "inv-0", "inv-1").how_many("done") == 2
    assert world.engine.store.head() == head + 2
    again = leave_out(world, "inv-0", "inv-1")
    assert [(count.result, count.why, count.invoices) for count in again.counts] == [("already", "left out already", 2)]
    assert world.engine.store.head() == head + 2
    world.work()
    assert [one["InvoiceNumber"] for one in world.in_xero()] == ["T-2"]
    assert [one["state"] for one in world.outbox()] == ["WITHDRAWN", "WITHDRAWN", "DONE"]
    assert_clean(world)


def test_one_that_cannot_be_left_out_stops_no_other(world: World) -> None:
    world.queue(example_invoices(1))
    world.work()
    world.queue(example_invoices(2, start=1))
    world.engine.projector.catch_up()
    report = leave_out(world, "inv-0", "inv-1", "inv-9", "inv-2", "T-2")
    assert [(one.asked, one.result, one.why) for one in report.invoices] == [
        ("inv-0", "refused", "invoice inv-0 is synced; it cannot be left out any more"),
        ("inv-1", "done", "left out"),
        ("inv-9", "refused", f"account {ACCOUNT} has no invoice with the id or the number inv-9"),
        ("inv-2", "done", "left out"),
        ("T-2", "already", "named twice"),
    ]
    assert [world.invoice(f"inv-{n}").status for n in range(3)] == ["synced", "dismissed", "dismissed"]
    assert_clean(world)


def test_what_is_on_its_way_is_not_left_out(world: World) -> None:
    refused: list[str] = []
    world.queue(example_invoices(1))
    session = once_while_sending(lambda: refused.append(leave_out(world, "inv-0").invoices[0].why))
    with beside(world, Parts(session=session)) as other:
        other.work()
    assert refused == ["invoice inv-0 is on its way to Xero; look again in a minute"]
    assert world.invoice("inv-0").status == "synced"
    assert_clean(world)


def test_what_may_have_arrived_is_looked_up_first(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.work()
    with pytest.raises(NotPossible, match="is being looked up in Xero"):
        world.engine.actions.one(ACCOUNT, "inv-0", LeaveOut(REASON), OWNER)


def test_what_was_left_out_is_brought_back_and_sent_and_says_why_it_was_out(world: World) -> None:
    world.queue(example_invoices(1))
    leave_out(world, "inv-0")
    world.engine.projector.catch_up()
    story = tell(world.engine, world.engine.read, ACCOUNT, "inv-0")
    assert story.explanation.sentence.startswith("Left out by the owner on ")
    assert story.explanation.sentence.endswith(f": {REASON}.")
    assert bring_back(world, "T-0", reason="It was not").how_many("done") == 1
    assert bring_back(world, "inv-0").counts[0].why == "not left out"
    world.work()
    assert world.invoice("inv-0").status == "synced"
    told = tell(world.engine, world.engine.read, ACCOUNT, "inv-0").timeline
    assert [step.says for step in told[1:3]] == [
        f"Left out by a person: {REASON}.", "Brought back by a person: It was not.",
    ]  # fmt: skip
    assert_clean(world)


def test_reasons_are_sealed_and_in_no_event(world: World) -> None:
    world.queue(example_invoices(1))
    leave_out(world, "inv-0")
    bring_back(world, "inv-0", reason="It was not")
    events = world.engine.store.events_of(invoice_stream(ACCOUNT, "inv-0"))
    refs = [event.reason_ref for event in events if isinstance(event, SyncDismissed | DismissalUndone)]
    assert [world.engine.answer_words(ref, ACCOUNT) for ref in refs if ref] == [REASON, "It was not"]
    with world.engine.store.cursor() as cursor:
        states = cursor.execute("SELECT state FROM es.sync_events").fetchall()
        sealed = cursor.execute("SELECT sealed FROM app.answer_text").fetchall()
    assert not [row for row in states if b"by hand" in bytes(row["state"])]
    assert not [row for row in sealed if b"by hand" in bytes(row["sealed"])]


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "x" * 501])
def test_a_reason_says_something_and_ends(reason: str) -> None:
    for action in (LeaveOut, BringBack):
        with pytest.raises(InvalidInput, match="a reason is 1 to 500"):
            action(reason)
