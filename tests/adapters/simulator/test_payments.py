"""Payments: entered against what is due, listed, removed; each rule broken once."""

import pytest

from tests.adapters.simulator.visitor import TENANT, Json, Visitor, a_line, account, an_invoice, contact, read

EXCEEDS = "Payment amount exceeds the amount outstanding on this document"
NOT_AUTHORISED = "Payments can only be made against Authorised documents"


@pytest.fixture
def billed(connected: Visitor) -> Visitor:
    """K-1 over 115.00 is authorised."""
    connected.saved("PUT", "Invoices", an_invoice())
    return connected


def an_amount(amount: object = "115.00", number: str = "K-1", **changes: object) -> Json:
    """A payment on the account 835."""
    found: Json = {
        "Invoice": {"InvoiceNumber": number},
        "Account": {"Code": "835"},
        "Date": "2026-11-10",
        "Amount": amount,
        "Reference": "kyrios-payment-1",
    }
    return {key: value for key, value in (found | changes).items() if value is not ...}


def state(xero: Visitor, number: str = "K-1") -> list[str]:
    """Status, paid and due of an invoice."""
    (found,) = read(xero.get(f"Invoices/{number}"))["Invoices"]
    return [found["Status"], str(found["AmountPaid"]), str(found["AmountDue"])]


def test_a_part_payment_is_kept_with_its_reference_and_leaves_the_invoice_open(billed: Visitor) -> None:
    made = billed.saved("PUT", "Payments", an_amount("15.00"))
    assert (made["Status"], made["PaymentType"], made["Reference"]) == (
        "AUTHORISED",
        "ACCRECPAYMENT",
        "kyrios-payment-1",
    )
    assert made["Account"]["Code"] == "835"
    assert state(billed) == ["AUTHORISED", "15.00", "100.00"]
    (shown,) = read(billed.get("Invoices/K-1"))["Invoices"][0]["Payments"]
    assert (shown["PaymentID"], shown["Reference"]) == (made["PaymentID"], "kyrios-payment-1")


def test_the_payment_of_the_rest_makes_the_invoice_paid(billed: Visitor) -> None:
    billed.saved("PUT", "Payments", an_amount("15.00"))
    billed.saved("PUT", "Payments", an_amount("100.00", Date="2026-11-12"))
    assert state(billed) == ["PAID", "115.00", "0.00"]
    (found,) = read(billed.get("Invoices/K-1"))["Invoices"]
    assert found["FullyPaidOnDate"] == "/Date(1794441600000+0000)/"


def test_a_blind_repeat_is_a_second_payment(billed: Visitor) -> None:
    first, second = (billed.saved("PUT", "Payments", an_amount("15.00")) for _ in range(2))
    assert first["PaymentID"] != second["PaymentID"]
    assert state(billed) == ["AUTHORISED", "30.00", "85.00"]


def test_a_repeated_key_is_one_payment(billed: Visitor) -> None:
    body, headers = {"Payments": [an_amount("15.00")]}, {"Idempotency-Key": "k-1"}
    first, again = (billed.api.put("/api.xro/2.0/Payments", json=body, headers=headers) for _ in range(2))
    assert first.content == again.content
    (held,) = billed.steer("GET", "/ledger/payments")["payments"]
    assert (held["idempotency_key"], held["origin"], held["tenant_id"]) == ("k-1", "api", TENANT)


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"Amount": "115.01"}, [EXCEEDS]),
        ({"Amount": 0}, ["The payment amount must be greater than zero."]),
        ({"Amount": -1}, ["The payment amount must be greater than zero."]),
        ({"Amount": ...}, ["The payment amount must be greater than zero."]),
        ({"Account": {"Code": "260"}}, ["Account must be valid."]),  # takes no payments
        ({"Account": {"Code": "280"}}, ["Account must be valid."]),  # archived
        ({"Account": {"Code": "999"}}, ["Account must be valid."]),
        ({"Account": ...}, ["Account must be valid."]),
        ({"Invoice": {"InvoiceID": contact(1)}}, ["The Invoice could not be found."]),
        ({"Invoice": ...}, ["The Invoice could not be found."]),
        ({"Status": "DELETED"}, ["Payment not of valid status for creation"]),
        ({"PaymentID": contact(1)}, ["Payment not of valid status for creation"]),
        ({"Reference": "R" * 256}, ["Reference must not be longer than 255 characters."]),
    ],
)
def test_a_payment_is_refused_with_the_reason(billed: Visitor, changes: Json, messages: list[str]) -> None:
    assert billed.refused("PUT", "Payments", an_amount(**({"amount": "115.00"} | changes))) == messages
    assert state(billed) == ["AUTHORISED", "0.00", "115.00"]
    assert billed.steer("GET", "/ledger/payments")["payments"] == []


@pytest.mark.parametrize(
    "changes", [{"Colour": "red"}, {"Amount": "much"}, {"Date": "soon"}, {"Invoice": "K-1"}, {"Account": {"Cod": "1"}}]
)
def test_an_element_payments_do_not_have_refuses_the_request(billed: Visitor, changes: Json) -> None:
    answer = billed.write("PUT", "Payments", an_amount(**changes))
    assert (answer.status_code, answer.json()["Type"]) == (400, "PostDataInvalidException")


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "VOIDED", "DELETED"])
def test_only_authorised_invoices_are_paid(connected: Visitor, status: str) -> None:
    connected.saved("PUT", "Invoices", an_invoice(Status="DRAFT"))
    connected.steer("POST", f"/organisations/{TENANT}/invoices", {"InvoiceNumber": "K-1", "Status": status})
    assert NOT_AUTHORISED in connected.refused("PUT", "Payments", an_amount("1.00"))


def test_a_paid_invoice_takes_nothing_more(billed: Visitor) -> None:
    billed.saved("PUT", "Payments", an_amount())
    assert billed.refused("PUT", "Payments", an_amount("0.01")) == [NOT_AUTHORISED, EXCEEDS]


def test_payments_of_one_batch_are_judged_one_after_the_other(billed: Visitor) -> None:
    answer = read(billed.write("PUT", "Payments", an_amount("100.00"), an_amount("100.00"), an_amount("15.00")))
    assert [element["HasValidationErrors"] for element in answer["Payments"]] == [False, True, False]
    assert answer["Payments"][1]["PaymentID"] == "00000000-0000-0000-0000-000000000000"
    assert state(billed) == ["PAID", "115.00", "0.00"]


@pytest.mark.parametrize("saves", [True, False])
def test_summarised_one_bad_payment_is_a_400(billed: Visitor, saves: bool) -> None:
    billed.steer("POST", "/options", {"summarised_400_saves_valid": saves})
    answer = billed.write("PUT", "Payments", an_amount("15.00"), an_amount("999.00"), summarise=True)
    assert (answer.status_code, len(answer.json()["Elements"])) == (400, 1)
    assert state(billed)[1] == ("15.00" if saves else "0.00")


@pytest.mark.parametrize("code", [account(1), account(2), account(11)])
def test_bank_accounts_and_accounts_with_payments_enabled_take_payments(billed: Visitor, code: str) -> None:
    billed.saved("PUT", "Payments", an_amount("1.00", Account={"AccountID": code}))


@pytest.mark.parametrize(("day", "locked"), [("2026-10-31", True), ("2026-11-01", False)])
def test_no_payment_is_entered_into_a_locked_period(billed: Visitor, day: str, locked: bool) -> None:
    billed.steer("POST", f"/organisations/{TENANT}/organisation", {"PeriodLockDate": "2026-10-31"})
    text = "The document date cannot be before the period lock date, currently set at 31-Oct-2026"
    (element,) = read(billed.write("PUT", "Payments", an_amount("1.00", Date=day)))["Payments"]
    assert [error["Message"] for error in element.get("ValidationErrors", [])] == ([text] if locked else [])


def test_a_payment_may_not_be_removed_from_a_locked_period(billed: Visitor) -> None:
    made = billed.saved("PUT", "Payments", an_amount())
    billed.steer("POST", f"/organisations/{TENANT}/organisation", {"PeriodLockDate": "2026-11-15"})
    (message,) = billed.refused("POST", f"Payments/{made['PaymentID']}", {"Status": "DELETED"}, summarise=None)
    assert message.startswith("The document date cannot be before the period lock date")


def test_removing_a_payment_opens_the_invoice_again(billed: Visitor) -> None:
    made = billed.saved("PUT", "Payments", an_amount())
    path = f"/api.xro/2.0/Payments/{made['PaymentID']}"
    answer = billed.api.post(path, json={"Status": "DELETED"})
    assert answer.json()["Payments"][0]["Status"] == "DELETED"
    assert state(billed) == ["AUTHORISED", "0.00", "115.00"]
    (found,) = read(billed.get("Invoices/K-1"))["Invoices"]
    assert found["Payments"] == []
    assert "FullyPaidOnDate" not in found
    assert read(billed.get(f"Payments/{made['PaymentID']}"))["Payments"][0]["Status"] == "DELETED"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Status": "AUTHORISED"}, "Payment not of valid status for modification"),
        ({"Amount": 5}, "Payment not of valid status for modification"),
        ({"Status": "DELETED", "Amount": 5}, "A payment cannot be changed, only deleted."),
    ],
)
def test_a_payment_is_never_changed(billed: Visitor, body: Json, message: str) -> None:
    made = billed.saved("PUT", "Payments", an_amount())
    assert billed.refused("POST", f"Payments/{made['PaymentID']}", body, summarise=None) == [message]


def test_a_payment_is_removed_by_one_element(billed: Visitor) -> None:
    made = billed.saved("PUT", "Payments", an_amount())
    answer = billed.write("POST", f"Payments/{made['PaymentID']}", {"Status": "DELETED"}, {"Status": "DELETED"})
    assert (answer.status_code, answer.json()["Message"]) == (400, "Payments must have exactly one element")
    assert state(billed) == ["PAID", "115.00", "0.00"]


def test_a_payment_is_removed_once_and_an_unknown_one_not_at_all(billed: Visitor) -> None:
    made = billed.saved("PUT", "Payments", an_amount())
    path = f"Payments/{made['PaymentID']}"
    billed.saved("POST", path, {"Status": "DELETED"}, summarise=None)
    assert billed.refused("POST", path, {"Status": "DELETED"}, summarise=None) == [
        "Payment not of valid status for modification"
    ]
    assert billed.write("POST", f"Payments/{contact(1)}", {"Status": "DELETED"}).status_code == 404
    assert billed.get(f"Payments/{contact(1)}").status_code == 404
    assert billed.write("POST", path, {}, {}).json()["Type"] == "PostDataInvalidException"


def test_payments_are_found_by_their_invoice_and_reference(billed: Visitor) -> None:
    made = billed.saved("PUT", "Invoices", an_invoice("K-2"))
    billed.saved("PUT", "Payments", an_amount("1.00"), an_amount("2.00", "K-2"))
    billed.saved("PUT", "Payments", an_amount("3.00", "K-2", Reference="kyrios-payment-2"))
    of_invoice = f'Invoice.InvoiceId=guid("{made["InvoiceID"]}")'
    found = read(billed.get("Payments", where=of_invoice))["Payments"]
    assert sorted(str(payment["Amount"]) for payment in found) == ["2.00", "3.00"]
    assert {payment["Invoice"]["InvoiceNumber"] for payment in found} == {"K-2"}
    (one,) = read(billed.get("Payments", where=f'{of_invoice} AND Reference=="kyrios-payment-2"'))["Payments"]
    assert str(one["Amount"]) == "3.00"


def test_payments_come_in_pages_and_by_time(billed: Visitor) -> None:
    billed.saved("PUT", "Payments", an_amount("1.00"), an_amount("2.00"))
    page = read(billed.get("Payments", page="2", pageSize="1"))
    assert page["pagination"] == {"page": 2, "pageSize": 1, "pageCount": 2, "itemCount": 2}
    assert len(page["Payments"]) == 1
    billed.later()
    billed.saved("PUT", "Payments", an_amount("3.00"))
    since = {"If-Modified-Since": "2026-12-31T00:00:00"}
    assert [str(p["Amount"]) for p in read(billed.get("Payments", headers=since))["Payments"]] == ["3.00"]


def test_a_bare_payment_and_a_single_post_are_accepted(billed: Visitor) -> None:
    answer = billed.api.post("/api.xro/2.0/Payments", json=an_amount("1.00"))
    assert str(read(answer)["Payments"][0]["Amount"]) == "1.00"


def test_a_missing_date_is_today_and_the_currency_is_that_of_the_invoice(connected: Visitor) -> None:
    connected.saved("PUT", "Invoices", an_invoice(CurrencyCode="USD", CurrencyRate="0.61"))
    made = connected.saved("PUT", "Payments", an_amount("1.00", Date=...))
    assert (made["Date"], str(made["CurrencyRate"])) == ("/Date(1795305600000+0000)/", "0.610000")
    given = connected.saved("PUT", "Payments", an_amount("1.00", CurrencyRate="0.62"))
    assert str(given["CurrencyRate"]) == "0.620000"


def test_bills_are_paid_as_well(connected: Visitor) -> None:
    line = a_line(AccountCode="400", TaxType="INPUT2")
    bill = connected.saved("PUT", "Invoices", an_invoice(Type="ACCPAY", LineItems=[line]))
    made = connected.saved("PUT", "Payments", an_amount(Invoice={"InvoiceID": bill["InvoiceID"]}))
    assert made["PaymentType"] == "ACCPAYPAYMENT"


def test_payments_need_their_own_scope(xero: Visitor) -> None:
    xero.connect(scope="accounting.payments.read accounting.invoices")
    assert xero.write("PUT", "Payments", an_amount()).status_code == 401
    assert xero.get("Payments").status_code == 200


def test_a_person_may_enter_and_remove_payments_inside_xero(billed: Visitor) -> None:
    path = f"/organisations/{TENANT}/payments"
    (made,) = billed.steer("POST", path, an_amount())["payments"]
    assert state(billed) == ["PAID", "115.00", "0.00"]
    billed.steer("POST", path, {"PaymentID": made["PaymentID"], "Status": "DELETED"})
    assert state(billed) == ["AUTHORISED", "0.00", "115.00"]
    assert [held["origin"] for held in billed.steer("GET", "/ledger/payments")["payments"]] == ["hand"]


@pytest.mark.parametrize("body", [an_amount("999.00"), {"Amount": "x"}, [], {"Payments": []}, an_amount(Colour="red")])
def test_a_payment_the_books_refuse_cannot_be_entered_by_hand_either(billed: Visitor, body: object) -> None:
    answer = billed.control.post(f"/organisations/{TENANT}/payments", json=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)


def test_a_payment_whose_answer_is_lost_is_there(billed: Visitor) -> None:
    fault = billed.fault("http_500_after", method="PUT", path="/Payments")
    assert billed.write("PUT", "Payments", an_amount("15.00")).status_code == 500
    assert billed.fired(fault)
    assert [str(held["Amount"]) for held in billed.steer("GET", "/ledger/payments")["payments"]] == ["15.00"]
