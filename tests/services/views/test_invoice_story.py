"""The story of one invoice, told from a real run: its answer, its history in words, its deliveries."""

import msgspec
import pytest
from sqlalchemy import Engine

from services.projector import Projector
from services.proof.verify import verify
from services.views.invoice_question import Question
from services.views.invoice_story import tell
from services.views.timeline import in_words
from tests.domain.every_event import EVERY_EVENT
from tests.world import ACCOUNT, World, example_invoices


@pytest.mark.complaint(15)
def test_a_synced_invoice_tells_its_whole_way(world: World, read: Engine) -> None:
    world.queue(example_invoices(1))
    before = tell(world.engine, read, ACCOUNT, "inv-0")
    assert (before.explanation.status, before.entry is not None, before.deliveries) == ("queued", True, ())
    world.work()
    story = tell(world.engine, read, ACCOUNT, "inv-0")
    assert [step.event for step in story.timeline] == ["InvoiceQueued", "InvoiceSynced"]
    assert story.timeline[0].says.startswith("Taken on: T-0 of ")
    assert story.timeline[1].says.startswith(f"Accepted by Xero as {story.xero_invoice_id}")
    (delivery,) = story.deliveries
    assert (delivery.purpose, delivery.http_status, delivery.finished_at is not None) == ("send", 200, True)
    assert (story.explanation.status, story.explanation.in_xero, story.entry) == ("synced", True, None)
    assert ", since " in story.explanation.sentence


def test_a_lost_answer_is_being_checked_until_xero_was_searched(world: World, read: Engine) -> None:
    world.fault("answer_lost")
    world.queue(example_invoices(1))
    world.work()
    story = tell(world.engine, read, ACCOUNT, "inv-0")
    assert story.explanation.status == "checking"
    assert story.explanation.next_in is not None
    world.later(60)
    world.work()
    done = tell(world.engine, read, ACCOUNT, "inv-0")
    assert done.explanation.status == "synced"
    assert [step.event for step in done.timeline][1:] == ["OutcomeUnknown", "OutcomeResolved", "InvoiceSynced"]
    assert done.timeline[-1].says.startswith("Found in Xero and adopted as")
    assert {delivery.purpose for delivery in done.deliveries} == {"send"}
    assert len(world.in_xero()) == 1


def test_a_refusal_names_its_cause_and_who_must_act(world: World, read: Engine) -> None:
    (first,) = example_invoices(1)
    world.queue([first])
    world.work()
    other = msgspec.structs.replace(first.document, url="https://app.kyrios.example/invoices/inv-9")
    world.queue([msgspec.structs.replace(first, invoice_id="inv-9", document=other)])
    world.work()
    refused = Question(world.engine).explain(world.invoice("inv-9"))
    assert (refused.status, [cause.code for cause in refused.causes]) == ("failed", ["duplicate_number_in_xero"])
    assert refused.who == ("owner",)
    assert tell(world.engine, read, ACCOUNT, "inv-9").timeline[-1].event == "SyncFailed"


def test_an_unknown_invoice_has_no_answer(world: World) -> None:
    assert Question(world.engine).ask(ACCOUNT, "inv-9") is None


def test_after_a_real_run_everything_agrees(world: World, read: Engine) -> None:
    world.fault("answer_lost")
    world.queue(example_invoices(5))
    world.work()
    world.later(60)
    world.work()
    Projector(world.engine.store, read).catch_up()
    verified = verify(read)
    assert verified.findings == ()
    (place,) = verified.conservation
    assert (place.accepted, place.synced) == (5, 5)


def test_every_event_of_an_invoice_has_words() -> None:
    for event_type, event in EVERY_EVENT.items():
        if event_type.__module__.startswith("domain.invoice"):
            assert in_words(event) != event_type.__name__
