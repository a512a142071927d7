"""An unknown outcome is a state: wait the quiet period, search Xero, then adopt, give up, or send under a new key."""

from typing import Any

import pytest

from adapters.xero.answers import InvoicesAnswer
from adapters.xero.errors import BatchRefused
from adapters.xero.session import BeforeSend, XeroSession, nothing
from services.bootstrap import Parts
from tests.changes import assert_clean, change_in_xero, revise, revised
from tests.crash.books import assert_in_xero_once
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.seen import keys, lane, states, statuses, story
from tests.world import ACCOUNT, World, contact_links, example_invoices, organisation_id

COUNT = 3
UNAVAILABLE = 300.0
"""Seconds after a 503 before Xero is asked again."""


@pytest.mark.parametrize("kind", ["answer_lost", "http_500_after", "truncated_json"])
def test_what_arrived_although_its_answer_did_not_is_adopted(world: World, kind: str) -> None:
    world.fault(kind, method="PUT", path="/Invoices")
    world.queue(example_invoices(COUNT))
    world.work()
    assert states(world) == ["AMBIGUOUS"] * COUNT
    assert statuses(world, COUNT) == ["checking"] * COUNT
    world.later(3.1)
    world.work()
    assert len(keys(world)) == 1
    assert story(world) == ["InvoiceQueued", "OutcomeUnknown", "OutcomeResolved", "InvoiceSynced"]
    assert_in_xero_once(world, COUNT)


@pytest.mark.parametrize(("kind", "wait"), [("reset", 3.1), ("http_500_before", 3.1), ("http_503", UNAVAILABLE + 0.1)])
def test_what_did_not_arrive_is_sent_again_under_a_new_key(world: World, kind: str, wait: float) -> None:
    world.fault(kind, method="PUT", path="/Invoices")
    world.queue(example_invoices(COUNT))
    world.work()
    assert states(world) == ["AMBIGUOUS"] * COUNT
    world.later(wait - 2)
    world.work()
    assert world.requests("GET", "/Invoices") == [], "Xero is not asked before its time"
    world.later(2)
    world.work()
    first, second = keys(world)
    assert first != second
    assert story(world) == ["InvoiceQueued", "OutcomeUnknown", "OutcomeResolved", "InvoiceSynced"]
    assert {entry["attempts"] for entry in world.outbox()} == {2}
    assert_in_xero_once(world, COUNT)


def test_an_answer_that_does_not_come_in_time_is_an_unknown_outcome(world: World) -> None:
    world.fault("slow", method="PUT", path="/Invoices", delay=5.0)
    with beside(world, Parts(), KYRIOS_XERO_READ_TIMEOUT="1") as hurried:
        hurried.queue(example_invoices(COUNT))
        hurried.work()
        assert states(hurried) == ["AMBIGUOUS"] * COUNT
        hurried.later(3.1)
        hurried.work()
    assert len(keys(world)) == 1
    assert_in_xero_once(world, COUNT)


def test_a_look_up_is_one_request_and_what_it_cannot_hold_is_looked_up_next(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(50))
    world.work()
    world.later(3.1)
    assert world.engine.dispatcher.look_at(world.lane)
    assert len(world.requests("GET", "/Invoices")) == 1
    world.work()
    assert len(world.requests("GET", "/Invoices")) == 2
    assert_in_xero_once(world, 50)


def test_a_look_up_that_is_due_goes_before_everything_new(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.engine.dispatcher.look_at(world.lane)
    world.queue(example_invoices(120, start=1))
    world.later(3.1)
    assert world.engine.dispatcher.look_at(world.lane)
    assert world.invoice("inv-0").status == "synced"
    assert len(world.requests("PUT", "/Invoices")) == 1


def test_a_search_that_fails_leaves_the_outcome_unknown_and_is_made_again(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.fault("http_500_before", method="GET", path="/Invoices", times=2)
    world.queue(example_invoices(COUNT))
    world.work()
    world.later(3.1)
    assert world.engine.dispatcher.look_at(world.lane)
    assert states(world) == ["AMBIGUOUS"] * COUNT
    assert lane(world)["failures_in_row"] == 2
    for _ in range(2):
        world.later(10)
        world.work()
    assert len(world.requests("GET", "/Invoices")) == 4, "the second failure parts them"
    assert story(world) == ["InvoiceQueued", "OutcomeUnknown", "OutcomeResolved", "InvoiceSynced"]
    assert_in_xero_once(world, COUNT)


class SentBefore(XeroSession):
    """The same invoices arrived once already, by a request nobody remembers."""

    def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Send under a forgotten key, then under the right one."""
        super().put_invoices(body, "a key nobody remembers")
        return super().put_invoices(body, idempotency_key, before_send=before_send)


def test_a_number_taken_in_xero_by_the_invoice_itself_is_looked_up_at_once_and_adopted(world: World) -> None:
    with beside(world, Parts(session=SentBefore)) as other:
        other.queue(example_invoices(2))
        other.work()
    assert statuses(world, 2) == ["synced", "synced"]
    assert {world.invoice(f"inv-{n}").xero_invoice_id for n in range(2)} == {i["InvoiceID"] for i in world.in_xero()}
    assert story(world) == ["InvoiceQueued", "OutcomeUnknown", "OutcomeResolved", "InvoiceSynced"]
    assert len(world.requests("GET", "/Invoices")) == 1
    assert len(world.in_xero()) == 2


def test_a_number_taken_in_xero_by_a_stranger_is_a_conflict_a_person_must_see(world: World) -> None:
    stranger: dict[str, Any] = {
        "Type": "ACCREC",
        "InvoiceNumber": "T-1",
        "Contact": {"ContactID": contact_links()["cus-002"]},
        "Date": "2026-09-01",
        "DueDate": "2026-09-21",
        "LineItems": [{"Description": "Entered by hand", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200"}],
    }
    world.control.post(f"/organisations/{organisation_id()}/invoices", json=stranger).raise_for_status()
    world.queue(example_invoices(COUNT))
    world.work()
    assert statuses(world, COUNT) == ["synced", "failed", "synced"]
    assert states(world) == ["DONE", "CONFLICT", "DONE"]
    (cause,) = world.invoice("inv-1").causes
    assert (cause.code, cause.key) == ("duplicate_number_in_xero", "T-1")
    assert story(world, "inv-1") == ["InvoiceQueued", "OutcomeUnknown", "OutcomeResolved", "SyncFailed"]


OTHER_CUSTOMER = {"ContactID": contact_links()["cus-002"]}


@pytest.mark.parametrize(
    ("edited", "reviews"),
    [
        ({"Total": 413.99, "SubTotal": 359.99}, ["total_differs_in_xero"]),
        ({"Contact": OTHER_CUSTOMER}, []),
        ({"Date": "2026-09-03"}, []),
        ({"CurrencyCode": "AUD"}, []),
    ],
)
def test_our_invoice_that_differs_in_xero_is_adopted_and_a_total_that_differs_is_looked_at(
    world: World, edited: dict[str, Any], reviews: list[str]
) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.work()
    change_in_xero(world, "T-0", **edited)
    world.later(3.1)
    world.work()
    state = world.invoice("inv-0")
    assert (state.status, state.xero_invoice_id) == ("synced", world.in_xero()[0]["InvoiceID"])
    assert [review.code for review in state.reviews] == reviews
    if reviews:
        assert state.reviews[0].facts == {"difference": "NZD -0.01"}
    assert (states(world), len(keys(world))) == (["DONE"], 1)
    assert_clean(world)


def test_a_revision_follows_our_invoice_that_was_adopted_although_it_differs(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.work()
    assert revise(world, revised()) == ["accepted"]
    change_in_xero(world, "T-0", Contact=OTHER_CUSTOMER)
    world.later(3.1)
    world.work()
    (held,) = world.in_xero()
    assert (held["Total"], held["Contact"]["ContactID"]) == (230.0, contact_links()["cus-001"])
    assert_clean(world)


def test_an_invoice_in_xero_that_is_anothers_already_is_not_adopted_even_under_our_link(world: World) -> None:
    world.queue(example_invoices(1))
    world.work()
    (second,) = example_invoices(1, start=1)
    change_in_xero(
        world, "T-0", InvoiceNumber="T-1", InvoiceID=world.in_xero()[0]["InvoiceID"], Url=second.document.url
    )
    world.queue([second])
    world.work()
    assert statuses(world, 2) == ["synced", "failed"]
    (cause,) = world.invoice("inv-1").causes
    assert (cause.code, cause.key) == ("duplicate_number_in_xero", "T-1")
    assert states(world) == ["DONE", "CONFLICT"]
    assert_clean(world)


def test_a_request_refused_whole_is_searched_for_at_once_then_halved_until_the_bad_one_is_alone(world: World) -> None:
    world.fault("batch_400", method="PUT", path="/Invoices", times=None, body_contains='"T-3"')
    world.queue(example_invoices(8))
    world.work(rounds=40)
    assert statuses(world, 8) == ["synced"] * 3 + ["failed"] + ["synced"] * 4
    refused = world.invoice("inv-3")
    assert [cause.code for cause in refused.causes] == ["rejected_by_xero"]
    assert refused.answer_ref is not None
    assert world.engine.answer_words(refused.answer_ref, ACCOUNT)
    assert states(world).count("REJECTED") == 1
    assert len(set(keys(world))) == len(keys(world)) == 8, "8, 4 and 4, 2 and 2, 1 and 1, and the bad one once more"
    assert max(entry["attempts"] for entry in world.outbox()) == 5


class KeptAndRefused(XeroSession):
    """Xero keeps the invoices and refuses the request all the same."""

    def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Send, and throw the good answer away."""
        super().put_invoices(body, idempotency_key, before_send=before_send)
        raise BatchRefused("ValidationException", status=400)


@pytest.mark.parametrize("count", [1, 4])
def test_invoices_of_a_request_refused_whole_that_xero_kept_all_the_same_are_adopted(world: World, count: int) -> None:
    with beside(world, Parts(session=KeptAndRefused)) as other:
        other.queue(example_invoices(count))
        other.work()
    assert len(keys(world)) == 1
    assert_in_xero_once(world, count)
