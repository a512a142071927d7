"""Lists of invoices: pages without gaps or doubles, the gate joined, filters by status and cause."""

import pytest
from sqlalchemy import Engine

from adapters.event_store.store import EventStore
from domain import invoice
from domain.causes import Cause
from domain.streams import connection_id
from projections import invoice_list
from projections.invoice_list import Page
from projections.snapshot import snapshot
from services.projector import Projector
from tests.examples import ACCOUNT, ORGANISATION, moment, open_connection, queued_invoice
from tests.projections.databases import queue, store_random

LANE = connection_id(ACCOUNT)


def listed(read: Engine, **filters: object) -> Page:
    with snapshot(read) as connection:
        return invoice_list.invoices_of(connection, LANE, **filters)  # type: ignore[arg-type]


def ids(page: Page) -> list[str]:
    return [one.kyrios_invoice_id for one in page.invoices]


def test_pages_hold_every_invoice_once_the_last_accepted_first(store: EventStore, read: Engine) -> None:
    queue(store, *(f"inv-{number}" for number in range(7)))
    Projector(store, read).catch_up()
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = listed(read, limit=3, after=int(cursor) if cursor else None)
        seen += ids(page)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"inv-{number}" for number in reversed(range(7))]


def test_a_page_that_is_just_full_is_the_last(store: EventStore, read: Engine) -> None:
    queue(store, "inv-1", "inv-2")
    Projector(store, read).catch_up()
    assert listed(read, limit=2).next_cursor is None


@pytest.mark.article("R20")
def test_a_queued_invoice_waits_while_the_gate_is_closed_and_says_why(store: EventStore, read: Engine) -> None:
    queue(store, "inv-1")
    projector = Projector(store, read)
    projector.catch_up()
    (waiting,) = listed(read).invoices
    assert (waiting.status, [cause.code for cause in waiting.causes]) == ("waiting", ["not_connected"])
    assert ids(listed(read, status="waiting")) == ids(listed(read, cause="not_connected")) == ["inv-1"]
    assert ids(listed(read, status="queued")) == ids(listed(read, cause="inactivity")) == []
    store.append(open_connection())
    projector.catch_up()
    (queued,) = listed(read).invoices
    assert (queued.status, queued.causes) == ("queued", ())
    assert ids(listed(read, status="queued")) == ["inv-1"]
    assert ids(listed(read, status="waiting")) == ids(listed(read, cause="not_connected")) == []


def test_invoices_are_found_by_the_causes_they_are_blocked_for(store: EventStore, read: Engine) -> None:
    store.append(open_connection())
    for name, code in (("inv-1", "contact_missing"), ("inv-2", "tax_set_unmapped")):
        queued = queued_invoice(name)
        state = invoice.evolve(None, queued[0])
        store.append([*queued, *invoice.block(state, [Cause(code, key="k")], ORGANISATION, moment(seed=name))])
    Projector(store, read).catch_up()
    assert ids(listed(read, cause="contact_missing")) == ["inv-1"]
    assert ids(listed(read, cause="contact_missing", status="synced")) == []
    assert ids(listed(read, status="blocked")) == ["inv-2", "inv-1"]


@pytest.mark.parametrize("status", ["queued", "blocked", "checking", "synced", "failed", "dismissed", "voided"])
def test_a_filter_by_status_finds_what_a_look_at_all_finds(store: EventStore, read: Engine, status: str) -> None:
    store_random(store, seed=5)
    Projector(store, read).catch_up()
    everything = listed(read, limit=100).invoices
    wanted = [one.kyrios_invoice_id for one in everything if one.status == status]
    assert ids(listed(read, status=status, limit=100)) == wanted


def test_a_number_finds_the_invoices_that_carry_it(store: EventStore, read: Engine) -> None:
    queue(store, "inv-1", "inv-2")
    Projector(store, read).catch_up()
    with snapshot(read) as connection:
        assert invoice_list.by_number(connection, LANE, "INV-0001") == ["inv-1", "inv-2"]
        assert invoice_list.by_number(connection, LANE, "INV-9999") == []


def test_reading_leaves_no_trace_on_the_engine(read: Engine) -> None:
    with snapshot(read) as connection:
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "repeatable read"
    with read.begin() as connection:
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off"
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
