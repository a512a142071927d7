"""Our own client: every request it makes conforms to Xero's OpenAPI files, and so does what it is answered."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from adapters.simulator.server import Simulator
from adapters.vault.grants import Grants
from adapters.vault.keyring import Keyring
from adapters.vault.secret import Secret
from adapters.xero.client import XeroClient
from adapters.xero.invoice_mapping import body_of
from adapters.xero.oauth import OAuthApp, XeroOAuth
from adapters.xero.session import XeroSession
from adapters.xero.tokens import TokenSource
from adapters.xero.wire import Limits, new_http_client
from tests.adapters.simulator.visitor import CALLBACK, CLIENT, SCOPE, TENANT, Visitor
from tests.adapters.vault.database import opened
from tests.adapters.xero.invoices import document, fragment
from tests.conformance.contract import Contract
from tests.conformance.recorder import Recorder


@pytest.fixture
def session(
    simulator: Simulator, visitor: Visitor, recorder: Recorder, contract: Contract, database_url: str
) -> Iterator[XeroSession]:
    """Our client behind the recorder; what it said and heard is checked at the end."""
    with opened(database_url) as database, new_http_client(recorder.url, read_timeout=5) as http:
        app = OAuthApp(
            client_id=CLIENT[0],
            client_secret=Secret(CLIENT[1]),
            redirect_uri=CALLBACK,
            scopes=tuple(SCOPE.split()),
            login_url=recorder.url,
            identity_url=recorder.url,
        )
        oauth = XeroOAuth(http, app, Limits(deadline=5))
        grants, grant_id = Grants(database.begin, Keyring({"k1": bytes(range(32))})), uuid4()
        asked = oauth.ask_for_consent()
        redirect = visitor.steer("POST", "/consent", {"authorize_url": asked.url, "tenant_ids": [TENANT]})["redirect"]
        tokens = oauth.exchange(Secret(redirect), state=asked.state, verifier=asked.verifier)
        grants.store(
            grant_id=grant_id,
            account_id="acme",
            xero_user_id=tokens.xero_user_id,
            tokens=tokens.tokens,
            access_life=tokens.access_life,
        )
        recorder.exchanges.clear()
        source = TokenSource(grants, oauth, lease=timedelta(seconds=5))
        yield XeroSession(XeroClient(http, recorder.url, Limits(deadline=5)), source, grant_id, TENANT)
    assert recorder.exchanges
    for exchange in recorder.exchanges:
        contract.check(exchange)


def test_nothing_our_client_can_ask_is_missing_below() -> None:
    calls = {name for name, member in vars(XeroSession).items() if callable(member) and not name.startswith("_")}
    assert calls == {
        "connections",
        "delete_connection",
        "organisation",
        "ledger_accounts",
        "tax_rates",
        "contacts",
        "put_invoices",
        "find_invoices",
    }, "a new call of the session needs a test of its own here, and its name in this list"


def test_connections(session: XeroSession) -> None:
    (found,) = session.connections()
    assert session.connections(auth_event_id=found.auth_event_id)
    assert session.delete_connection(found.connection_id)
    assert session.connections() == ()


def test_reference_data(session: XeroSession) -> None:
    assert session.organisation().base_currency == "NZD"
    assert len(session.ledger_accounts()) == 12
    assert len(session.tax_rates()) == 8


def test_contacts(session: XeroSession) -> None:
    assert [len(page) for page in session.contacts(page_size=6)] == [6, 4]
    assert list(session.contacts(modified_since=datetime(2100, 1, 1, tzinfo=UTC))) == []


def test_creating_and_finding_invoices(session: XeroSession) -> None:
    answer = session.put_invoices(body_of([fragment(document("K-1")), fragment(document("K-2"))]), str(uuid4()))
    assert [element.has_errors for element in answer.elements] == [False, False]
    again = session.put_invoices(body_of([fragment(document("K-1"))]), str(uuid4()))
    assert again.elements[0].messages == ("Invoice # must be unique.",)
    assert {found.number for found in session.find_invoices(["K-1", "K-2", "K-3"]).elements} == {"K-1", "K-2"}
