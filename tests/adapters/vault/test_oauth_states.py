"""A consent is found by its ticket and then by its state: each once, for ten minutes, the state in its own browser."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from adapters.vault.keyring import Keyring
from adapters.vault.oauth_states import OAuthStates, PendingConsent, Unusable
from adapters.vault.secret import Secret
from domain.event import Actor
from tests.adapters.vault.database import Database

CONSENT = UUID("0b0e4f3c-6b1f-4b44-9d7e-2f1a5c3d4e5f")
TICKET, STATE, BROWSER = Secret("the-ticket"), Secret("the-state-of-this-consent"), Secret("the-browser")
CALLBACK = "https://app.kyrios.example/xero/callback"


@pytest.fixture
def states(database: Database, keyring: Keyring) -> OAuthStates:
    """One invitation."""
    states = OAuthStates(database.begin, keyring)
    database.advance(timedelta(0))
    states.invite(TICKET, consent_id=CONSENT, account_id="acme", begun_by=Actor("owner", "u-1"))
    return states


def depart(states: OAuthStates, ticket: Secret = TICKET) -> Unusable | None:
    """Leave for Xero on a ticket."""
    return states.depart(ticket, state=STATE, browser=BROWSER, verifier=Secret("the-verifier"), redirect_uri=CALLBACK)


def test_a_state_gives_back_what_was_remembered(states: OAuthStates) -> None:
    assert depart(states) is None
    pending = states.take(STATE, BROWSER)
    assert isinstance(pending, PendingConsent)
    assert (pending.consent_id, pending.account_id, pending.begun_by) == (CONSENT, "acme", Actor("owner", "u-1"))
    assert pending.verifier is not None
    assert (pending.verifier.reveal(), pending.redirect_uri) == ("the-verifier", CALLBACK)


def test_ticket_and_state_serve_once(states: OAuthStates) -> None:
    assert [depart(states), depart(states)] == [None, "used"]
    assert isinstance(states.take(STATE, BROWSER), PendingConsent)
    assert states.take(STATE, BROWSER) == "used"


def test_a_state_used_twice_at_once_serves_once(states: OAuthStates) -> None:
    depart(states)
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: states.take(STATE, BROWSER), range(8)))
    assert [one for one in taken if one != "used"] == [one for one in taken if isinstance(one, PendingConsent)]
    assert taken.count("used") == 7


def test_each_step_has_ten_minutes(states: OAuthStates, database: Database) -> None:
    database.advance(timedelta(minutes=9))
    assert depart(states) is None
    database.advance(timedelta(minutes=9))
    assert states.result(CONSENT) is None
    database.advance(timedelta(minutes=1))
    assert states.take(STATE, BROWSER) == "expired"
    assert states.result(CONSENT) == "expired"


def test_a_ticket_dies_after_ten_minutes(states: OAuthStates, database: Database) -> None:
    database.advance(timedelta(minutes=10))
    assert depart(states) == "expired"


@pytest.mark.parametrize("browser", [None, Secret("another"), STATE])
def test_another_browser_gets_nothing_and_takes_nothing_away(states: OAuthStates, browser: Secret | None) -> None:
    depart(states)
    assert states.take(STATE, browser) == "other_browser"
    assert isinstance(states.take(STATE, BROWSER), PendingConsent)


def test_what_was_never_given_out_opens_nothing(states: OAuthStates) -> None:
    assert depart(states, Secret("another")) == "unknown"
    assert states.take(STATE, BROWSER) == "unknown"
    assert states.result(uuid4()) == "expired"


def test_what_came_of_it_is_kept_once(states: OAuthStates) -> None:
    depart(states)
    states.take(STATE, BROWSER)
    assert states.result(CONSENT) is None
    states.end(CONSENT, "connected")
    states.end(CONSENT, "failed")
    assert states.result(CONSENT) == "connected"


def test_a_consent_without_pkce_has_no_verifier(states: OAuthStates) -> None:
    states.depart(TICKET, state=STATE, browser=BROWSER, verifier=None, redirect_uri=CALLBACK)
    pending = states.take(STATE, BROWSER)
    assert isinstance(pending, PendingConsent)
    assert pending.verifier is None


def test_no_secret_is_readable_in_the_table_and_the_verifier_goes_with_its_use(
    states: OAuthStates, database: Database
) -> None:
    depart(states)
    stored = repr(database.rows("SELECT * FROM app.oauth_state"))
    for secret in ("the-ticket", STATE.reveal(), "the-browser", "the-verifier"):
        assert secret not in stored
    states.take(STATE, BROWSER)
    assert database.rows("SELECT sealed_verifier FROM app.oauth_state") == [{"sealed_verifier": None}]


def test_consents_that_are_over_for_a_day_are_forgotten(states: OAuthStates, database: Database) -> None:
    database.advance(timedelta(days=1, minutes=11))
    states.invite(Secret("next"), consent_id=uuid4(), account_id="acme", begun_by=Actor("owner"))
    assert database.rows("SELECT count(*) AS rows FROM app.oauth_state") == [{"rows": 1}]
