"""What Xero says of each invoice in a good answer: saved, refused with words to be kept, or saved otherwise."""

import msgspec
import pytest

from adapters.xero.answers import InvoicesAnswer
from domain.money import parse_amount
from services.bootstrap import Parts
from tests.services.dispatch.other_engine import answering, beside
from tests.services.dispatch.seen import states, statuses, story
from tests.world import ACCOUNT, OWNER, World, example_invoices


@pytest.mark.article("R19")
def test_an_invoice_xero_refuses_fails_with_its_words_sealed_and_the_others_go(world: World) -> None:
    world.refuse({"T-1": "No contact of ours wears purple."})
    world.queue(example_invoices(3))
    world.work()
    assert statuses(world, 3) == ["synced", "failed", "synced"]
    assert states(world) == ["DONE", "REJECTED", "DONE"]
    assert story(world, "inv-1") == ["InvoiceQueued", "SyncFailed"]
    refused = world.invoice("inv-1")
    assert [cause.code for cause in refused.causes] == ["rejected_by_xero"]
    assert refused.answer_ref is not None
    words = world.engine.answer_words(refused.answer_ref, ACCOUNT)
    assert words is not None
    assert "contact" in words.lower()
    assert words.encode() not in stored_answer(world)
    assert len(world.requests("PUT", "/Invoices")) == 1


def test_a_refused_invoice_can_be_tried_again_once_its_cause_is_gone(world: World) -> None:
    world.refuse({"T-0": "No contact of ours wears purple."})
    world.queue(example_invoices(1))
    world.work()
    world.refuse({})
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    world.work()
    assert story(world) == ["InvoiceQueued", "SyncFailed", "RetryRequested", "InvoiceSynced"]
    assert states(world) == ["REJECTED", "DONE"]


def test_totals_answered_otherwise_are_recorded_and_raise_a_review(world: World) -> None:
    with beside(world, Parts(session=answering(a_cent_more))) as other:
        other.queue(example_invoices(1))
        other.work()
    state = world.invoice("inv-0")
    assert state.status == "synced"
    assert story(world) == ["InvoiceQueued", "InvoiceSynced", "ReviewRaised"]
    assert [review.code for review in state.reviews] == ["total_differs_in_xero"]
    assert state.synced_totals is not None
    assert state.synced_totals.total == state.document.totals.total + parse_amount("0.01")


def test_an_answer_about_other_invoices_than_were_sent_is_no_answer(world: World) -> None:
    with beside(world, Parts(session=answering(in_another_order))) as other:
        other.queue(example_invoices(3))
        assert other.engine.dispatcher.look_at(other.lane)
        assert states(world) == ["AMBIGUOUS"] * 3
        other.work()
    assert statuses(world, 3) == ["synced"] * 3
    numbers = {one["InvoiceID"]: one["InvoiceNumber"] for one in world.in_xero()}
    assert [numbers[world.invoice(f"inv-{n}").xero_invoice_id or ""] for n in range(3)] == ["T-0", "T-1", "T-2"]


def a_cent_more(answer: InvoicesAnswer) -> InvoicesAnswer:
    """The same answer with other totals."""
    changed = []
    for element in answer.elements:
        assert element.totals is not None
        totals = msgspec.structs.replace(element.totals, total=element.totals.total + parse_amount("0.01"))
        changed.append(msgspec.structs.replace(element, totals=totals))
    return msgspec.structs.replace(answer, elements=tuple(changed))


def in_another_order(answer: InvoicesAnswer) -> InvoicesAnswer:
    """The same answer, its elements turned round."""
    return msgspec.structs.replace(answer, elements=tuple(reversed(answer.elements)))


def stored_answer(world: World) -> bytes:
    """Xero's words as they lie in the database."""
    with world.engine.store.cursor() as cursor:
        row = cursor.execute("SELECT sealed FROM app.answer_text").fetchone()
    assert row is not None
    return bytes(row["sealed"])
