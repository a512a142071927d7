"""The consent page and its two outcomes."""

import base64
import hashlib
import re

import httpx
import pytest

from tests.adapters.simulator.visitor import CALLBACK, SCOPE, TENANT, Visitor

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def test_the_page_names_the_organisations_and_its_form_sends_back_with_code_and_state(xero: Visitor) -> None:
    page = xero.api.get(xero.authorize_url())
    assert "Demo Company (NZ)" in page.text
    fields = dict(re.findall(r'<input type=hidden name=(\w+) value="([^"]*)">', page.text))
    answer = xero.api.post("/identity/connect/authorize", data={**fields, "tenant_id": TENANT, "decision": "allow"})
    assert answer.status_code == 302
    back = httpx.URL(answer.headers["location"])
    assert str(back).startswith(CALLBACK)
    assert back.params["state"] == "S"
    assert xero.exchange(back.params["code"]).status_code == 200


def test_cancelling_sends_back_with_access_denied_and_the_state(xero: Visitor) -> None:
    back = xero.consent(decision="deny")
    assert (back["error"], back["state"]) == ("access_denied", "S")
    assert "code" not in back


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"client_id": "stranger"}, "unauthorized_client: Unknown client or client not enabled"),
        ({"redirect_uri": CALLBACK + "/"}, "unauthorized_client : Invalid redirect_uri"),
        ({"scope": SCOPE + " accounting.everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "Transform algorithm not supported"),
    ],
)
def test_what_the_app_may_not_ask_for_gets_a_page_and_no_redirect(
    xero: Visitor, changed: dict[str, str], sentence: str
) -> None:
    page = xero.api.get(xero.authorize_url(**changed))
    assert page.status_code == 400
    assert sentence in page.text


def test_one_organisation_per_consent_when_bulk_connect_is_off(xero: Visitor, second_tenant: str) -> None:
    url = xero.authorize_url(acr_values="bulk_connect:false")
    answer = xero.control.post("/consent", json={"authorize_url": url, "tenant_ids": [TENANT, second_tenant]})
    assert answer.status_code == 400
    assert "one organisation" in answer.json()["error"]


def test_a_code_asked_for_with_a_challenge_needs_its_verifier(xero: Visitor) -> None:
    def code() -> str:
        return xero.consent(xero.authorize_url(code_challenge=CHALLENGE, code_challenge_method="S256"))["code"]

    assert xero.exchange(code()).json()["error"] == "invalid_grant"
    assert xero.exchange(code(), code_verifier="w" * 43).json()["error"] == "invalid_grant"
    assert xero.exchange(code(), code_verifier=VERIFIER).status_code == 200


def test_an_app_whose_redirect_is_plain_http_elsewhere_cannot_be_registered(xero: Visitor) -> None:
    answer = xero.control.post("/options", json={"redirect_uris": ["http://127.0.0.1:9/callback"]})
    assert answer.status_code == 400
    assert "https or http://localhost" in answer.json()["error"]
