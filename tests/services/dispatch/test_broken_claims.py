"""What cannot be read when Xero is to be searched for it is counted, parted from the others, and ends alone."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from domain.causes import Cause
from domain.streams import invoice_stream
from services.bootstrap import Parts
from services.dispatch.broken_searches import BrokenSearches, CannotSearch
from services.dispatch.claim import Claim
from services.dispatch.create_invoice import CreateInvoice
from services.proof.verify import verify
from services.views.invoice_question import Question
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.seen import keys, states, story
from tests.services.dispatch.test_failed_searches import HOUR, STEP, until_ended
from tests.world import ACCOUNT, World, example_invoices

COUNT = 5


def lose_answers(world: World) -> None:
    """Invoices that arrive in Xero without our knowing; what was sent of the first is not remembered."""
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(COUNT))
    world.engine.dispatcher.look_at(world.lane)
    with world.engine.store.cursor() as cursor:
        cursor.execute("DELETE FROM app.delivery_fragment WHERE stream_id = %s", (invoice_stream(ACCOUNT, "inv-0"),))
    world.later(3.1)


class Unreadable(CreateInvoice):
    """The first invoice's stream cannot be read."""

    def subjects(self, tx: Any, stream_ids: Sequence[UUID], connection: Any) -> Mapping[UUID, Any]:
        """Fail, or read."""
        if invoice_stream(ACCOUNT, "inv-0") in stream_ids:
            raise ValueError("an event that makes no sense")
        return super().subjects(tx, stream_ids, connection)


class CannotRead(Claim):
    """Meets it in a claim, and where its end is to be told."""

    def __init__(self, store: Any, keys: Any, kinds: Any, *parts: Any) -> None:
        broken = {**kinds, Unreadable.name: Unreadable(keys)}
        super().__init__(store, keys, broken, *parts)
        self._ending._kinds = broken


class CountsNothing(BrokenSearches):
    """Lets a broken search be."""

    def count(self, connection_id: UUID, broken: CannotSearch) -> None:
        """Count nothing."""


class Uncounted(Claim):
    """A claim that counts no broken search."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._broken = CountsNothing(self._store, self._ending, self._new_id, lambda: 0.0)


def test_an_invoice_of_which_it_is_not_remembered_what_was_sent_ends_alone_and_all_others_are_found(
    world: World,
) -> None:
    lose_answers(world)
    world.work()
    assert states(world) == ["AMBIGUOUS"] * COUNT
    assert {entry["searches"] for entry in world.outbox()} == {1}
    world.queue(example_invoices(1, start=COUNT))
    world.work()
    assert states(world)[-1] == "DONE", "others go at once"
    assert 2 * HOUR <= until_ended(world) <= 12 * HOUR
    assert states(world) == ["DEAD"] + ["DONE"] * COUNT
    assert story(world)[-1] == "SyncFailed"
    assert world.invoice("inv-0").causes == (Cause("outcome_unresolved", facts={"search": "failed"}),)
    assert len(keys(world)) == 2, "nothing is sent again"
    assert verify(world.engine.read).clean
    held = [one["InvoiceNumber"] for one in world.in_xero()]
    assert sorted(held) == [f"T-{number}" for number in range(COUNT + 1)]


def test_one_whose_stream_cannot_be_read_ends_too_and_says_that_nothing_is_under_way(world: World) -> None:
    lose_answers(world)
    with beside(world, Parts(claim=CannotRead)) as other:
        until_ended(other)
    assert states(world) == ["DEAD"] + ["DONE"] * (COUNT - 1)
    told = Question(world.engine).explain(world.invoice("inv-0"))
    assert (told.status, told.who) == ("checking", ("support",))
    assert not verify(world.engine.read).clean
    assert len(keys(world)) == 1


def test_one_would_keep_all_others_from_being_found_for_ever_if_it_were_not_counted(world: World) -> None:
    lose_answers(world)
    with beside(world, Parts(claim=Uncounted)) as other:
        for _ in range(20):
            other.work()
            other.later(STEP)
    assert states(world) == ["AMBIGUOUS"] * COUNT
