"""What cannot be read when it is sent, freed or searched for is counted, parted from the others, and ends alone."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest

from adapters.vault.errors import NotOpened
from domain.causes import Cause
from domain.poison import DEATHS_ALONE
from domain.streams import invoice_stream
from services.bootstrap import Parts
from services.dispatch.broken_searches import BrokenSearches, CannotSearch
from services.dispatch.claim import Claim
from services.dispatch.claim_deaths import CannotSend, ClaimDeaths
from services.dispatch.create_invoice import CreateInvoice
from services.proof.verify import verify
from services.views.invoice_question import Question
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.seen import keys, states, story
from tests.services.dispatch.test_failed_searches import HOUR, STEP, until_ended
from tests.world import ACCOUNT, OWNER, World, example_invoices

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


class Unchecked(CreateInvoice):
    """The first invoice can be read, and breaks whatever is to find out what is in its way."""

    def causes(self, subject: Any, connection: Any) -> list[Cause]:
        """Fail, or check."""
        if subject.invoice.kyrios_invoice_id == "inv-0":
            raise ZeroDivisionError
        return super().causes(subject, connection)


class CannotRead(Claim):
    """Meets it in a claim, and where its end is to be told."""

    kind: type[CreateInvoice] = Unreadable

    def __init__(self, store: Any, keys: Any, kinds: Any, *parts: Any) -> None:
        broken = {**kinds, CreateInvoice.name: self.kind(keys)}
        super().__init__(store, keys, broken, *parts)
        self._ending._kinds = broken


class CannotCheck(CannotRead):
    """Meets that one."""

    kind = Unchecked


class CountsNoClaims(ClaimDeaths):
    """Lets a broken claim be."""

    def count_broken(self, connection_id: UUID, broken: CannotSend) -> None:
        """Count nothing."""


class UncountedClaims(CannotRead):
    """A claim that counts nothing of what breaks before it is sent."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._deaths = CountsNoClaims(self._store, self._ending, self._new_id)


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


def looks_until_ended(world: World) -> int:
    """Work, and let a minute pass, until only what arrived or ended is left; in how many rounds."""
    for rounds in range(1, 10):
        world.work()
        if "PENDING" not in states(world):
            return rounds
        assert states(world).count("PENDING") == 1, "all others arrive at once"
        world.work()
        assert "PENDING" in states(world), "what broke may have been something else, and has a moment to pass"
        world.later(60)
    raise AssertionError("there is always something to send")


def test_one_that_cannot_be_read_before_it_is_sent_ends_alone_and_all_others_arrive(world: World) -> None:
    world.queue(example_invoices(COUNT))
    with beside(world, Parts(claim=CannotRead)) as other:
        assert looks_until_ended(other) == DEATHS_ALONE
    assert states(world) == ["WITHDRAWN"] + ["DONE"] * (COUNT - 1)
    first, *others = world.outbox()
    assert (first["cause"], first["deaths_alone"]) == ("internal_error", DEATHS_ALONE)
    assert {entry["deaths_alone"] for entry in others} == {0}
    assert sorted(one["InvoiceNumber"] for one in world.in_xero()) == [f"T-{number}" for number in range(1, COUNT)]
    assert not verify(world.engine.read).clean, "no event could say so, and whoever looks is told"


def test_one_that_breaks_whatever_checks_it_fails_as_our_fault_and_can_be_sent_again(world: World) -> None:
    world.queue(example_invoices(COUNT))
    with beside(world, Parts(claim=CannotCheck)) as other:
        assert looks_until_ended(other) == DEATHS_ALONE
    assert states(world) == ["WITHDRAWN"] + ["DONE"] * (COUNT - 1)
    assert [cause.code for cause in world.invoice("inv-0").causes] == ["internal_error"]
    assert verify(world.engine.read).clean
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    world.work()
    assert [one["InvoiceNumber"] for one in world.in_xero()][-1] == "T-0"


def test_one_would_keep_all_others_from_being_sent_for_ever_if_it_were_not_counted(world: World) -> None:
    world.queue(example_invoices(COUNT))
    with beside(world, Parts(claim=UncountedClaims)) as other:
        for _ in range(5):
            other.work()
            other.later(STEP)
    assert states(world) == ["PENDING"] * COUNT


def test_one_that_cannot_be_read_keeps_no_others_from_being_freed_whose_worker_died(world: World) -> None:
    world.queue(example_invoices(COUNT))
    assert world.engine.dispatcher._claim.to_send(world.lane) is not None
    world.later(100)
    world.engine.dispatcher._recovery._kinds = {Unreadable.name: Unreadable(world.engine.account_keys)}
    assert world.engine.dispatcher.recover(world.lane) == COUNT
    assert states(world) == ["AMBIGUOUS"] * COUNT
    told = [story(world, f"inv-{number}")[-1] for number in range(COUNT)]
    assert told == ["InvoiceQueued"] + ["OutcomeUnknown"] * (COUNT - 1)
    world.later(3.1)
    world.work()
    assert states(world) == ["DONE"] * COUNT


def test_one_whose_stream_holds_an_event_nobody_knows_ends_alone_and_all_others_arrive(world: World) -> None:
    world.queue(example_invoices(50))
    stream = invoice_stream(ACCOUNT, "inv-7")
    with world.engine.store.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # the log itself lets nobody change it
        cursor.execute("UPDATE es.sync_events SET topic = 'InvoiceQueued.9' WHERE originator_id = %s", (stream,))
    assert looks_until_ended(world) == DEATHS_ALONE
    assert [state for number, state in enumerate(states(world)) if number != 7] == ["DONE"] * 49
    assert world.outbox()[7]["state"] == "WITHDRAWN"
    assert not verify(world.engine.read).clean


def turn_a_bit_of_the_accounts_key(world: World) -> None:
    """What is sealed under it cannot be opened until the bit is turned back."""
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.account_key SET sealed_key = set_bit(sealed_key, 300, 1 - get_bit(sealed_key, 300))")


@pytest.mark.parametrize("searched", [False, True])
def test_an_accounts_key_that_cannot_be_opened_is_charged_to_no_invoice(world: World, searched: bool) -> None:
    if searched:
        world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(COUNT))
    if searched:
        world.work()
        world.later(3.1)
    before = world.outbox()
    turn_a_bit_of_the_accounts_key(world)
    with beside(world) as other:
        for _ in range(3):
            with pytest.raises(NotOpened):
                other.work()
    assert world.outbox() == before
    turn_a_bit_of_the_accounts_key(world)
    world.work()
    assert states(world) == ["DONE"] * COUNT
