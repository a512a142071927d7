"""What a body may hold: unknown elements and wrong types refuse the request as a whole."""

import json

import pytest

from tests.adapters.simulator.visitor import Json, Visitor, a_line, an_invoice, read


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"HasAccount": True}, "no element 'HasAccount' on Invoice"),
        ({"invoiceNumber": "K-1"}, "no element 'invoiceNumber' on Invoice"),
        ({"Contact": {"ContactId": "x"}}, "no element 'ContactId' on Contact"),
        ({"LineItems": [a_line(Colour="red")]}, "no element 'Colour' on LineItem"),
        ({"LineItems": [a_line("lots")]}, "UnitAmount must be a number"),
        ({"LineItems": [a_line("1e3")]}, "UnitAmount must be a number"),
        ({"LineItems": [a_line(True)]}, "UnitAmount must be a number"),
        ({"LineItems": {}}, "LineItems must be a list"),
        ({"LineItems": [7]}, "LineItem must be an object"),
        ({"Contact": "Harbour"}, "Contact must be an object"),
        ({"Contact": {"ContactID": "7"}}, "ContactID must be a GUID"),
        ({"Reference": 7}, "Reference must be a string"),
        ({"SentToContact": "perhaps"}, "SentToContact must be a boolean"),
        ({"Date": "2026-13-01"}, "Date must be a date"),
        ({"Date": "2017-12-14 00:00:00"}, "Date must be a date"),
        ({"Date": 20261101}, "Date must be a date"),
    ],
)
def test_an_element_xero_does_not_take_refuses_everything(connected: Visitor, changes: Json, place: str) -> None:
    answer = connected.put(an_invoice("K-0"), an_invoice(**changes))
    assert (answer.status_code, answer.json()["Type"]) == (400, "PostDataInvalidException")
    assert place in answer.json()["Message"]
    assert connected.numbers() == []
    assert connected.rules_broken() == ["post_data_invalid"]


@pytest.mark.parametrize("body", ["", "not json", "[]", '{"Invoices":[]}', '{"Invoices":{}}', "NaN", "[" * 5000])
def test_a_body_that_is_no_invoice_is_refused(connected: Visitor, body: str) -> None:
    answer = connected.put_body(body)
    assert (answer.status_code, answer.json()["Type"]) == (400, "PostDataInvalidException")


@pytest.mark.parametrize("number", ["1e999999", "1e17", "123456789012345678901234567890"])
def test_a_number_out_of_all_bounds_is_refused_at_once(connected: Visitor, number: str) -> None:
    body = json.dumps(an_invoice(LineItems=[a_line(1234567)])).replace("1234567", number)
    assert connected.put_body(body).json()["Type"] == "PostDataInvalidException"


def test_a_bare_invoice_needs_no_wrapper(connected: Visitor) -> None:
    assert connected.put_body(json.dumps(an_invoice())).status_code == 200
    assert connected.numbers() == ["K-1"]


@pytest.mark.parametrize(
    "day", ["2026-11-01", "2026-11-01T00:00:00", "/Date(1793491200000)/", "/Date(1793491200000+1300)/"]
)
def test_three_ways_to_write_a_date(connected: Visitor, day: str) -> None:
    (element,) = read(connected.put(an_invoice(Date=day)))["Invoices"]
    assert element["Date"] == "/Date(1793491200000+0000)/"
    assert element["DateString"] == "2026-11-01T00:00:00"


def test_numbers_and_booleans_may_be_text(connected: Visitor) -> None:
    (element,) = read(connected.put(an_invoice(SentToContact="true", LineItems=[a_line("12.5")])))["Invoices"]
    assert (element["SentToContact"], str(element["SubTotal"])) == (True, "12.50")


def test_what_clients_echo_is_accepted_and_ignored(connected: Visitor) -> None:
    echo: Json = {"HasAttachments": False, "HasErrors": False, "AmountDue": 3, "Payments": [], "ValidationErrors": []}
    (element,) = read(connected.put(an_invoice(**echo)))["Invoices"]
    assert str(element["AmountDue"]) == "115.00"


def test_more_than_about_fifty_invoices_are_taken_but_noted(connected: Visitor) -> None:
    assert connected.put(*(an_invoice(f"K-{n}") for n in range(51))).status_code == 200
    assert connected.rules_broken() == ["too_many_elements"]


def test_a_body_above_ten_megabytes_is_refused_unread(connected: Visitor) -> None:
    answer = connected.put_body(" " * (10 * 1024 * 1024 + 1))
    assert answer.status_code == 413
