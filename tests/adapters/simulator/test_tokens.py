"""Codes, refresh tokens and access tokens: their lives and deaths."""

import base64
import json

import pytest

from tests.adapters.simulator.visitor import CALLBACK, CLIENT, TENANT, Json, Visitor


def claims(token: str) -> Json:
    """What a client can read in an access token."""
    found: Json = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return found


def test_an_access_token_carries_the_claims_of_xero(xero: Visitor) -> None:
    tokens = xero.connect()
    held = claims(tokens["access_token"])
    assert {"authentication_event_id", "xero_userid", "scope", "exp"} <= held.keys()
    assert held["exp"] - held["nbf"] == tokens["expires_in"] == 1800


def test_a_code_is_good_once(xero: Visitor) -> None:
    code = xero.consent()["code"]
    assert xero.exchange(code).status_code == 200
    assert xero.exchange(code).json() == {"error": "invalid_grant"}


def test_a_code_dies_after_five_minutes(xero: Visitor) -> None:
    code = xero.consent()["code"]
    xero.steer("POST", "/clock", {"advance_seconds": 300})
    assert xero.exchange(code).json() == {"error": "invalid_grant"}


def test_a_code_belongs_to_its_redirect_uri(xero: Visitor) -> None:
    code = xero.consent()["code"]
    answer = xero.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK + "?x")
    assert answer.json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("auth", [(CLIENT[0], "wrong"), ("stranger", CLIENT[1]), None])
def test_a_wrong_client_is_refused(xero: Visitor, auth: tuple[str, str] | None) -> None:
    code = xero.consent()["code"]
    answer = xero.token(auth, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})


def test_a_client_may_show_its_secret_in_the_form(xero: Visitor) -> None:
    code = xero.consent()["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    answer = xero.token(None, client_id=CLIENT[0], client_secret=CLIENT[1], **form)
    assert answer.status_code == 200


def test_no_refresh_token_without_offline_access(xero: Visitor) -> None:
    assert "refresh_token" not in xero.connect(scope="accounting.invoices")


def test_a_refresh_rotates_and_the_previous_token_works_for_thirty_minutes(xero: Visitor) -> None:
    first = xero.connect()["refresh_token"]
    second = xero.refresh(first).json()["refresh_token"]
    assert second != first
    xero.steer("POST", "/clock", {"advance_seconds": 1799})
    assert xero.refresh(first).status_code == 200


def test_after_thirty_minutes_the_previous_refresh_token_is_dead(xero: Visitor) -> None:
    first = xero.connect()["refresh_token"]
    xero.refresh(first)
    xero.steer("POST", "/clock", {"advance_seconds": 1800})
    assert xero.refresh(first).json() == {"error": "invalid_grant"}


def test_the_token_before_the_previous_one_is_dead_at_once(xero: Visitor) -> None:
    first = xero.connect()["refresh_token"]
    second = xero.refresh(first).json()["refresh_token"]
    xero.refresh(second)
    assert xero.refresh(first).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(("last_wins", "status"), [(True, 400), (False, 200)])
def test_a_second_refresh_with_the_previous_token_decides_over_the_first(
    xero: Visitor, last_wins: bool, status: int
) -> None:
    xero.steer("POST", "/options", {"last_refresh_wins": last_wins})
    first = xero.connect()["refresh_token"]
    lost = xero.refresh(first).json()["refresh_token"]
    kept = xero.refresh(first).json()["refresh_token"]
    assert xero.refresh(lost).status_code == status
    if last_wins:
        assert xero.refresh(kept).status_code == 200


def test_a_refresh_token_unused_for_sixty_days_is_dead(xero: Visitor) -> None:
    token = xero.connect()["refresh_token"]
    xero.steer("POST", "/clock", {"advance_seconds": 60 * 86400})
    assert xero.refresh(token).json() == {"error": "invalid_grant"}


def test_an_access_token_dies_after_thirty_minutes_and_says_so(connected: Visitor) -> None:
    connected.steer("POST", "/clock", {"advance_seconds": 1800})
    answer = connected.get("Organisation")
    assert answer.status_code == 401
    assert answer.json()["Detail"].startswith("TokenExpired: token expired at ")


def test_all_access_tokens_can_be_ended_from_outside(connected: Visitor) -> None:
    assert connected.steer("POST", "/expire_tokens")["expired"] == 1
    assert connected.get("Organisation").status_code == 401


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", ""])
def test_a_token_xero_never_issued_is_refused(connected: Visitor, token: str) -> None:
    connected.speak(token or "x")
    assert connected.get("Organisation").status_code == 401


def test_scopes_add_up_over_consents(xero: Visitor) -> None:
    xero.connect(scope="offline_access accounting.settings.read")
    assert set(xero.connect(scope="accounting.invoices")["scope"].split()) == {
        "offline_access",
        "accounting.settings.read",
        "accounting.invoices",
    }


def test_revocation_ends_tokens_and_connections_of_the_user_only(xero: Visitor) -> None:
    other = xero.connect(user="somebody else")
    mine = xero.connect()
    answer = xero.api.post("/connect/revocation", data={"token": mine["refresh_token"]}, auth=CLIENT)
    assert (answer.status_code, answer.content) == (200, b"")
    assert xero.api.get("/connections", headers=_bearer(mine)).status_code == 401
    assert xero.refresh(mine["refresh_token"]).json() == {"error": "invalid_grant"}
    assert [c["tenantId"] for c in xero.api.get("/connections", headers=_bearer(other)).json()] == [TENANT]


def _bearer(tokens: Json) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}
