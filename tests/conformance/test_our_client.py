"""Our own client: every request it makes conforms to Xero's OpenAPI files, and so does what it is answered."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from adapters.simulator.server import Simulator
from adapters.vault.grants import Grants
from adapters.vault.keyring import Keyring
from adapters.vault.secret import Secret
from adapters.xero.client import XeroClient
from adapters.xero.contact_mapping import contacts_body, render_contact
from adapters.xero.contact_refusals import judge_contact
from adapters.xero.invoice_mapping import body_of, render_void
from adapters.xero.oauth import OAuthApp, XeroOAuth
from adapters.xero.payment_judgement import judge_payment, search_payment
from adapters.xero.payment_mapping import payments_body, render_payment
from adapters.xero.session import XeroSession
from adapters.xero.tokens import TokenSource
from adapters.xero.wire import Limits, new_http_client
from domain.document import KyriosContact, Payment
from tests.adapters.simulator.visitor import CALLBACK, CLIENT, SCOPE, TENANT, Visitor
from tests.adapters.vault.database import opened
from tests.adapters.vault.given_grants import store
from tests.adapters.xero.invoices import document, fragment, update
from tests.conformance.contract import Contract
from tests.conformance.recorder import Recorder

CLEARING = "a0000000-0000-4000-8000-000000000009"


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
        agreed = {"authorize_url": asked.url.reveal(), "tenant_ids": [TENANT]}
        redirect = visitor.steer("POST", "/consent", agreed)["redirect"]
        tokens = oauth.exchange(Secret(redirect), state=asked.state, verifier=asked.verifier)
        store(
            grants,
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
    calls -= {"heard_by"}
    assert calls == {
        "connections",
        "delete_connection",
        "organisation",
        "ledger_accounts",
        "tax_rates",
        "contacts",
        "put_contacts",
        "find_contacts",
        "put_invoices",
        "find_invoices",
        "put_payments",
        "find_payments",
        "currencies",
        "denied_actions",
        "post_invoices",
        "get_invoices",
        "our_invoices",
    }, "a new call of the session needs a test of its own here, and its name in this list"


def test_connections(session: XeroSession) -> None:
    (found,) = session.connections()
    assert session.connections(auth_event_id=found.auth_event_id)
    assert session.delete_connection(found.connection_id).status == 204
    assert session.connections() == ()


def test_reference_data(session: XeroSession) -> None:
    assert session.organisation().base_currency == "NZD"
    assert len(session.ledger_accounts()) == 12
    assert len(session.tax_rates()) == 8


def test_what_an_organisation_uses_and_what_it_denies(session: XeroSession) -> None:
    assert set(session.currencies()) == {"NZD", "AUD", "USD"}
    assert session.denied_actions() == ()


def test_voiding_an_invoice_and_reading_it(session: XeroSession) -> None:
    (made,) = session.put_invoices(body_of([fragment(document("K-1"))]), str(uuid4())).elements
    (voided,) = session.post_invoices(body_of([render_void(made.invoice_id)]), str(uuid4())).elements
    assert voided.status == "VOIDED"
    assert [found.status for found in session.get_invoices([made.invoice_id]).elements] == ["VOIDED"]


def test_contacts(session: XeroSession) -> None:
    assert [len(page) for page in session.contacts(page_size=6)] == [6, 4]
    assert list(session.contacts(modified_since=datetime(2100, 1, 1, tzinfo=UTC))) == []


def test_creating_and_finding_contacts(session: XeroSession) -> None:
    known = KyriosContact(contact_id="cus-1", name="Kea Cafe", email="hello@kea.example", phone="+64 3 555 0100")
    body = contacts_body(
        [render_contact(known, "cus-1"), render_contact(KyriosContact(contact_id="cus-2", name="Tui Cafe"), "cus-2")]
    )
    assert [judge_contact(element) for element in session.put_contacts(body, str(uuid4())).elements] == ["saved"] * 2
    assert [judge_contact(element) for element in session.put_contacts(body, str(uuid4())).elements] == ["taken"] * 2
    found = session.find_contacts(["cus-1", "cus-2", "cus-3"]).elements
    assert {element.contact.contact_number for element in found} == {"cus-1", "cus-2"}


def test_creating_and_finding_invoices(session: XeroSession) -> None:
    answer = session.put_invoices(body_of([fragment(document("K-1")), fragment(document("K-2"))]), str(uuid4()))
    assert [element.has_errors for element in answer.elements] == [False, False]
    again = session.put_invoices(body_of([fragment(document("K-1"))]), str(uuid4()))
    assert again.elements[0].messages == ("Invoice # must be unique.",)
    assert {found.number for found in session.find_invoices(["K-1", "K-2", "K-3"]).elements} == {"K-1", "K-2"}


def test_entering_and_finding_payments(session: XeroSession) -> None:
    (invoice,) = session.put_invoices(body_of([fragment(document("K-1"))]), str(uuid4())).elements
    paid = [Payment(payment_id=f"pay-{n}", paid_on=date(2026, 10, 2), amount=Decimal("300.00")) for n in (1, 2)]
    body = payments_body([render_payment(one, invoice.invoice_id, CLEARING) for one in paid])
    entered, refused = session.put_payments(body, str(uuid4())).elements
    assert (judge_payment(entered).kind, judge_payment(refused).kind) == ("saved", "refused")
    answer = session.find_payments([(invoice.invoice_id, one.payment_id) for one in paid])
    assert (answer.calls, [found.reference for found in answer.elements]) == (2, ["pay-1"])
    assert search_payment(paid[0], invoice.invoice_id, answer.elements).payment == answer.elements[0]
    assert answer.elements[0].payment_id == entered.payment_id


def test_reading_the_invoices_we_made(session: XeroSession) -> None:
    session.put_invoices(body_of([fragment(document("K-1")), fragment(document("K-2"))]), str(uuid4()))
    (page,) = session.our_invoices(date(2026, 1, 1), date(2027, 1, 1))
    assert sorted((one.number, one.url != "", one.totals is not None) for one in page) == [
        ("K-1", True, True),
        ("K-2", True, True),
    ]
    assert list(session.our_invoices(date(2027, 1, 1), date(2027, 2, 1))) == [()]


def test_updating_invoices(session: XeroSession) -> None:
    (made,) = session.put_invoices(body_of([fragment(document("K-1"))]), str(uuid4())).elements
    (updated,) = session.post_invoices(body_of([update(document("K-1-B"), made.invoice_id)]), str(uuid4())).elements
    assert (updated.invoice_id, updated.number) == (made.invoice_id, "K-1-B")
    assert [found.number for found in session.get_invoices([made.invoice_id]).elements] == ["K-1-B"]
