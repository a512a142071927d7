"""No token, code, secret, body or word of Xero's shows in an exception, a representation or a log, at any level."""

import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.vault.secret import Secret
from adapters.xero import calls, errors
from adapters.xero.client import XeroClient
from adapters.xero.errors import XeroError
from adapters.xero.oauth import OAuthApp, XeroOAuth
from adapters.xero.tokens import TokenSource
from adapters.xero.wire import quiet_http_logs
from tests.adapters.vault.given_grants import store
from tests.adapters.xero.simulated import CALLBACK, CLIENT_SECRET, ORGANISATION, World

CANARY = "canary-7d1f0c"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything logged at DEBUG, with the HTTP library's own loggers as the composition root sets them."""
    before = {name: logging.getLogger(name).level for name in ("httpx", "httpcore")}
    caplog.set_level(logging.DEBUG)
    quiet_http_logs()
    yield caplog
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def shown(error: BaseException) -> str:
    """Everything an error would show to whoever prints it with all its causes, and its attributes."""
    texts = [str(error), repr(error), repr(error.args), *traceback.format_exception(error)]
    chain: BaseException | None = error
    while chain is not None:
        texts += [str(chain), repr(chain)]
        chain = chain.__cause__ or chain.__context__
    return "\n".join(texts)


def test_nothing_secret_is_shown_or_logged_along_a_whole_story(world: World, logged: pytest.LogCaptureFixture) -> None:
    callback, state, verifier = world.consent()
    answer = world.oauth.exchange(callback, state=state, verifier=verifier)
    store(
        world.grants,
        grant_id=world.grant_id,
        account_id="acme",
        xero_user_id=answer.xero_user_id,
        tokens=answer.tokens,
        access_life=answer.access_life,
    )
    session = world.session()
    refreshed = world.tokens.force_refresh(world.grant_id, 1)
    texts = [repr(answer), repr(world.grants.read(world.grant_id)), repr(refreshed), repr(world.tokens), repr(state)]
    for kind in ("answer_lost", "http_500_after", "batch_400", "truncated_json", "http_429_day"):
        world.control.fault(kind)
        with pytest.raises(XeroError) as raised:
            session.put_invoices(b'{"Invoices":[{"Reference":"' + CANARY.encode() + b'"}]}', str(uuid4()))
        texts.append(shown(raised.value))
    with pytest.raises(XeroError) as raised:
        world.oauth.exchange(callback, state=state, verifier=verifier)
    texts.append(shown(raised.value))
    code = httpx.URL(callback.reveal()).params["code"]
    secrets = [code, state.reveal(), verifier.reveal(), CLIENT_SECRET, CANARY, refreshed.secret.reveal()]
    secrets += [answer.tokens.access_token.reveal(), answer.tokens.refresh_token.reveal()]
    everything = "\n".join([*texts, logged.text, *(str(vars(record)) for record in logged.records)])
    assert [secret for secret in secrets if secret in everything] == []


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: httpx.Response(400, json={"Type": CANARY + " x", "Message": CANARY}),
        lambda request: httpx.Response(401, json={"Detail": f"{CANARY} is no token: {CANARY}"}),
        lambda request: httpx.Response(403, text=CANARY),
        lambda request: httpx.Response(404, text=CANARY),
        lambda request: httpx.Response(429, text=CANARY, headers={"X-Rate-Limit-Problem": CANARY}),
        lambda request: httpx.Response(500, text=CANARY, headers={"Xero-Correlation-Id": f"{CANARY} {CANARY}"}),
        lambda request: httpx.Response(200, text=CANARY),
        lambda request: httpx.Response(302, headers={"location": f"https://example/?token={CANARY}"}),
    ],
)
def test_what_xero_says_is_never_part_of_an_error(answer: Callable[[httpx.Request], httpx.Response]) -> None:
    client = XeroClient(httpx.Client(transport=httpx.MockTransport(answer)), "https://api.xero.com")
    with pytest.raises(XeroError) as raised:
        client.send(calls.put_invoices("org", CANARY.encode(), "key"), Secret(CANARY))
    assert CANARY not in shown(raised.value)


def test_an_error_on_the_way_does_not_carry_the_request(world: World) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"while sending {request.headers['authorization']}", request=request)

    client = XeroClient(httpx.Client(transport=httpx.MockTransport(broken)), "https://api.xero.com")
    with pytest.raises(XeroError) as raised:
        client.send(calls.organisation(ORGANISATION), Secret(CANARY))
    assert CANARY not in shown(raised.value)
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    "body",
    [
        {"error": "invalid_grant", "error_description": CANARY},
        {"error": f"{CANARY} {CANARY}"},
        {"error": {"nested": CANARY}},
        {"refresh_token": CANARY},
        [CANARY],
    ],
)
def test_what_the_token_endpoint_says_is_never_part_of_an_error(body: Any) -> None:
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(400, json=body)))
    app = OAuthApp(client_id="id", client_secret=Secret(CANARY), redirect_uri=CALLBACK, scopes=("a",))
    with pytest.raises(XeroError) as raised:
        XeroOAuth(http, app).refresh(Secret(CANARY))
    assert CANARY not in shown(raised.value)


def test_a_token_that_is_no_header_is_not_shown_by_the_refusal(world: World) -> None:
    with pytest.raises(XeroError) as raised:
        world.client.send(calls.organisation(ORGANISATION), Secret(f"{CANARY}\r\nX-Other: 1"))
    assert CANARY not in shown(raised.value)


def test_the_source_of_tokens_shows_none(world: World) -> None:
    world.connect()
    tokens = TokenSource(world.grants, world.oauth)
    token = tokens.access_token(world.grant_id)
    assert token.secret.reveal() not in repr([tokens, token, world.grants.read(world.grant_id), vars(tokens)])


def test_every_error_of_ours_is_one_of_the_tree() -> None:
    drawn = errors.__doc__ or ""
    declared = [
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, XeroError)
    ]
    assert all(f" {name} " in drawn or name == "XeroError" for name in declared)
