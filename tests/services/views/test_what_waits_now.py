"""What an invoice is said to wait for is kept true: when a setting or the books change, those that wait on say so."""

import datetime as dt
from typing import Any

import msgspec
import pytest

from domain.invoice import Invoice, InvoiceBlocked
from domain.streams import invoice_stream
from projections import blocked_by
from services.intake import IssuedInvoice
from services.proof.verify import verify
from services.releaser import AT_ONCE, FIRST
from tests.scenarios.table import explained, in_books
from tests.services.test_references import SALES
from tests.world import ACCOUNT, OWNER, World, example_invoices

AUGUST, SEPTEMBER, OCTOBER = "2026-08-01", "2026-09-01", "2026-10-01"
DAY = dt.date(2026, 9, 10)


def issued(count: int, start: int = 0, **changes: Any) -> list[IssuedInvoice]:
    """Invoices of one day in September."""
    return [
        msgspec.structs.replace(
            one, document=msgspec.structs.replace(one.document, **({"date": DAY, "due_date": DAY} | changes))
        )
        for one in example_invoices(count, start)
    ]


def start(world: World, day: str) -> None:
    """Let syncing start on this day; what follows from it is done."""
    world.engine.set_up.change_setting(ACCOUNT, "sync_from", day, OWNER)
    follow(world)


def lock(world: World, until: str | None) -> None:
    """Have the books locked up to a day, or not at all, and Xero read again."""
    in_books(world, "organisation", PeriodLockDate=until)
    world.engine.projector.catch_up()
    world.engine.references.refresh(ACCOUNT)


def follow(world: World) -> None:
    world.engine.projector.catch_up()
    world.engine.releaser.step(world.engine.projector.position())
    world.engine.projector.catch_up()


def take_on(world: World, invoices: list[IssuedInvoice]) -> None:
    """Queue them and look at each, as often as that takes."""
    world.queue(invoices)
    world.work(rounds=60)
    follow(world)


def states(world: World, count: int) -> list[Invoice]:
    return [world.invoice(f"inv-{number}") for number in range(count)]


def codes(known: Invoice) -> tuple[str, ...]:
    return tuple(cause.code for cause in known.causes)


def waiting(world: World, *causes: str) -> int:
    """How many invoices the projection says wait for any of these."""
    with world.engine.read.connect() as reading:
        return len(blocked_by.waiting_for_any(reading, world.lane, causes, after=0, limit=10_000))


def test_an_earlier_start_leaves_only_the_lock_date_as_the_reason_however_many_wait(world: World) -> None:
    many = FIRST + AT_ONCE + 20
    start(world, OCTOBER)
    lock(world, "2026-09-30")
    take_on(world, issued(many))
    assert {codes(known) for known in states(world, many)} == {("before_sync_start", "period_locked")}
    found = world.engine.older_invoices.preview(ACCOUNT)
    assert (found.invoices, found.also_held) == (many, many)
    start(world, SEPTEMBER)
    assert {codes(known) for known in states(world, many)} == {("period_locked",)}
    assert (waiting(world, "before_sync_start"), waiting(world, "period_locked")) == (0, many)
    assert world.engine.older_invoices.preview(ACCOUNT).invoices == 0
    assert explained(world).sentence.startswith("Waiting for you: Books are locked up to 2026-09-30.")
    head = world.engine.store.head()
    follow(world)
    assert world.engine.store.head() == head, "said once"
    lock(world, None)
    world.work(rounds=60)
    assert {known.status for known in states(world, many)} == {"synced"}
    follow(world)
    assert verify(world.engine.read).clean


@pytest.mark.article("R26")
def test_a_later_start_is_said_of_what_waits_for_something_else(world: World) -> None:
    take_on(world, issued(2, currency="EUR"))
    assert codes(world.invoice("inv-0")) == ("currency_not_enabled",)
    start(world, OCTOBER)
    assert codes(world.invoice("inv-0")) == ("before_sync_start", "currency_not_enabled")
    assert world.engine.older_invoices.preview(ACCOUNT).invoices == 2
    in_books(world, "currencies", Code="EUR")
    world.engine.references.refresh(ACCOUNT)
    assert codes(world.invoice("inv-0")) == ("before_sync_start",)
    assert world.engine.older_invoices.release(ACCOUNT, OWNER) == 2
    world.work()
    assert [known.status for known in states(world, 2)] == ["synced"] * 2


def test_a_date_that_moved_is_the_one_that_is_named(world: World) -> None:
    lock(world, "2026-09-15")
    take_on(world, issued(1))
    lock(world, "2026-09-30")
    assert [cause.facts for cause in world.invoice("inv-0").causes] == [{"date": "2026-09-30"}]
    last = list(world.engine.store.events_of(invoice_stream(ACCOUNT, "inv-0")))[-1]
    assert isinstance(last, InvoiceBlocked)
    assert last.known == ("period_locked",)


def test_a_customer_who_is_to_be_created_is_once_the_start_is_earlier(world: World) -> None:
    start(world, OCTOBER)
    new = [
        msgspec.structs.replace(
            one,
            document=msgspec.structs.replace(one.document, kyrios_contact_id="cus-new"),
            contact=msgspec.structs.replace(one.contact, contact_id="cus-new", name="New Customer", email=""),
        )
        for one in issued(1)
    ]
    world.engine.contact_reader.read(world.lane)
    take_on(world, new)
    assert codes(world.invoice("inv-0")) == ("before_sync_start",)
    start(world, AUGUST)
    for _ in range(3):
        world.work()
        follow(world)
    assert world.invoice("inv-0").status == "synced"


def test_behind_a_closed_gate_nothing_new_is_written_and_what_went_is_left_out(world: World) -> None:
    start(world, OCTOBER)
    lock(world, "2026-09-30")
    take_on(world, issued(2))
    in_books(world, "accounts", AccountID=SALES, Status="ARCHIVED")
    before = world.engine.store.events_of(invoice_stream(ACCOUNT, "inv-0"))
    world.engine.references.refresh(ACCOUNT)
    assert not world.engine.set_up.connection(ACCOUNT).gate_open
    assert world.engine.store.events_of(invoice_stream(ACCOUNT, "inv-0")) == before
    start(world, SEPTEMBER)
    assert codes(world.invoice("inv-0")) == ("period_locked",)
    lock(world, None)
    assert world.invoice("inv-0").status == "queued", "it waits for the gate alone"
    in_books(world, "accounts", AccountID=SALES, Status="ACTIVE")
    world.engine.references.refresh(ACCOUNT)
    world.work()
    assert [known.status for known in states(world, 2)] == ["synced"] * 2
