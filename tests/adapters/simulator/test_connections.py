"""Connections, and the ways an organisation is out of reach."""

import re

from tests.adapters.simulator.test_tokens import claims
from tests.adapters.simulator.visitor import TENANT, Visitor


def test_connections_are_a_bare_array_with_zoneless_dates(connected: Visitor) -> None:
    (found,) = connected.api.get("/connections").json()
    assert found["tenantId"] == TENANT
    assert found["tenantType"] == "ORGANISATION"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}", found["createdDateUtc"])


def test_the_auth_event_picks_the_organisations_of_one_consent(xero: Visitor, second_tenant: str) -> None:
    first = claims(xero.connect()["access_token"])["authentication_event_id"]
    second = claims(xero.connect(tenant_ids=[second_tenant])["access_token"])["authentication_event_id"]
    for event, tenant in ((first, TENANT), (second, second_tenant)):
        found = xero.api.get("/connections", params={"authEventId": event}).json()
        assert [connection["tenantId"] for connection in found] == [tenant]
    assert len(xero.api.get("/Connections").json()) == 2


def test_a_connection_is_deleted_by_its_own_id_only(connected: Visitor) -> None:
    (found,) = connected.api.get("/connections").json()
    assert connected.api.delete(f"/connections/{TENANT}").status_code == 403
    assert connected.api.delete(f"/connections/{found['id']}").status_code == 204
    assert connected.api.delete(f"/connections/{found['id']}").status_code == 404
    assert connected.api.get("/connections").json() == []


def test_connecting_again_keeps_the_first_date(xero: Visitor) -> None:
    xero.connect()
    (first,) = xero.api.get("/connections").json()
    xero.api.delete(f"/connections/{first['id']}")
    xero.steer("POST", "/clock", {"advance_seconds": 60})
    xero.connect()
    (again,) = xero.api.get("/connections").json()
    assert again["createdDateUtc"] == first["createdDateUtc"] != again["updatedDateUtc"]
    assert again["id"] != first["id"]


def test_removal_inside_xero_leaves_refresh_working_and_calls_forbidden(xero: Visitor) -> None:
    tokens = xero.connect()
    assert xero.steer("DELETE", f"/organisations/{TENANT}/connection") == {"removed": 1}
    answer = xero.get("Organisation")
    assert (answer.status_code, answer.json()["Detail"]) == (403, "AuthenticationUnsuccessful")
    assert xero.refresh(tokens["refresh_token"]).status_code == 200
    assert xero.api.get("/connections").json() == []


def test_a_call_without_or_with_a_foreign_organisation_is_forbidden(connected: Visitor, second_tenant: str) -> None:
    assert connected.get("Organisation", headers={"xero-tenant-id": ""}).status_code == 403
    assert connected.get("Organisation", headers={"xero-tenant-id": second_tenant}).status_code == 403


def test_a_missing_scope_is_unauthorised_and_says_insufficient_scope(xero: Visitor) -> None:
    xero.connect(scope="offline_access accounting.invoices.read")
    assert xero.get("Invoices").status_code == 200
    for answer in (xero.get("Contacts"), xero.get("Accounts"), xero.put({})):
        assert answer.status_code == 401
        assert answer.json()["Detail"] == "AuthorizationUnsuccessful"
        assert answer.headers["WWW-Authenticate"] == "insufficient_scope"


def test_broad_scopes_still_open_invoices(xero: Visitor) -> None:
    xero.connect(scope="accounting.transactions")
    assert xero.get("Invoices").status_code == 200
