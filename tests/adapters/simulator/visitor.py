"""An app and a person at the simulated Xero: everything the tests send, sent over real HTTP."""

import json
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

Json: TypeAlias = dict[str, Any]

TENANT = "0b6f1c52-7c0e-4f0e-9a51-3f1d6a2b9c01"
CALLBACK = "http://localhost:8080/xero/callback"
CLIENT = ("simulator-client", "simulator-secret")
SCOPE = "offline_access accounting.invoices accounting.payments accounting.contacts accounting.settings.read"
INVOICES = "/api.xro/2.0/Invoices"


def contact(number: int) -> str:
    """The id of a contact of the demo company."""
    return f"c0000000-0000-4000-8000-{number:012d}"


def account(number: int) -> str:
    """The id of an account of the demo company."""
    return f"a0000000-0000-4000-8000-{number:012d}"


def a_line(unit_amount: object = "100.00", **changes: object) -> Json:
    """One line on Sales with 15 % tax."""
    line = {"Description": "Work", "Quantity": 1, "UnitAmount": unit_amount, "AccountCode": "200", "TaxType": "OUTPUT2"}
    return {name: value for name, value in (line | changes).items() if value is not ...}


def an_invoice(number: str = "K-1", **changes: object) -> Json:
    """A sales invoice the demo company accepts; ``...`` as a value leaves an element out."""
    invoice = {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "InvoiceNumber": number,
        "Contact": {"ContactID": contact(1)},
        "Date": "2026-11-01",
        "DueDate": "2026-12-01",
        "CurrencyCode": "NZD",
        "LineAmountTypes": "Exclusive",
        "LineItems": [a_line()],
    }
    return {name: value for name, value in (invoice | changes).items() if value is not ...}


class Visitor:
    """Talks to both ports of one simulator."""

    def __init__(self, api_url: str, control_url: str) -> None:
        self.api_url = api_url
        # There is no TLS on loopback, and loading certificates takes longer than most of these tests.
        accept = {"Accept": "application/json"}
        self.api = httpx.Client(base_url=api_url, headers=accept, timeout=60, verify=False, trust_env=False)
        self.control = httpx.Client(base_url=control_url, timeout=70, verify=False, trust_env=False)

    def close(self) -> None:
        """Hang up both lines."""
        self.api.close()
        self.control.close()

    def authorize_url(self, **changes: str) -> str:
        """Where the app sends its user."""
        asked = {
            "response_type": "code",
            "client_id": CLIENT[0],
            "redirect_uri": CALLBACK,
            "scope": SCOPE,
            "state": "S",
        }
        return f"{self.api_url}/identity/connect/authorize?{urlencode(asked | changes)}"

    def consent(self, url: str | None = None, **choices: object) -> dict[str, str]:
        """What the redirect after the consent carries."""
        answer = self.steer("POST", "/consent", {"authorize_url": url or self.authorize_url(), **choices})
        return {name: values[0] for name, values in parse_qs(urlsplit(answer["redirect"]).query).items()}

    def token(self, auth: tuple[str, str] | None = CLIENT, **form: str) -> httpx.Response:
        """Ask the token endpoint."""
        return (
            self.api.post("/connect/token", data=form, auth=auth)
            if auth
            else self.api.post("/connect/token", data=form)
        )

    def exchange(self, code: str, code_verifier: str | None = None) -> httpx.Response:
        """Turn a code into tokens."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        return self.token(CLIENT, **form, **({"code_verifier": code_verifier} if code_verifier else {}))

    def refresh(self, refresh_token: str) -> httpx.Response:
        """Turn a refresh token into new tokens."""
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

    def connect(self, scope: str = SCOPE, tenant_ids: list[str] | None = None, **choices: object) -> Json:
        """Consent, exchange, and speak for the first organisation from now on; the token answer."""
        tenants = tenant_ids or [TENANT]
        code = self.consent(self.authorize_url(scope=scope), tenant_ids=tenants, **choices)["code"]
        tokens: Json = self.exchange(code).json()
        self.speak(tokens["access_token"], tenants[0])
        return tokens

    def speak(self, access_token: str, tenant_id: str = TENANT) -> None:
        """Use this token and organisation."""
        self.api.headers["Authorization"] = f"Bearer {access_token}"
        self.api.headers["xero-tenant-id"] = tenant_id

    def put(
        self, *invoices: Json, key: str | None = None, summarise: bool | None = False, **parameters: Any
    ) -> httpx.Response:
        """Create invoices in one request, as the engine does unless told otherwise."""
        return self.put_body(json.dumps({"Invoices": invoices}), key, summarise, **parameters)

    def put_body(
        self, body: str, key: str | None = None, summarise: bool | None = False, **parameters: Any
    ) -> httpx.Response:
        """PUT any text to Invoices."""
        asked = (
            {"unitdp": "4"} | ({} if summarise is None else {"summarizeErrors": str(summarise).lower()}) | parameters
        )
        return self.api.put(INVOICES, content=body, params=asked, headers={"Idempotency-Key": key or str(uuid.uuid4())})

    def messages(self, *invoices: Json) -> list[list[str]]:
        """Why each invoice of one request was refused."""
        elements = read(self.put(*invoices))["Invoices"]
        return [[error["Message"] for error in element.get("ValidationErrors", [])] for element in elements]

    def write(self, method: str, path: str, *objects: Json, summarise: bool | None = False, **asked: Any) -> Any:
        """PUT or POST objects to a resource; the HTTP answer."""
        resource = path.partition("/")[0]
        parameters = asked if summarise is None else {"summarizeErrors": str(summarise).lower()} | asked
        if resource == "Invoices":
            parameters = {"unitdp": "4"} | parameters
        key = {"Idempotency-Key": str(uuid.uuid4())}
        body = json.dumps({resource: objects})
        return self.api.request(method, f"/api.xro/2.0/{path}", content=body, params=parameters, headers=key)

    def saved(self, method: str, path: str, *objects: Json, **asked: Any) -> Any:
        """Write objects that must be accepted; the one element of the answer, or all of them."""
        elements = read(self.write(method, path, *objects, **asked))[path.partition("/")[0]]
        assert not any(element.get("ValidationErrors") for element in elements), elements
        return elements[0] if len(elements) == 1 else elements

    def refused(self, method: str, path: str, *objects: Json, **asked: Any) -> list[str]:
        """Write one object that must be refused; why, in Xero's words."""
        answer = read(self.write(method, path, *objects, **asked))
        (element,) = answer["Elements"] if "Elements" in answer else answer[path.partition("/")[0]]
        found: list[str] = [error["Message"] for error in element["ValidationErrors"]]
        return found

    def get(self, path: str, headers: Mapping[str, str] | None = None, **parameters: Any) -> httpx.Response:
        """GET below the Accounting API."""
        return self.api.get(f"/api.xro/2.0/{path}", params=parameters, headers=dict(headers or {}))

    def later(self) -> None:
        """New Year 2027, with tokens of that time."""
        self.steer("POST", "/clock", {"now": "2027-01-01T00:00:00Z"})
        self.connect()

    def numbers(self) -> list[str]:
        """The numbers in the ledger, in the order they were written."""
        return [invoice["InvoiceNumber"] for invoice in self.steer("GET", "/ledger/invoices")["invoices"]]

    def rules_broken(self) -> list[str]:
        """The violations the ledger noted."""
        return [violation["rule"] for violation in self.steer("GET", "/ledger/violations")["violations"]]

    def fault(self, kind: str, **order: object) -> int:
        """Order a fault; its id."""
        return int(self.steer("POST", "/faults", {"kind": kind, **order})["id"])

    def fired(self, fault: int, event: str = "fired", times: int = 1) -> bool:
        """Wait until a fault fired (or completed)."""
        return bool(self.steer("GET", f"/wait?fault={fault}&{event}={times}&timeout=60")["reached"])

    def steer(self, method: str, path: str, body: object = None) -> Json:
        """Use the control surface; a refusal fails the test."""
        answer = (
            self.control.request(method, path, json=body) if body is not None else self.control.request(method, path)
        )
        assert answer.status_code == 200, answer.text
        return read(answer)


def read(response: httpx.Response) -> Json:
    """The answer with exact amounts."""
    found: Json = json.loads(response.content, parse_float=Decimal)
    return found
