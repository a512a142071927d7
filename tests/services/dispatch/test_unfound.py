"""What no search ever told of is searched for before anything else is asked of Xero: by whatever comes next."""

from collections.abc import Iterator, Sequence

import pytest

from adapters.xero.answers import ContactsAnswer, InvoicesAnswer, PaymentsAnswer
from adapters.xero.errors import OutcomeUnclear
from adapters.xero.session import BeforeSend, XeroSession, nothing
from domain import next_steps
from domain.explain import Explanation
from domain.refusals import NotPossible
from services.actions.leaving_out import LeaveOut
from services.bootstrap import Parts
from services.proof.verify import verify
from services.views.invoice_question import Question
from tests.changes import assert_clean, revise, revised, void
from tests.payments import entered, paid_invoices, take_payments
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.seen import keys, states
from tests.services.dispatch.test_failed_searches import until_ended
from tests.world import ACCOUNT, OWNER, World, example_invoices

SAYS = "The search gave no clear result. Please tell support the account, the invoice and outcome_unresolved."


def explained(world: World) -> Explanation:
    """What is said of the invoice."""
    return Question(world.engine).explain(world.invoice("inv-0"))


class NeverFinds(XeroSession):
    """Xero breaks on every search."""

    def find_invoices(self, numbers: Sequence[str], *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Break."""
        raise OutcomeUnclear("server_error", status=500)

    def find_payments(self, wanted: Sequence[tuple[str, str]], *, before_send: BeforeSend = nothing) -> PaymentsAnswer:
        """Break."""
        raise OutcomeUnclear("server_error", status=500)

    def find_contacts(self, numbers: Sequence[str], *, before_send: BeforeSend = nothing) -> ContactsAnswer:
        """Break."""
        raise OutcomeUnclear("server_error", status=500)

    def get_invoices(self, invoice_ids: Sequence[str], *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Break."""
        raise OutcomeUnclear("server_error", status=500)


@pytest.fixture
def unfound(world: World) -> Iterator[World]:
    """An invoice that is in Xero, as no search has told."""
    world.fault("answer_lost", method="PUT", path="/Invoices")
    with beside(world, Parts(session=NeverFinds)) as other:
        other.queue(example_invoices(1))
        until_ended(other)
    assert states(world) == ["DEAD"]
    yield world
    assert verify(world.engine.read).clean


def test_a_newer_revision_is_preceded_by_a_search(unfound: World) -> None:
    assert revise(unfound, revised()) == ["accepted"]
    assert unfound.invoice("inv-0").status == "checking"
    unfound.work()
    (held,) = unfound.in_xero()
    assert (held["Total"], len(keys(unfound))) == (230.0, 1)
    assert_clean(unfound)


def test_a_void_is_preceded_by_a_search_and_reaches_xero(unfound: World) -> None:
    void(unfound)
    assert "finding out whether it arrived" in Question(unfound.engine).explain(unfound.invoice("inv-0")).sentence
    unfound.work()
    assert [one["Status"] for one in unfound.in_xero()] == ["VOIDED"]
    assert len(keys(unfound)) == 1


def test_it_cannot_be_left_out_as_it_may_be_there(unfound: World) -> None:
    with pytest.raises(NotPossible, match="may be in Xero; a retry searches for it first"):
        unfound.engine.actions.one(ACCOUNT, "inv-0", LeaveOut("not ours"), OWNER)


def test_a_payment_that_was_never_found_is_searched_for_and_not_entered_twice(world: World) -> None:
    take_payments(world)
    world.fault("answer_lost", method="PUT", path="/Payments")
    with beside(world, Parts(session=NeverFinds)) as other:
        other.queue(paid_invoices(1, "100.00", "50.00"))
        until_ended(other)
    assert states(world) == ["DONE", "DEAD", "DONE"], "the next one goes"
    assert [review.code for review in world.invoice("inv-0").reviews] == ["outcome_unresolved"]
    assert explained(world).sentence == (
        f"In Xero as T-0, but: Whether the payment of NZD 100.00 arrived is not known: {SAYS} "
        "What was sent may be in Xero; please look."
    )
    assert explained(world).next_step == next_steps.SOUGHT
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    world.work()
    assert entered(world) == {"pay-0-0": 1, "pay-0-1": 1}
    assert len(world.requests("PUT", "/Payments")) == 2
    assert world.invoice("inv-0").reviews == ()


def test_a_change_and_a_void_of_which_no_search_tells_end_and_go_again_when_asked(world: World) -> None:
    world.queue(example_invoices(1))
    world.work()
    told = []
    for change in (lambda: revise(world, revised()), lambda: void(world)):
        world.fault("answer_lost", method="POST", path="/Invoices")
        change()
        with beside(world, Parts(session=NeverFinds)) as other:
            until_ended(other)
        assert [review.code for review in world.invoice("inv-0").reviews] == ["outcome_unresolved"]
        told.append(explained(world).sentence)
        assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
        world.work()
        assert world.invoice("inv-0").reviews == ()
    assert told == [
        f"In Xero as T-0, but: Whether a change of it arrived is not known: {SAYS} "
        "What was sent may be in Xero; please look.",
        f"Cancelled; whether that reached Xero is not known: {SAYS}",
    ]
    (held,) = world.in_xero()
    assert (held["Status"], world.invoice("inv-0").void_done) == ("VOIDED", True)
