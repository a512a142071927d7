"""Each open question about Xero is an option that changes exactly one answer."""

import pytest

from tests.adapters.simulator.visitor import INVOICES, TENANT, Visitor, a_line, an_invoice, read


@pytest.mark.parametrize("status", [401, 403])
def test_the_status_of_a_disconnected_organisation(connected: Visitor, status: int) -> None:
    connected.steer("POST", "/options", {"disconnected_status": status})
    connected.steer("DELETE", f"/organisations/{TENANT}/connection")
    assert connected.get("Organisation").status_code == status


@pytest.mark.parametrize("status", [401, 403])
def test_the_status_of_a_missing_scope(xero: Visitor, status: int) -> None:
    xero.steer("POST", "/options", {"missing_scope_status": status})
    xero.connect(scope="accounting.invoices")
    assert xero.get("Contacts").status_code == status


def test_a_code_challenge_may_be_refused(xero: Visitor) -> None:
    xero.steer("POST", "/options", {"accepts_pkce": False})
    page = xero.api.get(xero.authorize_url(code_challenge="c" * 43, code_challenge_method="S256"))
    assert page.status_code == 400


def test_names_may_match_nobody(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"name_matches_contact": False})
    assert connected.messages(an_invoice(Contact={"Name": "Harbour View Cafe Ltd"})) == [
        ["The Contact could not be found."]
    ]


def test_a_voided_invoice_may_free_its_number_and_a_deleted_one_keep_it(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"voided_frees_number": True, "deleted_frees_number": False})
    connected.put(an_invoice("K-1"), an_invoice("K-2"))
    path = f"/organisations/{TENANT}/invoices"
    connected.steer("POST", path, {"InvoiceNumber": "K-1", "Status": "VOIDED"})
    connected.steer("POST", path, {"InvoiceNumber": "K-2", "Status": "DELETED"})
    assert connected.messages(an_invoice("K-1"), an_invoice("K-2")) == [[], ["Invoice # must be unique."]]


def test_unsummarised_may_be_the_default(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"summarise_by_default": False})
    assert connected.put(an_invoice(LineItems=[]), summarise=None).status_code == 200


def test_a_concurrent_429_may_say_how_long_to_wait(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"rate_limits": True, "concurrent": 0, "concurrent_retry_after": 3})
    assert connected.get("Currencies").headers["Retry-After"] == "3"


def test_the_tolerance_for_a_tax_amount_may_be_nothing(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"tax_amount_tolerance_cents": 0})
    assert connected.messages(an_invoice(LineItems=[a_line("100.00", TaxAmount="15.01")])) != [[]]


def test_a_key_may_live_shorter(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"key_life_seconds": 0})
    for _ in range(2):
        connected.put(an_invoice(InvoiceNumber=...), key="k")
    assert len(connected.numbers()) == 2


def test_more_numbers_may_fit_into_a_get(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"numbers_per_get": 50})
    assert connected.get("Invoices", InvoiceNumbers=",".join(f"K-{n}" for n in range(50))).status_code == 200


def test_revocation_may_leave_connections_alone(xero: Visitor) -> None:
    xero.steer("POST", "/options", {"revocation_hits_all_tenants": False})
    token = xero.connect()["refresh_token"]
    xero.api.post("/connect/revocation", data={"token": token}, auth=("simulator-client", "simulator-secret"))
    again = xero.exchange(xero.consent()["code"]).json()
    xero.speak(again["access_token"])
    assert len(xero.api.get("/connections").json()) == 1


def test_other_redirect_uris_may_be_registered(xero: Visitor) -> None:
    callback = "http://localhost:9999/back"
    xero.steer("POST", "/options", {"redirect_uris": [callback]})
    assert xero.api.get(xero.authorize_url()).status_code == 400
    assert xero.api.get(xero.authorize_url(redirect_uri=callback)).status_code == 200


def test_a_write_without_a_key_is_simply_done(connected: Visitor) -> None:
    answer = connected.api.put(INVOICES, json={"Invoices": [an_invoice()]})
    assert read(answer)["Invoices"][0]["InvoiceNumber"] == "K-1"


def test_rules_nobody_knows_may_refuse_what_bears_a_name(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"refusals": {"K-1": "No purple.", "Purple Ltd": "Not them."}})
    assert connected.messages(an_invoice("K-1"), an_invoice("K-2")) == [["No purple."], []]
