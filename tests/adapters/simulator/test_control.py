"""The control surface beyond faults: health, clock, options, waiting, editing, journal."""

import threading

import pytest

from tests.adapters.simulator.visitor import TENANT, Visitor, an_invoice


def test_health_names_the_organisations(xero: Visitor) -> None:
    assert xero.steer("GET", "/health") == {
        "status": "ok",
        "organisations": [{"tenant_id": TENANT, "name": "Demo Company (NZ)"}],
    }


def test_the_clock_stands_jumps_and_runs_again(xero: Visitor) -> None:
    assert xero.steer("POST", "/clock", {"now": "2030-01-01T00:00:00"})["now"] == "2030-01-01T00:00:00+00:00"
    assert xero.steer("POST", "/clock", {"advance_seconds": 90})["now"] == "2030-01-01T00:01:30+00:00"
    assert xero.steer("POST", "/clock", {"real": True})["setting"] == "real"
    assert xero.steer("POST", "/clock", {"advance_seconds": 3600})["setting"] == "shift 3600.0"


@pytest.mark.parametrize("body", [{}, {"now": "soon"}, {"advance_seconds": "1"}, {"real": False}, [], {"now": 5}])
def test_a_clock_setting_that_makes_no_sense_is_refused(xero: Visitor, body: object) -> None:
    assert xero.control.post("/clock", json=body).status_code == 400


def test_options_are_changed_by_name_and_the_others_stay(xero: Visitor) -> None:
    changed = xero.steer("POST", "/options", {"per_minute": 7})
    assert (changed["per_minute"], changed["rate_limits"]) == (7, False)
    assert xero.steer("GET", "/options") == changed


@pytest.mark.parametrize("body", [{"per_minut": 7}, {"per_minute": -1}, {"half_cents": "down"}])
def test_an_option_that_is_none_is_refused(xero: Visitor, body: object) -> None:
    assert xero.control.post("/options", json=body).status_code == 400


def test_waiting_ends_when_the_call_was_handled(connected: Visitor) -> None:
    told: list[bool] = []
    path = "/wait?requests=2&method=GET&path=/Currencies&timeout=60"
    waiter = threading.Thread(target=lambda: told.append(connected.steer("GET", path)["reached"]))
    waiter.start()
    connected.get("Currencies")
    connected.get("Currencies")
    waiter.join()
    assert told == [True]


def test_waiting_ends_after_its_timeout(xero: Visitor) -> None:
    assert xero.steer("GET", "/wait?requests=99&timeout=0.05") == {"reached": False, "count": 0}


@pytest.mark.parametrize(("path", "status"), [("/wait", 400), ("/wait?fault=9", 404), ("/wait?fault=x", 400)])
def test_waiting_for_nothing_is_refused(xero: Visitor, path: str, status: int) -> None:
    assert xero.control.get(path).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("PUT", "/faults", 405),
        ("POST", "/organisations/nobody/contacts", 404),
        ("POST", f"/organisations/{TENANT}/unicorns", 404),
        ("POST", "/release", 200),
        ("POST", "/consent", 400),
    ],
)
def test_unknown_commands_get_a_sentence(xero: Visitor, method: str, path: str, status: int) -> None:
    answer = xero.control.request(method, path, json={})
    assert answer.status_code == status
    assert status == 200 or answer.json()["error"]


@pytest.mark.parametrize("body", [b"{", b"\xff", b"7"])
def test_a_command_that_is_no_json_object_is_refused(xero: Visitor, body: bytes) -> None:
    assert xero.control.post("/clock", content=body).status_code == 400


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("contacts", {}),
        ("contacts", 7),
        ("accounts", {"Name": "X", "Type": "REVENUE", "Class": "UNKNOWN"}),
        ("invoices", {"InvoiceNumber": "X-1"}),
        ("invoices", [7]),
        ("invoices", {"InvoiceNumber": "X-1", "HasAccount": True}),
        ("tax_rates", {"TaxType": "T", "Name": "T", "TaxComponents": 7}),
        ("tax_rates", {"TaxType": "T", "Name": "T", "TaxComponents": [{"Rate": "much"}]}),
        ("contacts", {"Name": 7}),
        ("organisation", {"PeriodLockDate": "yesterday"}),
        ("organisation", {"BaseCurrency": ""}),
    ],
)
def test_an_edit_the_books_cannot_hold_is_refused(xero: Visitor, kind: str, given: object) -> None:
    answer = xero.control.post(f"/organisations/{TENANT}/{kind}", json=given)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


def test_many_objects_are_edited_at_once(xero: Visitor) -> None:
    added = [{"Name": f"Contact {n}"} for n in range(3)]
    found = xero.steer("POST", f"/organisations/{TENANT}/contacts", added)["contacts"]
    assert len({contact["ContactID"] for contact in found}) == 3


def test_a_changed_status_changes_what_is_due(connected: Visitor) -> None:
    connected.put(an_invoice("K-1"), an_invoice("K-2"))
    path = f"/organisations/{TENANT}/invoices"
    (voided,) = connected.steer("POST", path, {"InvoiceNumber": "K-1", "Status": "VOIDED"})["invoices"]
    (paid,) = connected.steer("POST", path, {"InvoiceNumber": "K-2", "Status": "PAID"})["invoices"]
    assert [str(i["AmountDue"]) for i in (voided, paid)] == ["0.00", "0.00"]
    assert (str(paid["AmountPaid"]), str(paid["Total"])) == ("115.00", "115.00")


def test_the_journal_tells_every_call_in_order(connected: Visitor) -> None:
    connected.put(an_invoice(), key="k")
    connected.get("Invoices", InvoiceNumbers="K-1")
    put, get = connected.steer("GET", "/ledger/requests")["requests"][-2:]
    assert (put["method"], put["tenant_id"], put["idempotency_key"], put["status"]) == ("PUT", TENANT, "k", 200)
    assert len(put["body_sha256"]) == 64
    assert get["path"] == "/api.xro/2.0/Invoices?InvoiceNumbers=K-1"
    assert get["seq"] == put["seq"] + 1
    assert put["at"].startswith("2026-11-22T00:00:00")
