"""Invoices from before the start of syncing: previewed, released by date, left out; and the start may move."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.simulator.server import Simulator
from domain.invoice import InvoiceReleased, SyncDismissed
from domain.refusals import InvalidInput, NotPossible
from domain.streams import invoice_stream
from services.actions.choice import AT_ONCE
from services.intake import IssuedInvoice
from services.proof.verify import verify
from tests.world import ACCOUNT, OWNER, World, example_invoices, world_on

START = dt.date(2026, 10, 1)


def dated(*days: dt.date, start: int = 0, **changes: Any) -> list[IssuedInvoice]:
    """One plain invoice for each of these days."""
    issued = zip(example_invoices(len(days), start), days, strict=True)
    return [
        msgspec.structs.replace(one, document=msgspec.structs.replace(one.document, date=day, due_date=day, **changes))
        for one, day in issued
    ]


EARLY, MIDDLE, LATE, OCTOBER = (dt.date(2026, 9, 10), dt.date(2026, 9, 20), dt.date(2026, 9, 30), dt.date(2026, 10, 10))


def statuses(world: World, count: int) -> list[str]:
    return [world.invoice(f"inv-{number}").status for number in range(count)]


def follow(world: World) -> None:
    world.engine.projector.catch_up()
    world.engine.releaser.step(world.engine.projector.position())


@pytest.fixture
def held(world: World) -> World:
    """Syncing starts in October; three older invoices and a new one were queued and looked at."""
    world.engine.set_up.change_setting(ACCOUNT, "sync_from", START.isoformat(), OWNER)
    world.queue(dated(EARLY, MIDDLE, LATE, OCTOBER))
    world.work()
    follow(world)
    assert statuses(world, 4) == ["blocked", "blocked", "blocked", "synced"]
    return world


@pytest.mark.article("R26")
@pytest.mark.complaint(11)
def test_a_range_is_previewed_released_in_order_once_and_sent(held: World) -> None:
    older, head = held.engine.older_invoices, held.engine.store.head()
    whole = older.preview(ACCOUNT)
    assert (whole.invoices, whole.earliest, whole.latest) == (3, EARLY, LATE)
    total = sum(Decimal(one.document.totals.total) for one in dated(EARLY, MIDDLE, LATE))
    assert [(one.currency, one.invoices, one.total) for one in whole.sums] == [("NZD", 3, total)]
    part = older.preview(ACCOUNT, MIDDLE, LATE)
    assert (part.invoices, part.calls, part.seconds) == (2, 1, 0.0)
    assert part.finished_at is not None
    assert held.engine.store.head() == head
    told: list[int] = []
    assert older.release(ACCOUNT, OWNER, MIDDLE, LATE, told.append) == 2
    assert told == [2]
    assert older.release(ACCOUNT, OWNER, MIDDLE, LATE) == 0
    held.work()
    assert statuses(held, 4) == ["blocked", "synced", "synced", "synced"]
    assert [one["InvoiceNumber"] for one in held.in_xero()] == ["T-3", "T-1", "T-2"]


@pytest.mark.article("R26")
def test_they_are_left_out_for_a_reason_that_is_kept_sealed(held: World) -> None:
    older, engine = held.engine.older_invoices, held.engine
    with pytest.raises(InvalidInput, match="/reason"):
        older.leave_out(ACCOUNT, OWNER, "  ")
    assert older.leave_out(ACCOUNT, OWNER, "In the books by hand", latest=MIDDLE) == 2
    assert older.leave_out(ACCOUNT, OWNER, "In the books by hand", latest=MIDDLE) == 0
    assert statuses(held, 3) == ["dismissed", "dismissed", "blocked"]
    last = list(engine.store.events_of(invoice_stream(ACCOUNT, "inv-0")))[-1]
    assert isinstance(last, SyncDismissed)
    assert last.reason_ref is not None
    assert engine.answer_words(last.reason_ref, ACCOUNT) == "In the books by hand"
    assert older.release(ACCOUNT, OWNER) == 1
    held.work()
    follow(held)
    assert verify(engine.read).clean


@pytest.fixture
def closed(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """An account that is connected and has not finished its set-up; three older invoices and a new one are queued."""
    with world_on(xero, database_url, tmp_path) as world:
        world.connect()
        world.engine.set_up.change_setting(ACCOUNT, "sync_from", START.isoformat(), OWNER)
        world.queue(dated(EARLY, MIDDLE, LATE, OCTOBER))
        yield world


@pytest.mark.article("R26", "R27")
def test_the_question_is_asked_and_answered_during_set_up(closed: World) -> None:
    engine, older = closed.engine, closed.engine.older_invoices
    engine.projector.catch_up()
    found = older.preview(ACCOUNT)
    assert (found.invoices, found.ahead, found.finished_at) == (3, 1, None)
    assert older.release(ACCOUNT, OWNER, latest=EARLY) == 1
    assert older.leave_out(ACCOUNT, OWNER, "Too old", MIDDLE, MIDDLE) == 1
    assert older.preview(ACCOUNT).invoices == 1
    closed.set_up_rest()
    closed.work()
    assert statuses(closed, 4) == ["synced", "dismissed", "blocked", "synced"]
    follow(closed)
    assert verify(engine.read).clean


@pytest.mark.article("R26")
def test_an_earlier_start_releases_what_is_no_longer_before_it_and_nothing_else(held: World) -> None:
    held.engine.set_up.change_setting(ACCOUNT, "sync_from", "2026-09-15", OWNER)
    follow(held)
    held.work()
    assert statuses(held, 4) == ["blocked", "synced", "synced", "synced"]


def test_a_later_start_holds_back_only_what_has_not_gone(held: World) -> None:
    held.engine.set_up.change_setting(ACCOUNT, "sync_from", "2026-09-15", OWNER)
    follow(held)
    held.engine.set_up.change_setting(ACCOUNT, "sync_from", "2026-11-01", OWNER)
    held.work()
    follow(held)
    assert statuses(held, 4) == ["blocked", "blocked", "blocked", "synced"]


def test_a_backfill_that_died_halfway_does_the_rest_when_repeated(held: World) -> None:
    days = [EARLY] * (AT_ONCE + 20)
    held.queue(dated(*days, start=4))
    held.work(rounds=40)
    held.engine.projector.catch_up()

    class Death(Exception):
        pass

    def dies(_: int) -> None:
        raise Death

    with pytest.raises(Death):
        held.engine.older_invoices.release(ACCOUNT, OWNER, progress=dies)
    held.engine.projector.catch_up()
    rest = held.engine.older_invoices.preview(ACCOUNT).invoices
    assert 0 < rest < len(days) + 3
    assert held.engine.older_invoices.release(ACCOUNT, OWNER) == rest
    released = [e for e in _events(held, len(days) + 4) if isinstance(e, InvoiceReleased)]
    assert len(released) == len(days) + 3


def _events(world: World, count: int) -> Iterator[Any]:
    for number in range(count):
        yield from world.engine.store.events_of(invoice_stream(ACCOUNT, f"inv-{number}"))


def test_what_cannot_be_is_refused(held: World) -> None:
    with pytest.raises(NotPossible, match="never connected"):
        held.engine.older_invoices.preview("nobody")
    with pytest.raises(InvalidInput, match="begins before it ends"):
        held.engine.older_invoices.preview(ACCOUNT, LATE, EARLY)
    with pytest.raises(InvalidInput, match="a reason is 1 to"):
        held.engine.older_invoices.leave_out(ACCOUNT, OWNER, " ")
