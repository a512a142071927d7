"""Actions on many invoices: by cause, by date, all that failed; dry, in batches, and beside rivals."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import msgspec
import pytest
from eventsourcing.persistence import IntegrityError

from adapters.event_store.store import NOTHING, EventStore, Transaction
from adapters.event_store.writes import Writes
from domain.event import Event
from domain.invoice import RetryRequested
from domain.refusals import ConcurrentChange, InvalidInput
from domain.streams import invoice_stream
from services.actions.choice import AT_ONCE, Fitting, Named
from services.actions.leaving_out import BringBack, LeaveOut
from services.actions.perform import Actions
from services.actions.report import Report
from services.actions.retry import Retry
from services.actions.settling import Settle
from services.actions.voiding import Void
from services.bootstrap import Parts
from services.intake import IssuedInvoice
from tests.changes import assert_clean
from tests.services.dispatch.other_engine import answering, beside
from tests.services.dispatch.test_answers import a_cent_more
from tests.services.test_releaser import billed_to, blocked_by_contact, link
from tests.world import ACCOUNT, OWNER, World, example_invoices

EARLY, LATE = dt.date(2026, 9, 1), dt.date(2026, 10, 20)


def dated(one: IssuedInvoice, day: dt.date) -> IssuedInvoice:
    return msgspec.structs.replace(one, document=msgspec.structs.replace(one.document, date=day, due_date=day))


@pytest.fixture
def mixed(world: World) -> World:
    """Blocked: 0 and 1 of September and 2 of October; failed: 3; synced: 4; in Xero and to be looked at: 5."""
    world.engine.set_up.change_setting(ACCOUNT, "contact.create", "off", OWNER)
    days = (EARLY, EARLY, LATE)
    world.queue([dated(one, day) for one, day in zip(billed_to("cus-a", 3), days, strict=True)])
    world.refuse({"T-3": "No purple."})
    world.queue([dated(example_invoices(1, start=3)[0], LATE), *example_invoices(1, start=4)])
    world.work()
    world.refuse({})
    with beside(world, Parts(session=answering(a_cent_more))) as other:
        other.queue(example_invoices(1, start=5))
        other.work()
    world.engine.projector.catch_up()
    return world


def done(report: Report, result: str = "done") -> list[str]:
    return [one.invoice_id for one in report.invoices if one.result == result]


def retry(world: World, **choice: Any) -> Report:
    return world.engine.actions(ACCOUNT, Fitting(**choice), Retry(), OWNER)


@pytest.mark.complaint(12)
def test_retry_takes_what_fits_cause_and_dates_and_failure(mixed: World) -> None:
    statuses = [mixed.invoice(f"inv-{n}").status for n in range(6)]
    assert statuses == ["blocked", "blocked", "blocked", "failed", "synced", "synced"]
    actions = mixed.engine.actions
    fitting: list[tuple[dict[str, Any], list[str]]] = [
        ({"cause": "contact_missing"}, ["inv-0", "inv-1", "inv-2"]),
        ({"cause": "contact_missing", "earliest": LATE}, ["inv-2"]),
        ({"earliest": EARLY, "latest": EARLY}, ["inv-0", "inv-1"]),
        ({"latest": LATE}, ["inv-0", "inv-1", "inv-2", "inv-3"]),
        ({"failed": True}, ["inv-3"]),
        ({"failed": True, "latest": EARLY}, []),
    ]
    head, outbox = mixed.engine.store.head(), mixed.outbox()
    for choice, expected in fitting:
        would = actions(ACCOUNT, Fitting(**choice), Retry(), OWNER, dry_run=True)
        assert (done(would), would.dry_run) == (expected, True), choice
    assert (mixed.engine.store.head(), mixed.outbox()) == (head, outbox), "a dry run changes nothing"
    assert done(retry(mixed, failed=True)) == ["inv-3"]
    mixed.work()
    assert mixed.invoice("inv-3").status == "synced"
    mixed.engine.projector.catch_up()
    assert retry(mixed, failed=True).invoices == ()
    assert_clean(mixed)


def test_reviews_are_settled_by_cause_and_only_once(mixed: World) -> None:
    action = Settle("The cent is known", only="total_differs_in_xero")
    choice = Fitting(cause="total_differs_in_xero")
    assert done(mixed.engine.actions(ACCOUNT, choice, action, OWNER)) == ["inv-5"]
    assert mixed.invoice("inv-5").reviews == ()
    again = mixed.engine.actions(ACCOUNT, Named(("inv-5",)), action, OWNER)
    assert (again.counts[0].result, again.counts[0].why) == ("already", "not waiting for a look")
    mixed.engine.projector.catch_up()
    assert mixed.engine.actions(ACCOUNT, choice, action, OWNER).invoices == ()
    assert_clean(mixed)


def test_what_was_left_out_by_cause_is_brought_back_by_cause(mixed: World) -> None:
    left_out = mixed.engine.actions(ACCOUNT, Fitting(cause="contact_missing"), LeaveOut("Not theirs"), OWNER)
    assert done(left_out) == ["inv-0", "inv-1", "inv-2"]
    link(mixed)
    mixed.engine.projector.catch_up()
    mixed.engine.releaser.step(mixed.engine.projector.position())
    mixed.work()
    assert mixed.invoice("inv-0").status == "dismissed", "a fix does not release what a person left out"
    brought = mixed.engine.actions(
        ACCOUNT, Fitting(cause="contact_missing", latest=EARLY), BringBack("After all"), OWNER
    )
    assert done(brought) == ["inv-0", "inv-1"]
    mixed.work()
    assert [mixed.invoice(f"inv-{n}").status for n in range(3)] == ["synced", "synced", "dismissed"]
    assert_clean(mixed)


def test_many_are_voided_by_name_and_what_refuses_is_counted_by_kind(mixed: World) -> None:
    names = tuple(f"inv-{n}" for n in range(6))
    report = mixed.engine.actions(ACCOUNT, Named((*names, "nobody")), Void(), OWNER)
    assert [(count.result, count.invoices) for count in report.counts] == [("done", 6), ("refused", 1)]
    mixed.work()
    retried = mixed.engine.actions(ACCOUNT, Named(names), Retry(), OWNER)
    assert [(c.result, c.why, c.invoices) for c in retried.counts] == [
        ("refused", "is voided; there is nothing to retry", 6),
    ]
    assert_clean(mixed)


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        (Fitting(cause="nonsense"), "there is no cause 'nonsense'"),
        (Fitting(cause="setup_incomplete"), "written on no invoice"),
        (Fitting(cause="rate_limited"), "written on no invoice"),
        (Fitting(earliest=LATE, latest=EARLY), "begins before it ends"),
    ],
)
def test_a_choice_that_means_nothing_is_refused(world: World, choice: Fitting, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        world.engine.actions(ACCOUNT, choice, Retry(), OWNER)


def test_more_than_one_batch_is_told_of_as_it_goes_and_rung_for(world: World) -> None:
    world.engine.set_up.change_setting(ACCOUNT, "contact.create", "off", OWNER)
    blocked_by_contact(world, AT_ONCE + 7)
    world.engine.projector.catch_up()
    so_far, before = list[int](), len(world.rung)
    chosen = Fitting(cause="contact_missing")
    report = world.engine.actions(ACCOUNT, chosen, Retry(), OWNER, progress=so_far.append)
    assert (report.how_many("done"), so_far) == (AT_ONCE + 7, [AT_ONCE, AT_ONCE + 7])
    assert len(world.rung) == before + 2
    asked = [e for _, e in world.engine.store.read_log(0, 10_000) if isinstance(e, RetryRequested)]
    assert len({event.correlation_id for event in asked}) == 2
    assert {event.actor for event in asked} == {OWNER}


class RacedStore:
    """A store whose transactions let something happen between the reading and the writing of a batch."""

    def __init__(self, store: EventStore, before_append: Callable[[Sequence[Event]], object]) -> None:
        self._store, self._before_append = store, before_append

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction that is raced."""
        with self._store.begin() as tx:
            append = tx.append

            def raced(events: Sequence[Event], writes: Writes = NOTHING) -> None:
                self._before_append(events)
                append(events, writes)

            tx.append = raced  # type: ignore[method-assign]
            yield tx


def raced_actions(world: World, before_append: Callable[[Sequence[Event]], object]) -> Actions:
    engine = world.engine
    store = cast(EventStore, RacedStore(engine.store, before_append))
    return Actions(store, engine.read, engine.account_keys, engine.handling, engine.ring, engine._parts.new_id)


def test_a_rival_that_was_first_is_seen_and_nothing_is_done_twice(world: World) -> None:
    blocked_by_contact(world, 3)
    rivals = [lambda: world.engine.retry_invoice(ACCOUNT, "inv-1", OWNER)]
    raced = raced_actions(world, lambda _: rivals.pop()() if rivals else None)
    report = raced(ACCOUNT, Named(("inv-0", "inv-1", "inv-2")), Retry(), OWNER)
    assert [one.result for one in report.invoices] == ["done", "already", "done"]
    assert len([e for _, e in world.engine.store.read_log(0, 1_000) if isinstance(e, RetryRequested)]) == 3
    assert_clean(world)


def test_one_that_keeps_changing_is_told_and_holds_up_no_other(world: World) -> None:
    blocked_by_contact(world, 3)
    restless = invoice_stream(ACCOUNT, "inv-1")

    def beaten(events: Sequence[Event]) -> None:
        if any(event.originator_id == restless for event in events):
            raise IntegrityError

    raced = raced_actions(world, beaten)
    report = raced(ACCOUNT, Named(("inv-0", "inv-1", "inv-2")), LeaveOut("Not theirs"), OWNER)
    assert [one.result for one in report.invoices] == ["done", "refused", "done"]
    assert "kept changing; repeat the command" in report.invoices[1].why
    with pytest.raises(ConcurrentChange):
        raced.one(ACCOUNT, "inv-1", LeaveOut("Not theirs"), OWNER)
    assert_clean(world)
