"""Connecting: consent with PKCE and state, the exchange of the code, refreshing, revoking; over HTTP."""

from importlib.util import find_spec
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from adapters.vault.secret import Secret
from adapters.xero.consent_answer import read_consent_answer
from adapters.xero.errors import AuthorisationLost, ClientRefused, ConsentFailed, NotSent, OutcomeUnclear, RateLimited
from adapters.xero.oauth import OAuthApp, XeroOAuth
from adapters.xero.wire import Limits
from tests.adapters.xero.simulated import CALLBACK, ORGANISATION, World
from tests.examples import SCOPES


def answering(answer: httpx.Response) -> XeroOAuth:
    """OAuth against a server that always answers this."""
    http = httpx.Client(transport=httpx.MockTransport(lambda _: answer))
    app = OAuthApp(client_id="id", client_secret=Secret("hush"), redirect_uri=CALLBACK, scopes=SCOPES)
    return XeroOAuth(http, app, Limits(deadline=5))


def test_the_other_http_library_is_not_installed() -> None:
    assert find_spec("httpx2") is None


def test_the_consent_page_is_asked_with_pkce_state_and_our_scopes(world: World) -> None:
    request = world.oauth.ask_for_consent()
    query = {name: values[0] for name, values in parse_qs(urlsplit(request.url.reveal()).query).items()}
    assert urlsplit(request.url.reveal()).path == "/identity/connect/authorize"
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert query["state"] == request.state.reveal()
    assert query["redirect_uri"] == CALLBACK
    assert query["scope"].split() == list(SCOPES)
    assert request.verifier is not None
    assert request.verifier.reveal() not in request.url.reveal()
    assert 43 <= len(request.verifier.reveal()) <= 128


def test_every_consent_has_its_own_state_and_verifier(world: World) -> None:
    one, two = world.oauth.ask_for_consent(), world.oauth.ask_for_consent()
    assert one.state.reveal() != two.state.reveal()
    assert one.verifier is not None
    assert two.verifier is not None
    assert one.verifier.reveal() != two.verifier.reveal()


def test_a_code_is_exchanged_for_tokens_and_who_consented(world: World) -> None:
    answer = world.connect()
    assert answer.tokens.access_token.reveal() != answer.tokens.refresh_token.reveal()
    assert answer.access_life.total_seconds() == 1800
    assert set(answer.scopes) == set(SCOPES)
    assert answer.xero_user_id
    connections = world.session("").connections(answer.auth_event_id)
    assert [c.organisation_id for c in connections] == [ORGANISATION]
    assert connections[0].is_organisation


def test_a_refusal_on_the_consent_page_is_told_by_its_code(world: World) -> None:
    callback, state, verifier = world.consent("deny")
    with pytest.raises(ConsentFailed, match="access_denied"):
        world.oauth.exchange(callback, state=state, verifier=verifier)


@pytest.mark.parametrize("other", ["another-state", ""])
def test_another_state_is_refused_before_any_request(world: World, other: str) -> None:
    callback, _, verifier = world.consent()
    with pytest.raises(ConsentFailed, match="state_mismatch"):
        world.oauth.exchange(callback, state=Secret(other or "x"), verifier=verifier)
    assert not world.control.requests("/connect/token")


def test_a_state_that_came_twice_counts_as_none(world: World) -> None:
    callback, state, verifier = world.consent()
    doubled = Secret(f"{callback.reveal()}&state={state.reveal()}")
    read = read_consent_answer(doubled)
    assert read.doubled
    assert read.state is None
    with pytest.raises(ConsentFailed, match="state_mismatch"):
        world.oauth.exchange(doubled, state=state, verifier=verifier)


def test_tokens_in_a_fragment_are_not_taken(world: World) -> None:
    request = world.oauth.ask_for_consent()
    state = request.state.reveal()
    callback = Secret(f"{CALLBACK}?state={state}#access_token=forged&token_type=Bearer&code=x&state={state}")
    with pytest.raises(ConsentFailed, match="code_missing"):
        world.oauth.exchange(callback, state=request.state, verifier=request.verifier)


def test_a_wrong_verifier_is_refused(world: World) -> None:
    callback, state, _ = world.consent()
    with pytest.raises(ConsentFailed, match="invalid_grant"):
        world.oauth.exchange(callback, state=state, verifier=Secret("v" * 64))


def test_a_code_serves_once(world: World) -> None:
    callback, state, verifier = world.consent()
    world.oauth.exchange(callback, state=state, verifier=verifier)
    with pytest.raises(ConsentFailed, match="invalid_grant"):
        world.oauth.exchange(callback, state=state, verifier=verifier)


def test_a_refresh_gives_a_new_pair(world: World) -> None:
    first = world.connect()
    second = world.oauth.refresh(first.tokens.refresh_token)
    assert second.tokens.refresh_token.reveal() != first.tokens.refresh_token.reveal()
    assert second.xero_user_id == first.xero_user_id


def test_an_unknown_refresh_token_means_the_authorisation_is_lost(world: World) -> None:
    with pytest.raises(AuthorisationLost, match="invalid_grant"):
        world.oauth.refresh(Secret("nobody knows this one"))


def test_a_wrong_client_secret_is_our_own_fault(world: World) -> None:
    app = OAuthApp(
        client_id="simulator-client",
        client_secret=Secret("wrong"),
        redirect_uri=CALLBACK,
        scopes=SCOPES,
        identity_url=world.api_url,
    )
    with pytest.raises(ClientRefused, match="invalid_client"):
        XeroOAuth(world.http, app).refresh(world.connect().tokens.refresh_token)


def test_revoking_ends_the_refresh_token(world: World) -> None:
    answer = world.connect()
    world.oauth.revoke(answer.tokens.refresh_token)
    with pytest.raises(AuthorisationLost):
        world.oauth.refresh(answer.tokens.refresh_token)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>maintenance</html>"),
        httpx.Response(200, json={"refresh_token": "only one"}),
        httpx.Response(200, json=["no object"]),
        httpx.Response(400, json={"message": "a gateway speaks"}),
        httpx.Response(404, text="not here"),
        httpx.Response(502, json={"error": "invalid_grant"}),
        httpx.Response(302, headers={"location": "http://169.254.169.254/"}),
        httpx.Response(400, json={"error": "temporarily_unavailable"}),
    ],
)
def test_an_answer_that_proves_nothing_never_costs_the_connection(answer: httpx.Response) -> None:
    with pytest.raises(OutcomeUnclear):
        answering(answer).refresh(Secret("refresh"))


def test_a_refresh_answer_without_a_refresh_token_keeps_the_old_one() -> None:
    """As RFC 6749 has it; Xero always sends a new one."""
    answer = answering(httpx.Response(200, json={"access_token": "new"})).refresh(Secret("old"))
    assert (answer.tokens.access_token.reveal(), answer.tokens.refresh_token.reveal()) == ("new", "old")


def test_a_consent_without_lasting_access_is_refused() -> None:
    oauth = answering(httpx.Response(200, json={"access_token": "short lived"}))
    with pytest.raises(ConsentFailed, match="no_refresh_token"):
        oauth.exchange(Secret(f"{CALLBACK}?code=c&state=s"), state=Secret("s"), verifier=Secret("v" * 64))


@pytest.mark.parametrize("code", ["invalid_request", "invalid_scope", "unsupported_grant_type", "odd text of theirs"])
def test_an_error_other_than_a_dead_token_never_costs_the_connection(code: str) -> None:
    with pytest.raises(ClientRefused):
        answering(httpx.Response(400, json={"error": code})).refresh(Secret("refresh"))


def test_a_limit_on_the_token_endpoint_says_how_long(world: World) -> None:
    with pytest.raises(RateLimited) as limited:
        answering(httpx.Response(429, headers={"Retry-After": "7"})).refresh(Secret("refresh"))
    assert limited.value.retry_after == 7


def test_an_identity_server_nobody_answers_at_is_a_certain_non_effect(world: World) -> None:
    app = OAuthApp(
        client_id="id",
        client_secret=Secret("s"),
        redirect_uri=CALLBACK,
        scopes=SCOPES,
        identity_url="http://127.0.0.1:9",
    )
    with pytest.raises(NotSent):
        XeroOAuth(world.http, app).refresh(Secret("refresh"))
