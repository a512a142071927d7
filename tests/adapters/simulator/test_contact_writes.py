"""Creating and changing contacts: what the books take, and each rule broken once."""

import pytest

from tests.adapters.simulator.visitor import TENANT, Json, Visitor, a_line, an_invoice, contact, read

CAFE = contact(1)


def a_contact(name: str = "Matariki Gardens", **changes: object) -> Json:
    """A contact as an app creates it; ``...`` leaves an element out."""
    found: Json = {
        "Name": name,
        "ContactNumber": f"kyrios-{name}",
        "EmailAddress": "office@matariki.example",
        "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "5550199", "PhoneAreaCode": "09"}],
    }
    return {key: value for key, value in (found | changes).items() if value is not ...}


def taken(name: str) -> str:
    """Xero's words for a name that is not free."""
    return (
        f"The contact name {name} is already assigned to another contact. "
        "The contact name must be unique across all active contacts."
    )


def named(xero: Visitor, contact_id: str) -> Json:
    """A contact in full."""
    (found,) = read(xero.get(f"Contacts/{contact_id}"))["Contacts"]
    assert isinstance(found, dict)
    return found


def test_a_contact_is_created_with_everything_and_found_by_its_number(connected: Visitor) -> None:
    made = connected.saved("PUT", "Contacts", a_contact(FirstName="Mata", ContactPersons=[{"FirstName": "Office"}]))
    found = named(connected, "kyrios-Matariki Gardens")
    assert found["ContactID"] == made["ContactID"]
    assert (found["ContactStatus"], found["EmailAddress"]) == ("ACTIVE", "office@matariki.example")
    assert found["Phones"] == [{"PhoneType": "DEFAULT", "PhoneNumber": "5550199", "PhoneAreaCode": "09"}]
    assert found["ContactPersons"] == [{"FirstName": "Office"}]
    assert (found["IsCustomer"], found["IsSupplier"]) == (False, False)


def test_an_invoice_can_be_made_for_a_new_contact(connected: Visitor) -> None:
    made = connected.saved("PUT", "Contacts", a_contact())
    element = connected.saved("PUT", "Invoices", an_invoice(Contact={"ContactID": made["ContactID"]}))
    assert element["Contact"]["Name"] == "Matariki Gardens"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (a_contact(...), "Contact Name cannot be empty."),  # type: ignore[arg-type]
        (a_contact(""), "Contact Name cannot be empty."),
        (a_contact("N" * 256, ContactNumber="1"), "Name must not be longer than 255 characters."),
        (a_contact("Sun <Moon>"), "Contact Name must not contain < or >."),
        (a_contact(" Sun"), "Contact Name must not begin or end with a blank or contain two in a row."),
        (a_contact("Sun  Moon"), "Contact Name must not begin or end with a blank or contain two in a row."),
        (a_contact(EmailAddress="office"), "Email address must be valid."),
        (a_contact(EmailAddress="büro@matariki.example"), "Email address must be valid."),
        (a_contact(ContactNumber="9" * 51), "ContactNumber must not be longer than 50 characters."),
        (a_contact(AccountNumber="9" * 51), "AccountNumber must not be longer than 50 characters."),
        (a_contact(ContactStatus="GDPRREQUEST"), "ContactStatus must be ACTIVE or ARCHIVED."),
        (a_contact(ContactID=contact(77)), "The Contact could not be found."),
        (a_contact(Phones=[{"PhoneType": "HOME"}]), "PhoneType must be one of DEFAULT, DDI, MOBILE, FAX, OFFICE."),
        (
            a_contact(Phones=[{"PhoneType": "FAX", "PhoneAreaCode": "9" * 11}]),
            "PhoneAreaCode must not be longer than 10 characters.",
        ),
        (a_contact("HARBOUR VIEW CAFE LTD"), taken("HARBOUR VIEW CAFE LTD")),
    ],
)
def test_a_contact_is_refused_with_the_reason(connected: Visitor, given: Json, message: str) -> None:
    given = {key: value for key, value in given.items() if value is not ...}
    before = connected.steer("GET", "/ledger/contacts")["contacts"]
    assert connected.refused("PUT", "Contacts", given) == [message]
    assert connected.steer("GET", "/ledger/contacts")["contacts"] == before


@pytest.mark.parametrize(
    "changes", [{"Colour": "red"}, {"Phones": [{"Kind": "DEFAULT"}]}, {"ContactPersons": {}}, {"Name": 7}]
)
def test_an_element_contacts_do_not_have_refuses_the_request(connected: Visitor, changes: Json) -> None:
    answer = connected.write("PUT", "Contacts", a_contact(**changes))
    assert (answer.status_code, answer.json()["Type"]) == (400, "PostDataInvalidException")


def test_a_taken_contact_number_is_refused_by_put_whatever_the_name(connected: Visitor) -> None:
    connected.saved("PUT", "Contacts", a_contact())
    again = a_contact("Matariki Two", ContactNumber="kyrios-Matariki Gardens")
    assert connected.refused("PUT", "Contacts", again) == [taken("Matariki Two")]


def test_a_taken_account_number_is_refused(connected: Visitor) -> None:
    connected.saved("PUT", "Contacts", a_contact(AccountNumber="A-1"))
    assert connected.refused("PUT", "Contacts", a_contact("Other", AccountNumber="A-1")) == [
        "The Account Number already exists. Please enter a different Account Number."
    ]


def test_names_are_unique_within_one_batch_and_the_others_are_saved(connected: Visitor) -> None:
    answer = read(connected.write("PUT", "Contacts", a_contact("A"), a_contact("a"), a_contact("B")))
    first, second, third = answer["Contacts"]
    assert [element.get("StatusAttributeString") for element in answer["Contacts"]] == ["OK", "ERROR", "OK"]
    assert (second["HasValidationErrors"], second["ContactID"]) == (True, "00000000-0000-0000-0000-000000000000")
    assert first["HasValidationErrors"] is third["HasValidationErrors"] is False
    made = [c for c in connected.steer("GET", "/ledger/contacts")["contacts"] if c["origin"] == "api"]
    assert {c["Name"] for c in made} == {"A", "B"}


@pytest.mark.parametrize("saves", [True, False])
def test_summarised_one_bad_contact_is_a_400(connected: Visitor, saves: bool) -> None:
    connected.steer("POST", "/options", {"summarised_400_saves_valid": saves})
    answer = connected.write("PUT", "Contacts", a_contact("A"), a_contact("<"), summarise=True)
    assert (answer.status_code, answer.json()["Type"]) == (400, "ValidationException")
    assert [element["Name"] for element in answer.json()["Elements"]] == ["<"]
    assert connected.get("Contacts/kyrios-A").status_code == (200 if saves else 404)


@pytest.mark.parametrize(("frees", "messages"), [(True, []), (False, [taken("Closed Down Trading Co")])])
def test_an_archived_contact_frees_its_name_or_not(connected: Visitor, frees: bool, messages: list[str]) -> None:
    connected.steer("POST", "/options", {"archived_frees_name": frees})
    (element,) = read(connected.write("PUT", "Contacts", a_contact("Closed Down Trading Co")))["Contacts"]
    assert [error["Message"] for error in element.get("ValidationErrors", [])] == messages


def test_post_updates_by_contact_id_and_keeps_what_is_not_sent(connected: Visitor) -> None:
    before = named(connected, CAFE)
    mobile = {"PhoneType": "MOBILE", "PhoneNumber": "5550111"}
    sent = {"ContactID": CAFE, "ContactNumber": "kyrios-1", "Phones": [mobile]}
    connected.saved("POST", "Contacts", sent)
    after = named(connected, CAFE)
    assert (after["Name"], after["EmailAddress"]) == (before["Name"], before["EmailAddress"])
    assert after["ContactNumber"] == "kyrios-1"
    assert after["Phones"] == [*before["Phones"], mobile]


def test_post_updates_by_contact_number_and_may_rename(connected: Visitor) -> None:
    made = connected.saved("PUT", "Contacts", a_contact())
    renamed = connected.saved("POST", "Contacts", a_contact("New Name", ContactNumber="kyrios-Matariki Gardens"))
    assert (renamed["ContactID"], renamed["Name"]) == (made["ContactID"], "New Name")


@pytest.mark.parametrize(("matches", "new"), [(True, False), (False, True)])
def test_post_by_name_alone_updates_the_active_contact_or_not(connected: Visitor, matches: bool, new: bool) -> None:
    connected.steer("POST", "/options", {"name_matches_contact": matches})
    sent = {"Name": "harbour view cafe ltd", "EmailAddress": "new@harbour.example"}
    (element,) = read(connected.write("POST", "Contacts", sent))["Contacts"]
    assert bool(element.get("ValidationErrors")) is new
    assert (named(connected, CAFE)["EmailAddress"] == "new@harbour.example") is not new


def test_post_creates_when_nothing_matches_and_the_next_of_the_batch_sees_it(connected: Visitor) -> None:
    first, second = connected.saved("POST", "Contacts", a_contact(), a_contact(EmailAddress="later@matariki.example"))
    assert first["ContactID"] == second["ContactID"]
    assert named(connected, first["ContactID"])["EmailAddress"] == "later@matariki.example"


def test_one_contact_is_updated_under_its_own_address(connected: Visitor) -> None:
    connected.saved("POST", f"Contacts/{CAFE}", {"EmailAddress": "desk@harbour.example"}, summarise=None)
    assert named(connected, CAFE)["EmailAddress"] == "desk@harbour.example"
    answer = connected.write("POST", f"Contacts/{CAFE}", {"Name": "Kauri Timber Supplies"}, summarise=None)
    assert (answer.status_code, answer.json()["Elements"][0]["ContactID"]) == (400, CAFE)
    assert connected.write("POST", f"Contacts/{contact(77)}", {"Name": "X"}).status_code == 404
    assert connected.write("POST", f"Contacts/{CAFE}", {}, {}).json()["Type"] == "PostDataInvalidException"


def test_an_update_to_a_name_that_is_taken_is_refused(connected: Visitor) -> None:
    sent = {"ContactID": CAFE, "Name": "Kauri Timber Supplies"}
    assert connected.refused("POST", "Contacts", sent) == [taken("Kauri Timber Supplies")]
    assert connected.refused("POST", "Contacts", {"ContactID": CAFE, "Name": ""}) == ["Contact Name cannot be empty."]


def test_a_contact_is_archived_and_takes_no_invoice_and_comes_back_unless_its_name_is_gone(connected: Visitor) -> None:
    connected.saved("POST", "Contacts", {"ContactID": CAFE, "ContactStatus": "ARCHIVED"})
    assert connected.messages(an_invoice()) == [["Unable to assign an Archived contact."]]
    connected.saved("PUT", "Contacts", a_contact("Harbour View Cafe Ltd"))
    back = {"ContactID": CAFE, "ContactStatus": "ACTIVE"}
    assert connected.refused("POST", "Contacts", back) == [taken("Harbour View Cafe Ltd")]
    connected.saved("POST", "Contacts", back | {"Name": "Harbour View Cafe 2"})
    assert connected.messages(an_invoice()) == [[]]


def test_a_merged_contact_is_archived_shows_where_it_went_and_gives_its_invoices_away(connected: Visitor) -> None:
    connected.saved("PUT", "Invoices", an_invoice())
    told = connected.steer("POST", f"/organisations/{TENANT}/merges", {"source": CAFE, "target": contact(2)})
    assert told == {"moved_invoices": 1}
    gone = named(connected, CAFE)
    assert (gone["ContactStatus"], gone["MergedToContactID"]) == ("ARCHIVED", contact(2))
    (held,) = read(connected.get("Invoices", ContactIDs=contact(2)))["Invoices"]
    assert held["Contact"]["Name"] == "Kauri Timber Supplies"
    assert connected.messages(an_invoice("K-2")) == [["Unable to assign an Archived contact."]]
    back = {"ContactID": CAFE, "ContactStatus": "ACTIVE"}
    assert connected.refused("POST", "Contacts", back) == ["A contact that was merged cannot be changed."]


@pytest.mark.parametrize("body", [{}, {"source": CAFE, "target": CAFE}, {"source": CAFE, "target": contact(77)}, []])
def test_merging_what_is_not_two_contacts_is_refused(xero: Visitor, body: object) -> None:
    assert xero.control.post(f"/organisations/{TENANT}/merges", json=body).status_code == 400


def test_an_invoice_that_names_its_contact_by_id_alone_changes_nothing_of_it(connected: Visitor) -> None:
    before = named(connected, CAFE)
    connected.saved("PUT", "Invoices", an_invoice(Contact={"ContactID": CAFE}))
    assert named(connected, CAFE) == before


def test_an_invoice_that_says_more_of_its_contact_changes_it_and_drops_contact_persons(connected: Visitor) -> None:
    connected.saved("POST", "Contacts", {"ContactID": CAFE, "ContactPersons": [{"FirstName": "Office"}]})
    sent = {"ContactID": CAFE, "EmailAddress": "changed@harbour.example"}
    connected.saved("PUT", "Invoices", an_invoice(Contact=sent))
    after = named(connected, CAFE)
    assert (after["EmailAddress"], after["ContactPersons"]) == ("changed@harbour.example", [])
    assert read(connected.get("Invoices/K-1"))["Invoices"][0]["Contact"]["EmailAddress"] == after["EmailAddress"]


def test_an_invoice_cannot_give_its_contact_a_name_that_is_taken(connected: Visitor) -> None:
    sent = {"ContactID": CAFE, "Name": "Kauri Timber Supplies"}
    assert connected.messages(an_invoice(Contact=sent)) == [[taken("Kauri Timber Supplies")]]
    assert connected.messages(an_invoice(Contact={"ContactID": CAFE}, LineItems=[a_line()])) == [[]]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"where": 'EmailAddress=="billing@kauritimber.example"'}, ["Kauri Timber Supplies"]),
        ({"where": 'Name=="KAURI timber supplies" AND ContactStatus=="ACTIVE"'}, ["Kauri Timber Supplies"]),
        ({"where": 'ContactNumber=="kyrios-Matariki Gardens"'}, ["Matariki Gardens"]),
        ({"searchTerm": "matariki"}, ["Matariki Gardens"]),
        ({"where": "IsSupplier==true", "order": "Name"}, ["Office Stationery Wholesale", "Pacific Print House"]),
    ],
)
def test_contacts_can_be_narrowed(connected: Visitor, asked: Json, names: list[str]) -> None:
    connected.saved("PUT", "Contacts", a_contact())
    assert [found["Name"] for found in read(connected.get("Contacts", **asked))["Contacts"]] == names


def test_writing_contacts_needs_its_own_scope(xero: Visitor) -> None:
    xero.connect(scope="accounting.contacts.read")
    assert xero.write("PUT", "Contacts", a_contact()).status_code == 401
    assert xero.get("Contacts").status_code == 200


def test_a_repeated_key_creates_one_contact_and_the_ledger_knows_the_key(connected: Visitor) -> None:
    body, headers = {"Contacts": [a_contact()]}, {"Idempotency-Key": "k-1"}
    first, again = (connected.api.put("/api.xro/2.0/Contacts", json=body, headers=headers) for _ in range(2))
    assert first.content == again.content
    (made,) = [c for c in connected.steer("GET", "/ledger/contacts")["contacts"] if c["origin"] == "api"]
    assert (made["idempotency_key"], made["tenant_id"], made["Name"]) == ("k-1", TENANT, "Matariki Gardens")


def test_a_contact_whose_answer_is_lost_is_there(connected: Visitor) -> None:
    fault = connected.fault("http_500_after", method="PUT", path="/Contacts")
    assert connected.write("PUT", "Contacts", a_contact()).status_code == 500
    assert connected.fired(fault)
    assert connected.get("Contacts/kyrios-Matariki Gardens").status_code == 200
