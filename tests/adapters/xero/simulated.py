"""A connected Xero in one place: the simulator, a consent given, and the client working on it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from adapters.simulator.server import Simulator
from adapters.vault.grants import Grants
from adapters.vault.secret import Secret
from adapters.xero.client import XeroClient
from adapters.xero.oauth import OAuthApp, XeroOAuth
from adapters.xero.session import XeroSession
from adapters.xero.token_answer import TokenAnswer
from adapters.xero.tokens import TokenSource
from adapters.xero.wire import Limits
from tests.adapters.vault.given_grants import store
from tests.examples import SCOPES

ORGANISATION = "0b6f1c52-7c0e-4f0e-9a51-3f1d6a2b9c01"
CLIENT_ID, CLIENT_SECRET = "simulator-client", "simulator-secret-of-the-app"
CALLBACK = "http://localhost:8080/xero/callback"
HARBOUR_VIEW = "c0000000-0000-4000-8000-000000000001"
SALES = "a0000000-0000-4000-8000-000000000002"


class Control:
    """The simulator's control surface."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def get(self, path: str, **params: Any) -> Any:
        return self._http.get(path, params=params).raise_for_status().json()

    def post(self, path: str, /, **body: Any) -> Any:
        return self._http.post(path, json=body).raise_for_status().json()

    def fault(self, kind: str, method: str = "PUT", path: str = "/Invoices", **more: Any) -> Any:
        """Make the next matching request go wrong."""
        return self.post("/faults", kind=kind, method=method, path=path, **more)

    def requests(self, path: str) -> list[Any]:
        """What arrived under a path, in order."""
        return [request for request in self.get("/ledger/requests")["requests"] if path in request["path"]]

    def close(self) -> None:
        self._http.close()


class World:
    """The real client on the simulator, with one consent given and its tokens in the vault."""

    def __init__(self, simulator: Simulator, grants: Grants, http: httpx.Client) -> None:
        self.api_url, self.grants, self.http = simulator.api_url, grants, http
        self.control = Control(simulator.control_url)
        app = OAuthApp(
            client_id=CLIENT_ID,
            client_secret=Secret(CLIENT_SECRET),
            redirect_uri=CALLBACK,
            scopes=SCOPES,
            login_url=simulator.api_url,
            identity_url=simulator.api_url,
        )
        self.oauth = XeroOAuth(http, app, Limits(deadline=5))
        self.client = XeroClient(http, simulator.api_url, Limits(deadline=5))
        self.tokens = TokenSource(grants, self.oauth, lease=timedelta(seconds=5))
        self.grant_id: UUID = uuid4()

    def consent(self, decision: str = "allow", **more: Any) -> tuple[Secret, Secret, Secret]:
        """Go to the consent page as a browser would: the callback's URL, the state and the verifier."""
        request = self.oauth.ask_for_consent()
        answer = self.control.post(
            "/consent", authorize_url=request.url.reveal(), decision=decision, **{"tenant_ids": [ORGANISATION], **more}
        )
        assert request.verifier is not None
        return Secret(answer["redirect"]), request.state, request.verifier

    def connect(self) -> TokenAnswer:
        """Give consent and keep its tokens."""
        callback, state, verifier = self.consent()
        answer = self.oauth.exchange(callback, state=state, verifier=verifier)
        store(
            self.grants,
            grant_id=self.grant_id,
            account_id="acme",
            xero_user_id=answer.xero_user_id,
            tokens=answer.tokens,
            access_life=answer.access_life,
        )
        return answer

    def session(self, organisation_id: str = ORGANISATION) -> XeroSession:
        """The calls of this consent."""
        return XeroSession(self.client, self.tokens, self.grant_id, organisation_id)
