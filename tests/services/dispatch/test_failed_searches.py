"""A search that fails is made again ever later and parted like a request; what it never finds ends, and is sought first
when somebody tries again. Nobody else waits for it.
"""

from collections.abc import Callable, Sequence
from typing import Final

import pytest

from adapters.xero.answers import InvoicesAnswer
from adapters.xero.errors import BatchRefused, OutcomeUnclear
from adapters.xero.session import BeforeSend, XeroSession, nothing
from domain.causes import Cause
from services.bootstrap import Parts
from services.views.invoice_question import Question
from tests.crash.books import assert_in_xero_once
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.seen import keys, lane, states, story
from tests.world import ACCOUNT, OWNER, World, example_invoices

POISON: Final = "T-0"
STEP: Final = 1_000.0
HOUR: Final = 3_600.0


def broken() -> Exception:
    """Xero breaks on the search."""
    return OutcomeUnclear("server_error", status=500)


def refused() -> Exception:
    """Xero refuses the search."""
    return BatchRefused("ValidationException")


def ours() -> Exception:
    """Reading the answer breaks."""
    return RuntimeError("no answer looks like that")


def away() -> Exception:
    """Xero says that it is away."""
    return OutcomeUnclear("server_error", status=503)


def searching(error: Callable[[], Exception], poison: str = POISON) -> type[XeroSession]:
    """A session for which a search with one number in it fails."""

    class Session(XeroSession):
        def find_invoices(self, numbers: Sequence[str], *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
            if poison in numbers:
                before_send()
                raise error()
            return super().find_invoices(numbers, before_send=before_send)

    return Session


def until_ended(world: World) -> float:
    """Work, and let time pass, until nothing is live any more; seconds that took."""
    for step in range(300):
        world.work(rounds=200)
        if all(entry["closed_at"] for entry in world.outbox()):
            return step * STEP
        world.later(STEP)
    raise AssertionError("there is always something live")


@pytest.mark.parametrize("error", [broken, refused, ours])
def test_an_invoice_whose_search_fails_holds_up_nobody_and_ends_as_support_is_to_decide(
    world: World, error: Callable[[], Exception]
) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    with beside(world, Parts(session=searching(error))) as other:
        other.queue(example_invoices(1))
        other.work()
        other.later(3.1)
        other.queue(example_invoices(49, start=1))
        other.work()
        assert states(world) == ["AMBIGUOUS"] + ["DONE"] * 49, "they go at once, after one search"
        assert 2 * HOUR <= until_ended(other) <= 12 * HOUR
        assert lane(world)["failures_in_row"] <= 1
        told = Question(other.engine).explain(other.invoice("inv-0"))
    assert (states(world)[0], len(keys(world))) == ("DEAD", 2)
    assert story(world) == ["InvoiceQueued", "OutcomeUnknown", "SyncFailed"]
    assert [(one.code, one.who) for one in told.causes] == [("outcome_unresolved", ("support",))]
    assert "The search gave no clear result." in told.sentence

    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    assert (world.invoice("inv-0").status, states(world)[-1]) == ("checking", "AMBIGUOUS")
    world.work()
    assert world.invoice("inv-0").status == "synced"
    assert len(keys(world)) == 2, "it was searched for, and not sent again"
    assert_in_xero_once(world, 50)


def test_what_was_never_found_out_and_is_not_in_xero_is_sent_when_somebody_tries_again(world: World) -> None:
    world.fault("reset", method="PUT", path="/Invoices")
    with beside(world, Parts(session=searching(broken))) as other:
        other.queue(example_invoices(1))
        until_ended(other)
        assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
        until_ended(other)
    assert len(keys(world)) == 1, "never without a search"
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    world.work()
    assert (world.invoice("inv-0").status, len(keys(world))) == ("synced", 2)
    assert_in_xero_once(world, 1)


def test_one_that_spoils_a_search_is_parted_and_all_others_are_found(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    with beside(world, Parts(session=searching(broken, "T-17"))) as other:
        other.queue(example_invoices(50))
        other.work()
        for _ in range(8):
            other.later(1_000)
            other.work()
        assert [number for number, state in enumerate(states(world)) if state != "DONE"] == [17]
        assert lane(world)["failures_in_row"] <= 2, "one for what was sent, one for the first search"
        until_ended(other)
    assert world.invoice("inv-17").causes == (Cause("outcome_unresolved", facts={"search": "failed"}),)
    assert len(keys(world)) == 1


def test_a_search_that_xero_is_away_for_counts_for_nothing_parts_nobody_and_is_made_when_it_is_back(
    world: World,
) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    with beside(world, Parts(session=searching(away))) as other:
        other.queue(example_invoices(3))
        for _ in range(40):
            other.work()
            other.later(STEP)
        assert states(world) == ["AMBIGUOUS"] * 3
        assert {(entry["searches"], entry["search_grp"]) for entry in world.outbox()} == {(0, None)}
    world.later(STEP)
    world.work()
    assert_in_xero_once(world, 3)
