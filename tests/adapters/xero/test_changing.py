"""Updating and voiding invoices by their InvoiceID, over HTTP against the simulator."""

import datetime as dt
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from adapters.xero.answers import XeroInvoice
from adapters.xero.invoice_content import content_of_fragment
from adapters.xero.invoice_mapping import body_of, render_void
from adapters.xero.session import XeroSession
from domain.document import InvoiceDocument
from tests.adapters.xero.invoices import document, fragment, update
from tests.adapters.xero.simulated import World
from tests.examples import line, totals

CHANGED = document("INV-1", lines=(line("2", "100.00"),), totals=totals("200.00", "30.00", "230.00"))


@pytest.fixture
def created(session: XeroSession) -> XeroInvoice:
    """INV-1, in Xero."""
    (one,) = session.put_invoices(body_of([fragment(document("INV-1"))]), str(uuid4())).elements
    return one


def post(session: XeroSession, *fragments: bytes) -> tuple[XeroInvoice, ...]:
    """What Xero answers to these changes."""
    return session.post_invoices(body_of(fragments), str(uuid4())).elements


def in_xero(world: World) -> dict[str, Any]:
    """The one invoice the simulator holds."""
    (one,) = world.control.get("/ledger/invoices")["invoices"]
    held: dict[str, Any] = one
    return held


def test_an_update_replaces_the_whole_invoice_and_all_of_its_lines(
    session: XeroSession, world: World, created: XeroInvoice
) -> None:
    before = {one["LineItemID"] for one in in_xero(world)["LineItems"]}
    (answered,) = post(session, update(CHANGED, created.invoice_id, reference=""))
    assert (answered.invoice_id, answered.totals) == (created.invoice_id, CHANGED.totals)
    held = in_xero(world)
    assert (len(held["LineItems"]), held["Total"], held.get("Reference", "")) == (1, 230.0, "")
    assert not before & {one["LineItemID"] for one in held["LineItems"]}


def test_an_update_twice_is_the_same_as_once(session: XeroSession, world: World, created: XeroInvoice) -> None:
    change = update(CHANGED, created.invoice_id)
    post(session, change)
    post(session, change)
    assert (len(in_xero(world)["LineItems"]), in_xero(world)["Total"]) == (1, 230.0)


def test_a_void_needs_nothing_but_the_id(session: XeroSession, world: World, created: XeroInvoice) -> None:
    (answered,) = post(session, render_void(created.invoice_id))
    assert (answered.invoice_id, answered.status) == (created.invoice_id, "VOIDED")
    assert in_xero(world)["Status"] == "VOIDED"


def test_an_id_xero_does_not_know_is_refused_and_creates_nothing(session: XeroSession, world: World) -> None:
    (answered,) = post(session, update(CHANGED, str(uuid4())))
    assert answered.has_errors
    assert world.control.get("/ledger/invoices")["invoices"] == []


def test_more_than_one_request_can_name_are_looked_at_in_several(session: XeroSession) -> None:
    made = session.put_invoices(body_of([fragment(document(f"INV-{n}")) for n in range(50)]), str(uuid4())).elements
    answer = session.get_invoices([one.invoice_id for one in made])
    assert (answer.calls, {one.number for one in answer.elements}) == (2, {one.number for one in made})


def test_what_xero_shows_of_an_invoice_has_the_content_that_was_sent(session: XeroSession) -> None:
    discounted = line("1.5", "88.5555", discount_rate=line("10", "0").quantity)
    sent = [
        fragment(document("INV-1")),
        fragment(document("INV-2", lines=(discounted,), totals=totals("119.55", "17.93", "137.48"))),
        fragment(document("INV-3", line_amounts="no_tax", totals=totals("492.75", "0.00", "492.75"))),
    ]
    made = session.put_invoices(body_of(sent), str(uuid4())).elements
    held = {one.invoice_id: one.content for one in session.get_invoices([m.invoice_id for m in made]).elements}
    assert [held[one.invoice_id] for one in made] == [content_of_fragment(one) for one in sent]


@pytest.mark.parametrize(
    "other",
    [
        document("INV-1", due_date=dt.date(2026, 12, 24)),
        document("INV-1", line_amounts="no_tax"),
        document("INV-1", lines=(line("3", "120.00"),)),
        document("INV-1", lines=(line("1.5", "88.50"), line("3", "120.00"))),
    ],
)
def test_content_that_differs_in_anything_is_other_content(other: InvoiceDocument) -> None:
    assert content_of_fragment(fragment(other)) != content_of_fragment(fragment(document("INV-1")))


def test_content_does_not_tell_an_update_from_a_creation_but_for_a_reference_that_is_gone() -> None:
    created, updated = fragment(document("INV-1")), update(document("INV-1"), str(uuid4()))
    assert content_of_fragment(created) == content_of_fragment(updated)
    cleared = update(document("INV-1"), str(uuid4()), reference="")
    assert msgspec.json.decode(cleared)["Reference"] == ""
