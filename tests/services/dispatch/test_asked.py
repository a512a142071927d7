"""On a day down to its reserve, what a person asks to be sent goes, and nothing else; look-ups keep a part of it."""

from typing import Any
from uuid import UUID

from adapters.event_store.lane_calls import Admission, Held, admit
from adapters.event_store.store import Transaction
from domain.budget import Use
from domain.next_steps import KEPT_FOR_ASKED
from services.actions.choice import Fitting, Named
from services.actions.report import Report
from services.actions.retry import Retry
from services.bootstrap import Parts
from services.dispatch.claim import Claim
from services.dispatch.leave import Leave
from services.views.invoice_question import Question
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.seen import keys, lane, statuses
from tests.world import ACCOUNT, OWNER, World, example_invoices

LEFT, LEFT_TO_LOOK_UPS = 300, 249
"""Calls left of a day that had 5,000, of which 500 are kept, and half of these not for sending."""


def test_what_a_person_asks_for_goes_out_of_the_days_reserve_and_nothing_else_does(world: World) -> None:
    refused(world, 2)
    left_of_the_day(world, LEFT)
    world.queue(example_invoices(3, start=2))
    before = len(keys(world))
    world.work()
    assert len(keys(world)) == before
    assert said(world, 2).endswith(KEPT_FOR_ASKED)
    assert retry(world, Named(("inv-0",))).how_many("done") == 1
    assert "limit" not in said(world, 0)
    world.work()
    assert retry(world, Named(("inv-3",))).how_many("already") == 1, "it is queued; now a person wants it to go"
    assert world.rung[-1] == world.lane
    world.work()
    assert statuses(world, 5) == ["synced", "failed", "queued", "synced", "queued"]
    assert len(keys(world)) == before + 2
    assert retry(world, Fitting(failed=True)).how_many("done") == 1
    world.work()
    assert statuses(world, 5) == ["synced", "synced", "queued", "synced", "queued"]
    left_of_the_day(world, 4_000)
    world.work()
    assert statuses(world, 5) == ["synced"] * 5


def test_a_retry_of_many_leaves_half_of_the_reserve_to_look_ups(world: World) -> None:
    refused(world, 2)
    left_of_the_day(world, LEFT_TO_LOOK_UPS)
    before = len(keys(world))
    assert retry(world, Fitting(failed=True)).how_many("done") == 2
    world.work()
    assert len(keys(world)) == before
    assert statuses(world, 2) == ["queued"] * 2
    assert "Today's Xero limit is used up. It goes at " in said(world, 0)
    assert KEPT_FOR_ASKED not in said(world, 0)
    assert isinstance(leave(world, "asked_to_send"), Held)
    assert isinstance(leave(world, "look_up"), Admission)


class AsksForNobody(Leave):
    """A control: every call to send is alike."""

    def to_start(self, tx: Transaction, connection_id: UUID, use: Use) -> Admission | None:
        """As for anything that is queued."""
        answer = admit(tx.cursor, connection_id, self._budget, use)
        return None if isinstance(answer, Held) else answer


class AskingInVain(Claim):
    """The control's claim."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._leave = AsksForNobody(self._leave._budget, self._leave._lease, self._leave._look_again)


def test_without_a_reserve_for_it_what_a_person_asks_for_waits_for_the_next_day(world: World) -> None:
    refused(world, 1)
    left_of_the_day(world, LEFT)
    assert retry(world, Named(("inv-0",))).how_many("done") == 1
    with beside(world, Parts(claim=AskingInVain)) as there:
        assert not there.engine.dispatcher.look_at(world.lane)
    assert statuses(world, 1) == ["queued"]


def refused(world: World, count: int) -> None:
    """Xero has refused so many invoices, and would take them now."""
    world.refuse({f"T-{number}": "No purple." for number in range(count)})
    world.queue(example_invoices(count))
    world.work()
    assert statuses(world, count) == ["failed"] * count
    world.refuse({})
    world.engine.projector.catch_up()


def left_of_the_day(world: World, calls: int) -> None:
    """Xero has counted so many of today's calls that only these are left, and has said so."""
    row = lane(world)
    world.control.post("/options", json={"per_day": 5_000 - (row["promised_today"] - row["started"]) + calls})
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.lane SET promised_today = started + %s, day_most = 5000,"
            " day_over_at = app.now() + interval '1 hour'",
            (calls,),
        )


def retry(world: World, choice: Named | Fitting) -> Report:
    """The owner asks for another try."""
    return world.engine.actions(ACCOUNT, choice, Retry(), OWNER)


def said(world: World, number: int) -> str:
    """What `invoices show` says of an invoice, and what happens next."""
    explanation = Question(world.engine).explain(world.invoice(f"inv-{number}"))
    return f"{explanation.sentence} {explanation.next_step}"


def leave(world: World, use: Use) -> Admission | Held:
    """Whether a call for this use may start now."""
    with world.engine.store.cursor() as cursor:
        return admit(cursor, world.lane, world.engine.budget, use)
