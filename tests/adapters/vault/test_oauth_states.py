"""A pending consent is found by its state, once, for ten minutes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from adapters.vault.keyring import Keyring
from adapters.vault.oauth_states import OAuthStates
from adapters.vault.secret import Secret
from tests.adapters.vault.database import Database

STATE = Secret("the-state-of-this-consent")
CALLBACK = "https://app.kyrios.example/xero/callback"


@pytest.fixture
def states(database: Database, keyring: Keyring) -> OAuthStates:
    states = OAuthStates(database.begin, keyring)
    database.advance(timedelta(0))
    states.put(STATE, account_id="acme", verifier=Secret("the-verifier"), redirect_uri=CALLBACK)
    return states


def test_a_state_gives_back_what_was_remembered(states: OAuthStates) -> None:
    pending = states.take(STATE)
    assert pending is not None
    assert (pending.account_id, pending.verifier.reveal(), pending.redirect_uri) == ("acme", "the-verifier", CALLBACK)


def test_a_state_serves_once(states: OAuthStates) -> None:
    states.take(STATE)
    assert states.take(STATE) is None


def test_a_state_used_twice_at_once_serves_once(states: OAuthStates) -> None:
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: states.take(STATE), range(8)))
    assert sum(pending is not None for pending in taken) == 1


def test_a_state_dies_after_ten_minutes(states: OAuthStates, database: Database) -> None:
    database.advance(timedelta(minutes=10))
    assert states.take(STATE) is None


def test_an_unknown_state_gives_nothing(states: OAuthStates) -> None:
    assert states.take(Secret("another")) is None


def test_neither_state_nor_verifier_is_readable_in_the_table(states: OAuthStates, database: Database) -> None:
    stored = repr(database.rows("SELECT * FROM app.oauth_state"))
    assert STATE.reveal() not in stored
    assert "the-verifier" not in stored


def test_consents_nobody_came_back_from_are_forgotten(states: OAuthStates, database: Database) -> None:
    database.advance(timedelta(minutes=11))
    states.put(Secret("next"), account_id="acme", verifier=Secret("v"), redirect_uri=CALLBACK)
    assert database.rows("SELECT count(*) AS rows FROM app.oauth_state") == [{"rows": 1}]
