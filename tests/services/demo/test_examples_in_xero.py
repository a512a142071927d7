"""The whole example file goes through the engine into the simulated Xero, and comes out as `expected.json` says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.server import Simulator
from domain import contact_link
from domain.streams import contact_link_stream
from services.demo.books import Outcome, check_books
from services.demo.simulated_owner import (
    forgotten_taxes,
    issue_later,
    leave_out,
    map_forgotten_taxes,
    revise_invoices,
    set_up_account,
    take_back,
    void_invoices,
)
from services.intake import IssuedInvoice, read_file
from tests.services.contacts.customers import read_contacts, settle
from tests.world import ACCOUNT, EXAMPLES, World, world_on

EXPECTED = json.loads((EXAMPLES / "expected.json").read_text("utf-8"))
CHANGED = json.loads((EXAMPLES / "changes" / "expected.json").read_text("utf-8"))


@pytest.fixture
def studio(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """The demo's account, set up as the demo's owner does it, with Xero's contacts read."""
    with world_on(xero, database_url, tmp_path) as world:
        set_up_account(world.engine, world.xero.control_url, EXAMPLES)
        read_contacts(world)
        yield world


def accepted() -> list[IssuedInvoice]:
    with (EXAMPLES / "invoices.ndjson").open("rb") as stream:
        return [line.content for line in read_file(stream) if isinstance(line.content, IssuedInvoice)]


def reasons(world: World) -> dict[str, list[str]]:
    """The codes of the causes of every invoice that is not in Xero."""
    states = [world.invoice(one.invoice_id) for one in accepted()]
    return {s.kyrios_invoice_id: sorted(c.code for c in s.causes) for s in states if s.status != "synced"}


def money(invoice: dict[str, Any]) -> dict[str, str]:
    amounts = {
        "sub_total": "SubTotal", "total_tax": "TotalTax", "total": "Total", "amount_due": "AmountDue",
    }  # fmt: skip
    found = {ours: f"{invoice[theirs]:.2f}" for ours, theirs in amounts.items()}
    return {"currency": invoice["CurrencyCode"], **found}


@pytest.mark.article("R7")
def test_the_examples_come_out_as_computed_by_hand(studio: World) -> None:
    assert set(studio.queue(accepted())) == {"accepted"}
    settle(studio)
    held_back = {i: sorted(codes) for i, codes in (EXPECTED["waiting"] | EXPECTED["refused"]).items()}
    later = {key: ["tax_set_unmapped"] for key in EXPECTED["mapped_later"]}
    assert len(later) == 12
    assert reasons(studio) == held_back | later

    assert [one.name for one in forgotten_taxes(studio.engine)] == ["GST and alcohol levy"]
    map_forgotten_taxes(studio.engine)
    settle(studio)
    assert reasons(studio) == held_back

    found = {invoice["InvoiceNumber"]: money(invoice) for invoice in studio.in_xero()}
    assert found == EXPECTED["invoices"]
    assert not [one for one in accepted() if studio.invoice(one.invoice_id).reviews]
    _contacts_came_as_expected(studio)
    _changes_came_as_expected(studio)


def _changes_came_as_expected(world: World) -> None:
    """Kyrios revises and voids; beside what is expected of that, all stays as it was."""
    ids = {invoice["InvoiceNumber"]: invoice["InvoiceID"] for invoice in world.in_xero()}
    revised, voided = revise_invoices(world.engine, EXAMPLES), void_invoices(world.engine, EXAMPLES)
    settle(world)

    held = {invoice["InvoiceNumber"]: invoice for invoice in world.in_xero()}
    statuses = {number: {"status": held[number]["Status"]} for number in CHANGED["in_xero"]}
    assert {number: statuses[number] | money(held[number]) for number in statuses} == CHANGED["in_xero"]
    untouched = held.keys() - CHANGED["in_xero"].keys()
    assert {n: money(held[n]) for n in untouched} == {n: EXPECTED["invoices"][n] for n in untouched}
    assert {number: invoice["InvoiceID"] for number, invoice in held.items()} == ids

    reviews = {one: world.invoice(one).reviews for one in revised + voided}
    assert {one: found[0].code for one, found in reviews.items() if found} == CHANGED["revision_refused"]
    assert {world.invoice(one).status for one in voided} == {"voided"}
    assert [one for one in voided if world.invoice(one).xero_invoice_id is None] == CHANGED["never_sent"]
    _books_agree(world, voided)
    _what_comes_later_came_as_expected(world, voided)


def _what_comes_later_came_as_expected(world: World, voided: list[str]) -> None:
    """Invoices issued later arrive, a change taken back leaves nothing to be looked at, and nothing else is lacking."""
    issue_later(world.engine, EXAMPLES)
    take_back(world.engine, EXAMPLES)
    settle(world)
    held = {invoice["InvoiceNumber"]: money(invoice) for invoice in world.in_xero()}
    assert {number: held[number] for number in CHANGED["later"]} == CHANGED["later"]
    assert [one for one in CHANGED["revision_refused"] if world.invoice(one).reviews] == []

    before = world.engine.books(ACCOUNT)
    outside = [*EXPECTED["refused"], *EXPECTED["waiting"].keys() - voided]
    assert {one.kyrios_invoice_id for one in before.differences} == {*outside}
    leave_out(world.engine, outside)
    world.engine.projector.catch_up()
    assert world.engine.books(ACCOUNT).answer == (
        f"Yes: all 126 invoices of July–November 2026 are in Xero, {CHANGED['at_last']['total']} "
        "(beside 2 voided and 20 left out by a person)."
    )


def _books_agree(world: World, voided: list[str]) -> None:
    outcome = Outcome(
        accepted=[one.invoice_id for one in accepted()],
        waiting=EXPECTED["waiting"].keys() - voided,
        refused=EXPECTED["refused"],
        voided=voided,
        unrevised=CHANGED["revision_refused"],
        rejected_lines=EXPECTED["rejected_lines"],
    )
    books = check_books(
        outcome,
        invoices=EXAMPLES / "invoices.ndjson",
        changes=EXAMPLES / "changes",
        control_url=world.xero.control_url,
        opening_books=EXAMPLES / "xero-organisation.json",
    )
    assert books.differences == ()
    counts = {name: getattr(books, name) for name in ("accepted", "in_xero", "waiting", "refused", "voided")}
    total = " and ".join(f"{code} {amount:,.2f}" for code, amount in sorted(books.found.items()))
    assert counts | {"total": total} == CHANGED["afterwards"]


def _contacts_came_as_expected(world: World) -> None:
    streams = {one.contact.contact_id: contact_link_stream(ACCOUNT, one.contact.contact_id) for one in accepted()}
    ways: dict[str, set[str]] = {}
    for contact_id, stream in streams.items():
        for event in world.engine.store.events_of(stream):
            if isinstance(event, contact_link.ContactLinked):
                ways.setdefault(str(event.how), set()).add(contact_id)
    assert {how: len(contacts) for how, contacts in ways.items() if how != "person"} == EXPECTED["contacts"]
