"""What a write answers, summarised or not, and how invoices are read back."""

import pytest

from adapters.simulator.accounting.verdicts import ZERO_GUID
from tests.adapters.simulator.visitor import TENANT, Json, Visitor, an_invoice, contact, read


def test_unsummarised_every_element_answers_for_itself(connected: Visitor) -> None:
    answer = connected.put(an_invoice("K-1"), an_invoice("K-2", LineItems=[]))
    good, bad = read(answer)["Invoices"]
    assert answer.status_code == 200
    assert (good["StatusAttributeString"], good["HasErrors"], good["InvoiceNumber"]) == ("OK", False, "K-1")
    assert (bad["StatusAttributeString"], bad["HasErrors"], bad["InvoiceID"]) == ("ERROR", True, ZERO_GUID)
    assert connected.numbers() == ["K-1"]


@pytest.mark.parametrize("summarise", [True, None])
def test_summarised_or_unsaid_one_bad_element_is_a_400_that_lists_only_it(
    connected: Visitor, summarise: bool | None
) -> None:
    answer = connected.put(an_invoice("K-1"), an_invoice("K-2", LineItems=[]), summarise=summarise)
    found = read(answer)
    assert (answer.status_code, found["ErrorNumber"], found["Type"]) == (400, 10, "ValidationException")
    assert [element["InvoiceNumber"] for element in found["Elements"]] == ["K-2"]
    assert connected.numbers() == ["K-1"]


def test_a_summarised_400_may_also_save_nothing(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"summarised_400_saves_valid": False})
    connected.put(an_invoice("K-1"), an_invoice("K-2", LineItems=[]), summarise=True)
    assert connected.numbers() == []


def test_parameters_are_read_in_any_case(connected: Visitor) -> None:
    answer = connected.put(an_invoice(LineItems=[]), summarise=None, SummarizeErrors="False")
    assert answer.status_code == 200


def test_an_unpaged_list_has_no_lines_and_a_paged_or_single_one_has(connected: Visitor) -> None:
    connected.put(an_invoice())
    (short,) = read(connected.get("Invoices"))["Invoices"]
    paged = read(connected.get("Invoices", page="1"))
    (single,) = read(connected.get("Invoices/K-1"))["Invoices"]
    assert short["LineItems"] == []
    assert "EmailAddress" not in short["Contact"]
    assert len(paged["Invoices"][0]["LineItems"]) == len(single["LineItems"]) == 1
    assert paged["pagination"] == {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 1}
    assert read(connected.get(f"Invoices/{single['InvoiceID']}"))["Invoices"] == [single]
    assert connected.get("Invoices/K-2").status_code == 404


def test_statuses_and_summary_only_force_paging(connected: Visitor) -> None:
    connected.put(an_invoice("K-1"), an_invoice("K-2", Status="DRAFT"))
    by_status = read(connected.get("Invoices", Statuses="DRAFT,SUBMITTED"))
    assert by_status["pagination"]["itemCount"] == 1
    assert len(by_status["Invoices"][0]["LineItems"]) == 1
    summary = read(connected.get("Invoices", summaryOnly="true"))
    assert summary["pagination"]["itemCount"] == 2
    assert summary["Invoices"][0]["LineItems"] == []


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({"InvoiceNumbers": "K-1,K-3,K-9"}, ["K-1", "K-3"]),
        ({"ContactIDs": contact(2)}, ["K-3"]),
        ({"where": 'Contact.Name=="Kauri Timber Supplies"'}, ["K-3"]),
        ({"where": "Date>=DateTime(2026,11,02)"}, ["K-2"]),
        ({"where": "AmountDue>100 AND Reference==null", "order": "InvoiceNumber DESC"}, ["K-3", "K-2", "K-1"]),
        ({"searchTerm": "k-2"}, ["K-2"]),
        ({"createdByMyApp": "true", "InvoiceNumbers": "SEED"}, []),
        ({"pageSize": "1", "page": "2", "order": "InvoiceNumber"}, ["K-2"]),
    ],
)
def test_lists_can_be_narrowed(connected: Visitor, asked: Json, numbers: list[str]) -> None:
    connected.put(
        an_invoice("K-1"), an_invoice("K-2", Date="2026-11-02"), an_invoice("K-3", Contact={"ContactID": contact(2)})
    )
    found = read(connected.get("Invoices", **asked))["Invoices"]
    assert sorted(i["InvoiceNumber"] for i in found) == sorted(numbers)
    if "order" in asked:
        assert [i["InvoiceNumber"] for i in found] == numbers


def test_ids_pick_invoices(connected: Visitor) -> None:
    elements = read(connected.put(an_invoice("K-1"), an_invoice("K-2")))["Invoices"]
    found = read(connected.get("Invoices", IDs=elements[1]["InvoiceID"].upper()))["Invoices"]
    assert [i["InvoiceNumber"] for i in found] == ["K-2"]


def test_only_invoices_changed_since(connected: Visitor) -> None:
    connected.put(an_invoice("K-1"))
    connected.later()
    connected.put(an_invoice("K-2"))
    found = read(connected.get("Invoices", headers={"If-Modified-Since": "2026-12-31T00:00:00"}))["Invoices"]
    assert [i["InvoiceNumber"] for i in found] == ["K-2"]


def test_one_get_takes_forty_numbers(connected: Visitor) -> None:
    assert connected.get("Invoices", InvoiceNumbers=",".join(f"K-{n}" for n in range(40))).status_code == 200
    answer = connected.get("Invoices", InvoiceNumbers=",".join(f"K-{n}" for n in range(41)))
    assert (answer.status_code, answer.json()["Type"]) == (400, "QueryParseException")


def test_a_new_invoice_may_be_invisible_for_a_while(connected: Visitor) -> None:
    connected.steer("POST", "/clock", {"now": "2026-11-22T00:00:00Z"})
    connected.steer("POST", "/options", {"read_delay_seconds": 5})
    connected.put(an_invoice())
    assert read(connected.get("Invoices", InvoiceNumbers="K-1"))["Invoices"] == []
    connected.steer("POST", "/clock", {"advance_seconds": 5})
    assert len(read(connected.get("Invoices", InvoiceNumbers="K-1"))["Invoices"]) == 1


def test_an_invoice_that_was_there_before_is_not_ours(connected: Visitor) -> None:
    existing: Json = an_invoice("OLD-1", Status=..., Type=...)
    connected.steer("POST", f"/organisations/{TENANT}/invoices", existing)
    (found,) = read(connected.get("Invoices", InvoiceNumbers="OLD-1"))["Invoices"]
    assert found["Status"] == "AUTHORISED"
    assert read(connected.get("Invoices", createdByMyApp="true"))["Invoices"] == []


def test_the_ledger_tells_key_and_origin_of_each_invoice(connected: Visitor) -> None:
    connected.put(an_invoice(), key="the key")
    (held,) = connected.steer("GET", "/ledger/invoices")["invoices"]
    assert (held["idempotency_key"], held["origin"], held["tenant_id"]) == ("the key", "api", TENANT)
    assert connected.steer("GET", "/ledger/invoices?tenant_id=" + contact(1))["invoices"] == []
