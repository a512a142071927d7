"""Contacts on their way to Xero and back: what is sent, how they are found again, what each answer means."""

import json
from typing import Any
from uuid import UUID

import pytest

from adapters.xero import calls
from adapters.xero.contact_mapping import contact_number, contacts_body, read_contact_element, render_contact
from adapters.xero.contact_refusals import judge_contact
from adapters.xero.session import XeroSession
from domain.document import KyriosContact

STREAM = UUID("6ea652c5-37d4-516d-8235-456a42fd6e0f")
TAKEN = (
    "The contact name Kea Cafe is already assigned to another contact."
    " The contact name must be unique across all active contacts."
)


def rendered(name: str = "Kea Cafe", **more: str) -> dict[str, Any]:
    contact = KyriosContact(contact_id="cus-1", name=name, **more)
    sent: dict[str, Any] = json.loads(render_contact(contact, "cus-1"))
    return sent


def test_only_what_kyrios_knows_is_sent() -> None:
    assert rendered() == {"Name": "Kea Cafe", "ContactNumber": "cus-1"}
    assert rendered(email=" hello@kea.example ", phone="+64 3 555 0100") == {
        "Name": "Kea Cafe",
        "ContactNumber": "cus-1",
        "EmailAddress": "hello@kea.example",
        "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "+64 3 555 0100"}],
    }


def test_names_are_sent_as_xero_takes_them() -> None:
    assert rendered("  Kea \t Cafe ")["Name"] == "Kea Cafe"


def test_the_same_contact_is_always_sent_in_the_same_bytes() -> None:
    one = KyriosContact(contact_id="cus-1", name="Tūī & Kea", email="a@b.example")
    assert render_contact(one, "cus-1") == (
        '{"Name":"Tūī & Kea","ContactNumber":"cus-1","EmailAddress":"a@b.example"}'.encode()
    )
    assert contacts_body([b"{}", b"{}"]) == b'{"Contacts":[{},{}]}'


@pytest.mark.parametrize(
    ("kyrios_id", "number"),
    [("cus-1", "cus-1"), ("a" * 50, "a" * 50), ("a" * 51, str(STREAM)), ('x" OR Name!="', str(STREAM))],
)
def test_a_contact_bears_its_kyrios_id_as_number_where_that_fits(kyrios_id: str, number: str) -> None:
    assert contact_number(kyrios_id, STREAM) == number


def test_a_number_that_could_be_read_as_a_filter_is_never_asked_for() -> None:
    with pytest.raises(ValueError, match="contact number"):
        calls.find_contacts("organisation", ['x" OR Name!="'])


@pytest.mark.parametrize(
    ("element", "judgement"),
    [
        ({"ContactID": "c0000000-0000-4000-8000-000000000001", "StatusAttributeString": "OK"}, "saved"),
        ({"ContactID": "00000000-0000-0000-0000-000000000000"}, "unclear"),
        ({}, "unclear"),
        ({"HasValidationErrors": True, "ValidationErrors": [{"Message": TAKEN}]}, "taken"),
        ({"ValidationErrors": [{"Message": TAKEN}, {"Message": "Email address must be valid."}]}, "refused"),
        ({"StatusAttributeString": "ERROR", "ValidationErrors": [{"Message": "No."}]}, "refused"),
        ({"HasValidationErrors": True}, "refused"),
    ],
)
def test_each_element_is_judged_by_itself(element: dict[str, Any], judgement: str) -> None:
    assert judge_contact(read_contact_element(element)) == judgement


def test_contacts_are_created_and_found_again_by_their_number(session: XeroSession) -> None:
    fragments = [
        render_contact(KyriosContact(contact_id=f"cus-{number}", name=f"Customer {number}"), f"cus-{number}")
        for number in range(60)
    ]
    for start in (0, 30):
        answer = session.put_contacts(contacts_body(fragments[start : start + 30]), f"key-{start}")
        assert [judge_contact(element) for element in answer.elements] == ["saved"] * 30
    found = session.find_contacts([f"cus-{number}" for number in range(70)])
    assert sorted(element.contact.contact_number for element in found.elements) == sorted(
        f"cus-{number}" for number in range(60)
    )
    assert found.calls == 3
    again = session.put_contacts(contacts_body(fragments[:2]), "another key")
    assert [judge_contact(element) for element in again.elements] == ["taken", "taken"]


def test_nothing_to_find_is_not_asked_for(session: XeroSession) -> None:
    with pytest.raises(ValueError, match="nothing to look up"):
        session.find_contacts([])
