"""Every operation the simulator serves, accepted and refused: all its 200, 204 and 400 answers conform."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.simulator.accounting.routes import ROOT, accounting_routes
from tests.adapters.simulator.visitor import TENANT, Json, Visitor, a_line, account, an_invoice, contact, read
from tests.conformance.contract import Contract
from tests.conformance.recorder import Recorder

A_CONTACT: Json = {
    "Name": "Matariki Gardens",
    "ContactNumber": "kyrios-1",
    "Addresses": [{"AddressType": "POBOX", "City": "Napier"}],
    "ContactPersons": [{"FirstName": "Office", "IncludeInEmails": True}],
}
A_PAYMENT: Json = {"Invoice": {"InvoiceNumber": "K-1"}, "Account": {"Code": "835"}, "Amount": 5, "Reference": "p-1"}


@pytest.fixture
def judged(visitor: Visitor, recorder: Recorder, contract: Contract) -> Iterator[Visitor]:
    """A visitor with an invoice K-1, part paid; all it is answered is judged, not what it sends."""
    visitor.saved("PUT", "Invoices", an_invoice())
    visitor.saved("PUT", "Payments", A_PAYMENT)
    yield visitor
    for exchange in recorder.exchanges:
        if exchange.target.startswith(ROOT) and "/K-1" not in exchange.target:
            assert exchange.status in (200, 400)
            contract.check(exchange, request_too=False)


def ids(xero: Visitor) -> dict[str, str]:
    """What to put into a path, by resource."""
    return {
        "Accounts": account(2),
        "TaxRates": "OUTPUT2",
        "Contacts": contact(1),
        "Invoices": read(xero.get("Invoices"))["Invoices"][0]["InvoiceID"],
        "Payments": read(xero.get("Payments"))["Payments"][0]["PaymentID"],
    }


ACCEPTED: dict[tuple[str, str], tuple[Json, ...]] = {
    ("GET", "Organisation"): (),
    ("GET", "Organisation/Actions"): (),
    ("GET", "Accounts"): (),
    ("GET", "Accounts/{id}"): (),
    ("GET", "TaxRates"): (),
    ("GET", "TaxRates/{id}"): (),
    ("GET", "Currencies"): (),
    ("GET", "Contacts"): (),
    ("GET", "Contacts/{id}"): (),
    ("PUT", "Contacts"): (A_CONTACT, {"Name": "<"}),
    ("POST", "Contacts"): ({"ContactID": contact(2), "ContactStatus": "ARCHIVED"}, {"Name": "  "}),
    ("POST", "Contacts/{id}"): ({"EmailAddress": "a@b.example"},),
    ("GET", "Invoices"): (),
    ("GET", "Invoices/{id}"): (),
    ("PUT", "Invoices"): (an_invoice("K-2", CurrencyCode="USD", LineItems=[a_line(DiscountRate=5)]), an_invoice("K-1")),
    ("POST", "Invoices"): (an_invoice("K-3"), {"InvoiceNumber": "K-1", "Status": "VOIDED"}),
    ("POST", "Invoices/{id}"): ({"Reference": "New"},),
    ("GET", "Payments"): (),
    ("GET", "Payments/{id}"): (),
    ("PUT", "Payments"): (A_PAYMENT, A_PAYMENT | {"Amount": 999}),
    ("POST", "Payments"): (A_PAYMENT,),
    ("POST", "Payments/{id}"): ({"Status": "DELETED"},),
}
REFUSED: dict[tuple[str, str], tuple[Json, ...]] = {
    ("PUT", "Contacts"): ({"Name": "Kauri Timber Supplies"}, {}),
    ("POST", "Contacts"): ({"ContactID": contact(77)},),
    ("POST", "Contacts/{id}"): ({"Name": "Kauri Timber Supplies"},),
    ("PUT", "Invoices"): (an_invoice("K-2", LineItems=[]), an_invoice(Contact=...), {}),
    ("POST", "Invoices"): ({"InvoiceNumber": "K-1", "Date": "2026-11-02"}, {"InvoiceID": contact(1)}),
    ("POST", "Invoices/{id}"): ({"Status": "DRAFT"},),
    ("PUT", "Payments"): ({}, A_PAYMENT | {"Invoice": {"InvoiceNumber": "K-9"}}),
    ("POST", "Payments"): (A_PAYMENT | {"Amount": 999},),
    ("POST", "Payments/{id}"): ({"Status": "AUTHORISED"},),
}


def send(xero: Visitor, method: str, path: str, objects: tuple[Json, ...], summarise: bool | None) -> Any:
    """One call; ``{id}`` stands for something that is there."""
    path = path.replace("{id}", ids(xero)[path.partition("/")[0]]) if "{id}" in path else path
    if method == "GET":
        return xero.get(path)
    if path.startswith("Payments") and method == "POST":
        return xero.api.post(f"{ROOT}/{path}", json=objects[0])
    one = "/" in path
    return xero.write(method, path, *objects, summarise=None if one else summarise)


def test_the_table_below_covers_everything_served(contract: Contract) -> None:
    served = {(route.method, route.pattern.removeprefix(f"{ROOT}/")) for _, route in accounting_routes()._rows}
    assert served == set(ACCEPTED)
    of_xero = {(method, re.sub(r"\{\w+\}", "{id}", path.strip("/"))) for method, path in contract.operations}
    assert served <= of_xero


@pytest.mark.parametrize(("method", "path"), ACCEPTED)
def test_an_accepted_call(judged: Visitor, method: str, path: str) -> None:
    assert send(judged, method, path, ACCEPTED[method, path], summarise=False).status_code == 200


@pytest.mark.parametrize(("method", "path"), REFUSED)
def test_a_refused_call(judged: Visitor, method: str, path: str) -> None:
    assert send(judged, method, path, REFUSED[method, path], summarise=True).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("PUT", "Contacts", {"content": b"{"}),
        ("PUT", "Payments", {"json": {"Colour": "red"}}),
        ("POST", "Invoices", {"json": {"Date": "soon"}}),
        ("GET", "Payments", {"params": {"where": "Amount~1"}}),
        ("GET", "Contacts", {"params": {"pageSize": "1001"}}),
    ],
)
def test_a_call_that_cannot_be_read(judged: Visitor, method: str, path: str, options: Any) -> None:
    assert judged.api.request(method, f"{ROOT}/{path}", **options).status_code == 400


def test_a_reused_key(judged: Visitor) -> None:
    judged.put(an_invoice("K-5"), key="k")
    assert judged.put(an_invoice("K-6"), key="k").status_code == 400


@pytest.mark.parametrize(
    "asked",
    [
        {"page": "1", "pageSize": "2", "unitdp": "4", "includeArchived": "true"},
        {"summaryOnly": "true"},
        {"Statuses": "AUTHORISED,PAID", "order": "Date DESC"},
        {"where": 'Type=="ACCREC"', "searchTerm": "K"},
    ],
)
@pytest.mark.parametrize("path", ["Invoices", "Contacts"])
def test_lists_in_every_form(judged: Visitor, path: str, asked: Json) -> None:
    if path == "Contacts":
        asked = {name: value for name, value in asked.items() if name not in ("unitdp", "Statuses", "where", "order")}
    assert judged.get(path, **asked).status_code == 200


def test_documents_of_every_kind(judged: Visitor) -> None:
    judged.steer("POST", f"/organisations/{TENANT}/merges", {"source": contact(3), "target": contact(2)})
    judged.steer("POST", f"/organisations/{TENANT}/organisation", {"PeriodLockDate": "2026-03-31"})
    bill = an_invoice(Type="ACCPAY", LineItems=[a_line(AccountCode="400", TaxType="INPUT2")])
    tracked = a_line(TaxType="TAX002", Tracking=[{"Name": "Region", "Option": "North"}])
    words = {"Description": "just words"}
    judged.saved("PUT", "Invoices", bill, an_invoice("K-2", LineAmountTypes="Inclusive", LineItems=[tracked, words]))
    judged.saved("PUT", "Payments", A_PAYMENT | {"Amount": 110})
    for path in ("Invoices", "Contacts", "Payments"):
        assert judged.get(path, page="1", includeArchived="true").status_code == 200
    assert judged.get("Organisation").status_code == 200
