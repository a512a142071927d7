"""Creating invoices and looking them up, over HTTP against the simulator."""

from uuid import uuid4

import pytest

from adapters.xero.invoice_mapping import body_of, in_order
from adapters.xero.look_up import search
from adapters.xero.refusals import judge
from adapters.xero.session import XeroSession
from tests.adapters.xero.invoices import document, fragment, held, put
from tests.adapters.xero.simulated import ORGANISATION, World
from tests.examples import DOCUMENT, line, totals


def test_invoices_are_created_and_answered_in_order(session: XeroSession, world: World) -> None:
    numbers = [f"INV-{n}" for n in range(1, 51)]
    answer = session.put_invoices(body_of([fragment(document(n)) for n in numbers]), str(uuid4()))
    elements = in_order(numbers, answer.elements)
    assert {judge(element).kind for element in elements} == {"saved"}
    assert elements[0].totals == DOCUMENT.totals
    assert elements[0].status == "AUTHORISED"
    assert held(world) == numbers


def test_what_is_left_of_the_limits_is_told(world: World, session: XeroSession) -> None:
    world.control.post("/options", rate_limits=True)
    rates = session.put_invoices(body_of([fragment(document("INV-1"))]), str(uuid4())).rates
    assert rates.min_left is not None
    assert rates.min_left < 60
    assert rates.day_left is not None
    assert rates.app_left is not None


def test_a_refused_element_does_not_keep_the_others_out(session: XeroSession, world: World) -> None:
    bad = document("INV-2", currency="EUR")
    answer = session.put_invoices(body_of([fragment(document("INV-1")), fragment(bad)]), str(uuid4()))
    judged = [judge(element) for element in in_order(["INV-1", "INV-2"], answer.elements)]
    assert [j.kind for j in judged] == ["saved", "refused"]
    assert judged[1].cause is not None
    assert judged[1].cause.code == "currency_not_enabled"
    assert judged[1].words == ("Organisation is not subscribed to currency EUR",)
    assert held(world) == ["INV-1"]


def test_a_number_that_is_taken_is_looked_up_and_found_to_be_ours(session: XeroSession) -> None:
    put(session, "INV-1")
    answer = session.put_invoices(body_of([fragment(document("INV-1"))]), str(uuid4()))
    assert judge(answer.elements[0]).kind == "look_up"
    found = search(document("INV-1"), session.find_invoices(["INV-1"]).elements)
    assert found.verdict == "ours"
    assert found.invoice is not None
    assert found.invoice.totals == DOCUMENT.totals


def test_anothers_invoice_under_our_number_is_a_conflict(session: XeroSession) -> None:
    put(session, "INV-1")
    ours = document("INV-1", url="https://app.kyrios.example/invoices/another")
    assert search(ours, session.find_invoices(["INV-1"]).elements).verdict == "conflict"


def test_a_number_nobody_holds_is_absent(session: XeroSession) -> None:
    assert search(document("INV-9"), session.find_invoices(["INV-9"]).elements).verdict == "absent"


def test_a_voided_invoice_under_our_number_is_a_conflict(session: XeroSession, world: World) -> None:
    put(session, "INV-1")
    world.control.post(f"/organisations/{ORGANISATION}/invoices", InvoiceNumber="INV-1", Status="VOIDED")
    assert search(document("INV-1"), session.find_invoices(["INV-1"]).elements).verdict == "conflict"


def test_fifty_numbers_are_looked_up_in_two_calls_each_number_once(session: XeroSession, world: World) -> None:
    numbers = [f"INV-{n}" for n in range(1, 51)]
    put(session, *numbers)
    answer = session.find_invoices([*numbers, "INV-1"])
    assert sorted(element.number for element in answer.elements) == sorted(numbers)
    assert answer.calls == 2
    assert len([r for r in world.control.requests("/Invoices") if r["method"] == "GET"]) == 2


def test_a_number_with_a_comma_is_never_put_into_a_list_of_numbers(session: XeroSession) -> None:
    with pytest.raises(ValueError, match="comma"):
        session.find_invoices(["INV-1,INV-2"])


def test_fractions_of_a_cent_in_prices_survive(session: XeroSession) -> None:
    line = DOCUMENT.lines[0]
    fine = type(line)(quantity=line.quantity, unit_amount=line.unit_amount / 1000, tax_set=line.tax_set)
    invoice = document("INV-1", lines=(fine,))
    answer = session.put_invoices(body_of([fragment(invoice)]), str(uuid4()))
    assert judge(answer.elements[0]).kind == "saved"


def test_repeating_a_key_with_the_same_bytes_creates_nothing_more(session: XeroSession, world: World) -> None:
    body, key = body_of([fragment(document("INV-1"))]), str(uuid4())
    first, second = session.put_invoices(body, key), session.put_invoices(body, key)
    assert first.elements == second.elements
    assert held(world) == ["INV-1"]


def test_totals_that_xero_computes_are_read_to_the_cent(session: XeroSession) -> None:
    """25.06, 25.61 and 25.63 at 15 %: 11.44 tax, as Xero's page on rounding has it."""
    invoice = document(
        "INV-1",
        lines=(line("1", "25.06"), line("1", "25.61"), line("1", "25.63")),
        totals=totals("76.30", "11.44", "87.74"),
    )
    answer = session.put_invoices(body_of([fragment(invoice)]), str(uuid4()))
    assert answer.elements[0].totals == totals("76.30", "11.44", "87.74")
