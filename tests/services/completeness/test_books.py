"""Books: Kyrios's invoices against Xero's, on a real engine and the simulator's ledger."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from adapters.xero.errors import RateLimited
from adapters.xero.invoice_mapping import body_of
from domain import connection as connections
from domain.budget import Budget
from domain.refusals import InvalidInput, NotPossible
from services.completeness.report import BooksReport, answered
from services.intake import IssuedInvoice
from services.reads import Reads
from tests.payments import pay_by_hand
from tests.world import ACCOUNT, BACKEND, OWNER, World, example_invoices, organisation_id


def dated(issued: IssuedInvoice, day: dt.date) -> IssuedInvoice:
    """The same invoice of another day."""
    return msgspec.structs.replace(issued, document=msgspec.structs.replace(issued.document, date=day, due_date=day))


COPIED = ("Type", "Status", "Date", "DueDate", "LineAmountTypes", "CurrencyCode", "Url")
LINE = {"Description": "Again", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200", "TaxType": "OUTPUT2"}
SEPTEMBER, NOVEMBER = dt.date(2026, 9, 1), dt.date(2026, 11, 1)


def compare(world: World, first: dt.date | None = None, last: dt.date | None = None) -> BooksReport:
    """Compare, with the projections as they are now."""
    world.engine.projector.catch_up()
    return world.engine.books(ACCOUNT, first, last)


def edit(world: World, number: str, **fields: Any) -> None:
    """Change an invoice in Xero by hand."""
    there = f"/organisations/{organisation_id()}/invoices"
    world.control.post(there, json={"InvoiceNumber": number, **fields}).raise_for_status()


def synced(world: World, issued: Sequence[IssuedInvoice]) -> None:
    """Queue and send."""
    world.queue(issued)
    world.work()


@pytest.mark.article("R20")
def test_all_that_is_there_is_answered_in_one_line_and_nothing_is_changed(world: World) -> None:
    issued = example_invoices(5)
    synced(world, [dated(one, SEPTEMBER if n < 2 else NOVEMBER) for n, one in enumerate(issued)])
    head, entries, writes = world.engine.store.head(), world.outbox(), world.requests("PUT", "")
    report = compare(world)
    total = sum((one.document.totals.total for one in issued), Decimal(0))
    assert report.answer == f"Yes: all 5 invoices of September–November 2026 are in Xero, NZD {total:,.2f}."
    assert (report.everything_in_xero, report.found, report.calls) == (True, 0, 3)
    assert [(month.month, month.accepted.invoices, month.expected == month.in_xero) for month in report.months] == [
        ("2026-09", 2, True),
        ("2026-11", 3, True),
    ]
    assert compare(world, NOVEMBER).answer.startswith("Yes: all 3 invoices of November 2026 are in Xero")
    assert compare(world, dt.date(2026, 1, 1), dt.date(2026, 1, 1)).answer == (
        "Yes: Kyrios has no invoice of January 2026 that should be in Xero."
    )
    assert (world.engine.store.head(), world.outbox(), world.requests("PUT", "")) == (head, entries, writes)
    assert world.requests("POST", "/api") == []
    with world.engine.store.cursor() as cursor:
        assert cursor.execute("SELECT count(*) AS n FROM app.delivery WHERE purpose = 'read'").fetchone() == {"n": 0}


@pytest.mark.article("R20")
@pytest.mark.complaint(15)
def test_whatever_differs_is_told_in_words(world: World) -> None:
    synced(world, example_invoices(6))
    edit(world, "T-1", Status="VOIDED")
    edit(world, "T-2", Total=1)
    edit(world, "T-3", Date="2026-01-05")
    pay_by_hand(world, "T-5", "1.00")
    world.engine.void_invoice(ACCOUNT, "inv-4", BACKEND)
    world.queue(example_invoices(1, start=6))
    report = compare(world)
    told = {one.kyrios_invoice_id: one for one in report.differences}
    assert {name: one.kind for name, one in told.items()} == {
        "inv-1": "gone_in_xero",
        "inv-2": "differs",
        "inv-3": "differs",
        "inv-4": "still_stands",
        "inv-6": "not_in_xero",
    }
    assert told["inv-1"].says == "It was sent, and somebody made it voided in Xero."
    assert "its total is NZD 1.00 instead of NZD 414.00" in told["inv-2"].says
    assert told["inv-3"].says == "In Xero its date is 2026-01-05 instead of 2026-09-01."
    assert told["inv-6"].says == "We have this invoice and it is ready."
    assert report.answer == (
        "No: of 6 invoices of September 2026, 1 not there, 1 gone there, 2 not the same there, "
        "1 voided in Kyrios that still stands in Xero; NZD 1,243.00 of NZD 2,484.00 is in Xero (beside 1 voided)."
    )
    world.work()
    assert {one.kyrios_invoice_id for one in compare(world).differences} == {"inv-1", "inv-2", "inv-3"}


def test_what_waits_says_for_what_and_what_a_person_left_out_is_only_mentioned(world: World) -> None:
    synced(world, [dated(one, dt.date(2026, 8, 1)) for one in example_invoices(2)])
    report = compare(world)
    assert [(one.kind, one.causes) for one in report.differences] == [("not_in_xero", ("period_locked",))] * 2
    assert "Books are locked up to 2026-08-15." in report.differences[0].says
    world.engine.dismiss_invoices(ACCOUNT, [world.outbox()[0]["stream_id"]], "Entered by hand", BACKEND)
    assert compare(world).answer.endswith("NZD 0.00 of NZD 414.00 is in Xero (beside 1 left out by a person).")


def test_an_invoice_we_made_that_nobody_knows_is_found_and_one_made_by_hand_is_nobody_s_business(world: World) -> None:
    synced(world, example_invoices(1))
    known = world.engine.store.load(world.lane, connections.evolve)
    assert known is not None
    (held,) = world.in_xero()
    like = {name: held[name] for name in COPIED} | {"Contact": {"ContactID": held["Contact"]["ContactID"]}}
    strange = [like | {"LineItems": [LINE], "InvoiceNumber": number} for number in ("S-1", "S-2")]
    strange[0]["Url"] = "https://app.kyrios.example/invoices/forgotten"
    world.engine.session_of(known).put_invoices(body_of([msgspec.json.encode(one) for one in strange]), "strange")
    by_hand = like | {"LineItems": [LINE], "InvoiceNumber": "H-1", "Url": "https://elsewhere.example/1"}
    world.control.post(f"/organisations/{organisation_id()}/invoices", json=by_hand).raise_for_status()
    report = compare(world)
    assert {one.number: one.kind for one in report.differences} == {"S-1": "unknown_here", "S-2": "twice"}
    assert "1 there twice, 1 there that Kyrios does not know" in report.answer


def test_a_currency_of_which_nothing_is_in_xero_is_not_counted_there_as_nothing(world: World) -> None:
    synced(world, example_invoices(1))
    euros = msgspec.structs.replace(example_invoices(1, 1)[0].document, currency="EUR")
    synced(world, [msgspec.structs.replace(example_invoices(1, 1)[0], document=euros)])
    answer = compare(world).answer
    assert answer == (
        "No: of 2 invoices of September 2026, 1 not there; NZD 414.00 of EUR 414.00 and NZD 414.00 is in Xero."
    )


def test_an_account_that_lost_its_connection_says_why_xero_cannot_be_asked(world: World) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    with pytest.raises(NotPossible, match="cannot be asked: Xero is not connected"):
        compare(world)


def test_a_range_that_is_none_and_an_account_without_a_connection_are_refused(world: World) -> None:
    with pytest.raises(InvalidInput, match="is after"):
        compare(world, NOVEMBER, SEPTEMBER)
    with pytest.raises(InvalidInput, match="at most 600 months"):
        compare(world, dt.date(1, 1, 1), NOVEMBER)
    with pytest.raises(NotPossible, match="is not connected"):
        world.engine.books("nobody")


def test_a_call_waits_for_its_turn_in_the_budget_and_gives_up_after_a_while(world: World) -> None:
    waited = list[float]()
    spent = Budget(burst=0, per_minute=0.001)
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET promised = NULL")
    reads = Reads(world.engine.store, spent, world.engine.all_lanes, 8, uuid4, world.rung.append, waited.append)
    with reads.one_by_one(world.lane, "invoices", patience=20.0) as calls, pytest.raises(RateLimited):
        calls.begin()
    assert sum(waited) <= 20


@pytest.mark.parametrize(
    ("number", "says"),
    [(1, "1 voided in Kyrios that still stands in Xero"), (2, "2 voided in Kyrios that still stand in Xero")],
)
def test_what_kyrios_voided_and_xero_has_not_is_said_to_stand_there(number: int, says: str) -> None:
    told = answered(ACCOUNT, 1, "March 2026", (), {"still_stands": number}, (), 0)
    assert told.answer == f"No: Kyrios has no invoice of March 2026 that should be in Xero; {says}."


def lose_an_answer_and_give_it_another_date(world: World, was: dt.date, day: dt.date) -> None:
    """Xero holds inv-0 under its first date; here it is not known to have arrived, and has another one."""
    one, two = example_invoices(2)
    synced(world, [dated(two, was)])
    world.fault("answer_lost", method="PUT", path="/Invoices")
    synced(world, [dated(one, was)])
    world.engine.revise_invoices([msgspec.structs.replace(dated(one, day), revision=2)], BACKEND)


@pytest.mark.parametrize(("was", "day"), [(SEPTEMBER, NOVEMBER), (NOVEMBER, SEPTEMBER)])
def test_one_that_arrived_under_another_date_without_an_answer_is_no_second_one(
    world: World, was: dt.date, day: dt.date
) -> None:
    lose_an_answer_and_give_it_another_date(world, was, day)
    report = compare(world)
    (found,) = report.differences
    assert (found.kind, found.kyrios_invoice_id, found.status) == ("not_in_xero", "inv-0", "checking")
    assert "void" not in found.says
    world.later(400)
    world.work()
    assert compare(world).everything_in_xero


def test_a_second_one_is_found_also_while_the_first_is_not_known_to_have_arrived(world: World) -> None:
    lose_an_answer_and_give_it_another_date(world, SEPTEMBER, SEPTEMBER)
    (there,) = (one for one in world.in_xero() if one["InvoiceNumber"] == "T-0")
    again = {name: there[name] for name in COPIED} | {"InvoiceNumber": "T-0 again", "LineItems": [LINE]}
    again["Contact"] = {"ContactID": there["Contact"]["ContactID"]}
    known = world.engine.store.load(world.lane, connections.evolve)
    assert known is not None
    world.engine.session_of(known).put_invoices(body_of([msgspec.json.encode(again)]), "again")
    report = compare(world)
    assert [(one.kind, one.kyrios_invoice_id) for one in report.differences] == [("twice", "inv-0")]
