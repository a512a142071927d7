"""Changing invoices: by id and by number, line by line, and where a status may go."""

import pytest

from tests.adapters.simulator.visitor import TENANT, Json, Visitor, a_line, an_invoice, contact, read

NOT_MODIFIABLE = "Invoice not of valid status for modification"
TAKEN = "Invoice # must be unique."
LOCKED = "The document date cannot be before the period lock date, currently set at 31-Oct-2026"


def created(xero: Visitor, number: str = "K-1", **changes: object) -> Json:
    """An invoice of two lines, 100.00 and 50.00 before tax."""
    lines = [a_line("100.00", Description="First"), a_line("50.00", Description="Second")]
    made: Json = xero.saved("PUT", "Invoices", an_invoice(number, **({"LineItems": lines} | changes)))
    return made


def held(xero: Visitor, number: str = "K-1") -> Json:
    """The invoice as Xero shows it."""
    (found,) = read(xero.get(f"Invoices/{number}", unitdp="4"))["Invoices"]
    assert isinstance(found, dict)
    return found


def totals(invoice: Json) -> str:
    """Its three sums and what is due."""
    return " ".join(str(invoice[name]) for name in ("SubTotal", "TotalTax", "Total", "AmountDue"))


def test_what_is_not_sent_stays(connected: Visitor) -> None:
    made = created(connected)
    changed = connected.saved("POST", "Invoices", {"InvoiceID": made["InvoiceID"], "Reference": "New"})
    assert changed["Reference"] == "New"
    same = {name: value for name, value in changed.items() if name not in ("Reference", "StatusAttributeString")}
    assert same == {name: value for name, value in made.items() if name not in ("Reference", "StatusAttributeString")}


def test_an_empty_text_clears_and_null_leaves(connected: Visitor) -> None:
    made = created(connected, Reference="Old", Url="https://kyrios.example/1")
    sent = {"InvoiceID": made["InvoiceID"], "Reference": "", "Url": None}
    changed = connected.saved("POST", "Invoices", sent)
    assert "Reference" not in changed
    assert changed["Url"] == "https://kyrios.example/1"


def test_a_line_with_its_id_is_updated_one_without_is_created_one_left_out_is_deleted(connected: Visitor) -> None:
    made = created(connected)
    first = made["LineItems"][0]["LineItemID"]
    lines = [{"LineItemID": first, "Quantity": 2}, a_line("10.00", Description="Third")]
    changed = connected.saved("POST", "Invoices", {"InvoiceID": made["InvoiceID"], "LineItems": lines})
    assert [line["Description"] for line in changed["LineItems"]] == ["First", "Third"]
    assert changed["LineItems"][0]["LineItemID"] == first
    assert changed["LineItems"][1]["LineItemID"] not in {line["LineItemID"] for line in made["LineItems"]}
    assert totals(changed) == "210.00 31.50 241.50 241.50"


def test_a_lines_own_tax_amount_stays_while_nothing_that_makes_it_changes(connected: Visitor) -> None:
    made = created(connected, LineItems=[a_line("100.00", TaxAmount="15.01")])
    line = {"LineItemID": made["LineItems"][0]["LineItemID"]}
    path = f"Invoices/{made['InvoiceID']}"
    kept = connected.saved("POST", path, {"LineItems": [line | {"Description": "Words"}]}, summarise=None)
    anew = connected.saved("POST", path, {"LineItems": [line | {"UnitAmount": "200.00"}]}, summarise=None)
    assert (totals(kept), totals(anew)) == ("100.00 15.01 115.01 115.01", "200.00 30.00 230.00 230.00")


@pytest.mark.parametrize(
    ("changes", "code", "rate", "amount"),
    [
        ({"AccountCode": "260"}, "260", "10.00", None),
        ({"DiscountAmount": "5.00"}, "200", None, "5.00"),
        ({"TaxType": "ZERORATED"}, "200", "10.00", None),
    ],
)
def test_one_thing_of_a_line_is_changed(
    connected: Visitor, changes: Json, code: str, rate: str | None, amount: str | None
) -> None:
    made = created(connected, LineItems=[a_line("100.00", DiscountRate="10.00")])
    line = {"LineItemID": made["LineItems"][0]["LineItemID"]} | changes
    (changed,) = connected.saved("POST", "Invoices", {"InvoiceID": made["InvoiceID"], "LineItems": [line]})["LineItems"]
    assert changed["AccountCode"] == code
    assert [str(changed[name]) if name in changed else None for name in ("DiscountRate", "DiscountAmount")] == [
        rate,
        amount,
    ]


@pytest.mark.parametrize("times", [1, 2])
def test_a_line_id_that_is_not_on_the_invoice_or_comes_twice_is_refused(connected: Visitor, times: int) -> None:
    made = created(connected)
    line_id = contact(9) if times == 1 else made["LineItems"][0]["LineItemID"]
    sent = {"InvoiceID": made["InvoiceID"], "LineItems": [{"LineItemID": line_id}] * times}
    assert f"The LineItemID {line_id} is not on this invoice." in connected.refused("POST", "Invoices", sent)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"LineItems": [a_line(AccountCode="999")]}, "Account must be valid."),
        ({"LineItems": [a_line("-1.00")]}, "The invoice total must not be negative."),
        ({"Contact": {"ContactID": contact(10)}}, "Unable to assign an Archived contact."),
        ({"CurrencyCode": "EUR"}, "Organisation is not subscribed to currency EUR"),
        ({"Type": "ACCPAY"}, "Invoice Type cannot be changed."),
        ({"Total": "1.00"}, "The invoice total does not equal the sum of the lines."),
        ({"Reference": "R" * 256}, "Reference must not be longer than 255 characters."),
        ({"Status": "DRAFT"}, NOT_MODIFIABLE),
        ({"Status": "PAID"}, NOT_MODIFIABLE),
        ({"InvoiceNumber": "K-2"}, TAKEN),
    ],
)
def test_a_change_is_refused_with_the_reason(connected: Visitor, changes: Json, message: str) -> None:
    made = created(connected)
    created(connected, "K-2")
    before = held(connected)
    answer = read(connected.write("POST", "Invoices", {"InvoiceID": made["InvoiceID"], **changes}))["Invoices"][0]
    assert [error["Message"] for error in answer["ValidationErrors"]] == [message]
    assert (answer["InvoiceID"], answer["StatusAttributeString"]) == (made["InvoiceID"], "ERROR")
    assert held(connected) == before


def test_a_change_moves_the_invoice_to_the_end_of_what_changed(connected: Visitor) -> None:
    made = created(connected)
    connected.later()
    connected.saved("POST", "Invoices", {"InvoiceID": made["InvoiceID"], "Reference": "New"})
    since = {"If-Modified-Since": "2026-12-31T00:00:00"}
    assert [i["InvoiceNumber"] for i in read(connected.get("Invoices", headers=since))["Invoices"]] == ["K-1"]


def test_post_with_a_number_that_is_taken_overwrites_the_invoice(connected: Visitor) -> None:
    made = created(connected)
    other = an_invoice(Contact={"ContactID": contact(2)}, LineItems=[a_line("1.00")])
    overwritten = connected.saved("POST", "Invoices", other)
    assert overwritten["InvoiceID"] == made["InvoiceID"]
    assert totals(held(connected)) == "1.00 0.15 1.15 1.15"
    assert connected.numbers() == ["K-1"]


def test_post_creates_what_is_not_there_also_twice_within_one_batch(connected: Visitor) -> None:
    first, second = connected.saved("POST", "Invoices", an_invoice(), an_invoice(Reference="Later"))
    assert first["InvoiceID"] == second["InvoiceID"]
    assert held(connected)["Reference"] == "Later"
    connected.saved("POST", "Invoices", an_invoice(InvoiceNumber=...))
    assert connected.numbers() == ["K-1", "INV-0002"]


@pytest.mark.parametrize(("status", "matches"), [("DELETED", []), ("VOIDED", [TAKEN])])
def test_post_never_revives_a_deleted_or_voided_invoice(connected: Visitor, status: str, matches: list[str]) -> None:
    made = created(connected)
    connected.steer("POST", f"/organisations/{TENANT}/invoices", {"InvoiceNumber": "K-1", "Status": status})
    (element,) = read(connected.write("POST", "Invoices", an_invoice()))["Invoices"]
    assert [error["Message"] for error in element.get("ValidationErrors", [])] == matches
    assert element["InvoiceID"] != made["InvoiceID"]


def test_a_bill_is_never_matched_by_its_number(connected: Visitor) -> None:
    bill = an_invoice(Type="ACCPAY", LineItems=[a_line(AccountCode="400", TaxType="INPUT2")])
    connected.saved("POST", "Invoices", bill, bill)
    assert connected.numbers() == ["K-1", "K-1"]


def test_an_unknown_invoice_is_refused_in_a_batch_and_not_found_under_its_own_address(connected: Visitor) -> None:
    sent = an_invoice(InvoiceID=contact(1))
    assert connected.refused("POST", "Invoices", sent) == ["The Invoice could not be found."]
    assert connected.write("POST", f"Invoices/{contact(1)}", sent).status_code == 404
    assert connected.numbers() == []


def test_one_invoice_is_updated_under_its_id_or_number(connected: Visitor) -> None:
    made = created(connected)
    connected.saved("POST", f"Invoices/{made['InvoiceID']}", {"Reference": "By id"}, summarise=None)
    assert held(connected)["Reference"] == "By id"
    connected.saved("POST", "Invoices/K-1", {"Reference": "By number"}, summarise=None)
    assert held(connected)["Reference"] == "By number"
    answer = connected.write("POST", "Invoices/K-1", {"Status": "DRAFT"}, summarise=None)
    assert (answer.status_code, answer.json()["Elements"][0]["InvoiceID"]) == (400, made["InvoiceID"])
    assert connected.write("POST", "Invoices/K-1", {}, {}).json()["Type"] == "PostDataInvalidException"


def test_a_number_that_is_given_up_is_free_and_the_new_one_is_not(connected: Visitor) -> None:
    made = created(connected)
    renumber = {"InvoiceID": made["InvoiceID"], "InvoiceNumber": "K-2"}
    _, second = connected.saved("POST", "Invoices", renumber, an_invoice("K-1"))
    assert second["InvoiceID"] != made["InvoiceID"]
    assert connected.messages(an_invoice("K-2")) == [[TAKEN]]


@pytest.mark.parametrize("saves", [True, False])
def test_summarised_one_bad_change_is_a_400(connected: Visitor, saves: bool) -> None:
    connected.steer("POST", "/options", {"summarised_400_saves_valid": saves})
    one, two = created(connected, "K-1"), created(connected, "K-2")
    good, bad = {"InvoiceID": one["InvoiceID"], "Reference": "New"}, {"InvoiceID": two["InvoiceID"], "Status": "PAID"}
    answer = connected.write("POST", "Invoices", good, bad, summarise=True)
    assert (answer.status_code, answer.json()["Elements"][0]["InvoiceNumber"]) == (400, "K-2")
    assert ("Reference" in held(connected)) is saves


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("DRAFT", "DRAFT"),
        ("DRAFT", "SUBMITTED"),
        ("DRAFT", "AUTHORISED"),
        ("DRAFT", "DELETED"),
        ("SUBMITTED", "DRAFT"),
        ("SUBMITTED", "AUTHORISED"),
        ("SUBMITTED", "DELETED"),
        ("AUTHORISED", "AUTHORISED"),
        ("AUTHORISED", "VOIDED"),
    ],
)
def test_a_status_goes_where_xero_lets_it(connected: Visitor, start: str, end: str) -> None:
    created(connected, Status=start)
    assert connected.saved("POST", "Invoices", {"InvoiceNumber": "K-1", "Status": end})["Status"] == end


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("DRAFT", "VOIDED"),
        ("DRAFT", "PAID"),
        ("SUBMITTED", "VOIDED"),
        ("AUTHORISED", "DELETED"),
        ("AUTHORISED", "SUBMITTED"),
        ("VOIDED", "AUTHORISED"),
        ("VOIDED", "VOIDED"),
        ("DELETED", "DRAFT"),
    ],
)
def test_a_status_goes_nowhere_else(connected: Visitor, start: str, end: str) -> None:
    made = created(connected, Status="AUTHORISED" if start in ("VOIDED", "DELETED") else start)
    connected.steer("POST", f"/organisations/{TENANT}/invoices", {"InvoiceNumber": "K-1", "Status": start})
    assert connected.refused("POST", "Invoices", {"InvoiceID": made["InvoiceID"], "Status": end}) == [NOT_MODIFIABLE]


def test_approving_a_draft_asks_for_what_drafts_may_lack(connected: Visitor) -> None:
    connected.saved("PUT", "Invoices", an_invoice(Status=..., DueDate=..., LineItems=[a_line(AccountCode=...)]))
    approve = {"InvoiceNumber": "K-1", "Status": "AUTHORISED"}
    assert connected.refused("POST", "Invoices", approve) == ["Due Date must be specified.", "Account must be valid."]


def test_voiding_owes_nothing_keeps_the_number_and_changes_nothing_else(connected: Visitor) -> None:
    made = created(connected)
    sent = {"InvoiceID": made["InvoiceID"], "Status": "VOIDED", "Reference": "Late", "LineItems": []}
    voided = connected.saved("POST", "Invoices", sent)
    assert (voided["Status"], totals(voided)) == ("VOIDED", "150.00 22.50 172.50 0.00")
    assert "Reference" not in voided
    assert connected.messages(an_invoice()) == [[TAKEN]]


def test_deleting_a_draft_frees_its_number(connected: Visitor) -> None:
    created(connected, Status="DRAFT")
    connected.saved("POST", "Invoices", {"InvoiceNumber": "K-1", "Status": "DELETED"})
    assert connected.messages(an_invoice()) == [[]]


@pytest.mark.parametrize("sent", [{"Reference": "New"}, {"Status": "VOIDED"}, {"Date": "2026-11-20"}])
def test_nothing_of_a_locked_period_changes(connected: Visitor, sent: Json) -> None:
    created(connected, Date="2026-10-15")
    connected.steer("POST", f"/organisations/{TENANT}/organisation", {"PeriodLockDate": "2026-10-31"})
    assert connected.refused("POST", "Invoices", {"InvoiceNumber": "K-1"} | sent) == [LOCKED]


def test_nothing_moves_into_a_locked_period(connected: Visitor) -> None:
    created(connected)
    connected.steer("POST", f"/organisations/{TENANT}/organisation", {"PeriodLockDate": "2026-10-31"})
    assert connected.refused("POST", "Invoices", {"InvoiceNumber": "K-1", "Date": "2026-10-31"}) == [LOCKED]


def test_an_update_that_is_repeated_with_its_key_happens_once(connected: Visitor) -> None:
    created(connected)
    body = {"Invoices": [{"InvoiceNumber": "K-1", "LineItems": [a_line("9.00")]}]}
    headers = {"Idempotency-Key": "k-9"}
    first, again = (connected.api.post("/api.xro/2.0/Invoices", json=body, headers=headers) for _ in range(2))
    assert first.content == again.content
    assert held(connected)["LineItems"][0]["LineItemID"] == read(first)["Invoices"][0]["LineItems"][0]["LineItemID"]
