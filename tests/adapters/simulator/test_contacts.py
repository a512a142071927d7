"""Contacts: in short and in full, archived and merged, by page and by time."""

import pytest

from tests.adapters.simulator.visitor import TENANT, Json, Visitor, contact, read


def names(answer: object) -> list[str]:
    """The names in a contacts answer."""
    assert isinstance(answer, dict)
    return [found["Name"] for found in answer["Contacts"]]


def test_archived_contacts_are_hidden_unless_asked_for(connected: Visitor) -> None:
    assert "Closed Down Trading Co" not in names(read(connected.get("Contacts")))
    assert "Closed Down Trading Co" in names(read(connected.get("Contacts", includeArchived="True")))
    assert names(read(connected.get("Contacts", IDs=contact(10)))) == ["Closed Down Trading Co"]


def test_pages_count_all_contacts_and_end_empty(connected: Visitor) -> None:
    page = read(connected.get("Contacts", page="2", pageSize="4"))
    assert page["pagination"] == {"page": 2, "pageSize": 4, "pageCount": 3, "itemCount": 9}
    assert len(page["Contacts"]) == 4
    past = read(connected.get("Contacts", page="9"))
    assert past["Contacts"] == []


@pytest.mark.parametrize("parameters", [{"pageSize": "1001"}, {"page": "0"}, {"page": "x"}, {"includeArchived": "1"}])
def test_unreadable_parameters_are_refused(connected: Visitor, parameters: Json) -> None:
    answer = connected.get("Contacts", **parameters)
    assert (answer.status_code, answer.json()["Type"]) == (400, "QueryParseException")


def test_only_a_paged_or_single_contact_shows_where_it_was_merged(connected: Visitor) -> None:
    connected.steer(
        "POST",
        f"/organisations/{TENANT}/contacts",
        {"ContactID": contact(2), "ContactStatus": "ARCHIVED", "MergedToContactID": contact(1)},
    )
    (short,) = read(connected.get("Contacts", IDs=contact(2)))["Contacts"]
    (paged,) = read(connected.get("Contacts", IDs=contact(2), page="1"))["Contacts"]
    (single,) = read(connected.get(f"Contacts/{contact(2)}"))["Contacts"]
    assert "MergedToContactID" not in short
    assert paged["MergedToContactID"] == single["MergedToContactID"] == contact(1)
    assert single["ContactPersons"] == []


def test_a_contact_is_found_by_its_contact_number(connected: Visitor) -> None:
    connected.steer("POST", f"/organisations/{TENANT}/contacts", {"ContactID": contact(3), "ContactNumber": "kyrios-3"})
    assert names(read(connected.get("Contacts/kyrios-3"))) == ["Southern Cross Cycles"]
    assert connected.get("Contacts/kyrios-4").status_code == 404


@pytest.mark.parametrize("since", ["2026-12-31T00:00:00", "2026-12-31T00:00:00+00:00"])
def test_only_contacts_changed_since(connected: Visitor, since: str) -> None:
    connected.later()
    connected.steer(
        "POST", f"/organisations/{TENANT}/contacts", {"Name": "Tui Tours and Travel", "EmailAddress": "x@y"}
    )
    assert names(read(connected.get("Contacts", headers={"If-Modified-Since": since}))) == ["Tui Tours and Travel"]


def test_contacts_come_in_the_order_of_their_change(connected: Visitor) -> None:
    connected.later()
    connected.steer("POST", f"/organisations/{TENANT}/contacts", {"ContactID": contact(1), "EmailAddress": "new@y"})
    assert names(read(connected.get("Contacts", page="1")))[-1] == "Harbour View Cafe Ltd"
