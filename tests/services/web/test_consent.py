"""The way to Xero and back over real HTTP: cookies, redirects to clean addresses, and an answer for whatever comes."""

import logging
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from domain.connection import Connected
from services.bootstrap import Parts
from services.set_up.consent_results import WORDS, Result
from services.web.pages import LARGEST
from services.web.server import PortTaken, web_serving
from tests.ports import own_port
from tests.services.test_secrets import everything_logged
from tests.services.web.browser import Browser
from tests.world import ACCOUNT, OWNER, World, organisation_id, simulated_xero, world_on

SAFE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def link(world: World, account: str = ACCOUNT) -> str:
    """A new link for an owner's browser."""
    return world.engine.set_up.invite(account, OWNER).link.reveal()


def base(world: World) -> str:
    """Where the server is."""
    return world.engine.settings.browser_url


def check_safe(answer: httpx.Response) -> None:
    """Nothing is kept of it, and nothing may be loaded by it."""
    assert {name: answer.headers.get(name) for name in SAFE} == SAFE
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert len(answer.content) <= LARGEST


def ended(answer: httpx.Response) -> str:
    """The result a browser is sent to; the address says nothing else."""
    check_safe(answer)
    assert answer.status_code == 303
    place, _, result = answer.headers["location"].partition("?result=")
    assert place == "/xero/connected"
    return str(result)


def test_an_owner_is_led_to_xero_and_back_and_the_account_is_connected(served: World, browser: Browser) -> None:
    left = browser.open(link(served))
    check_safe(left)
    assert left.status_code == 303
    assert left.headers["location"].startswith(served.xero.api_url)
    (cookie,) = SimpleCookie(left.headers["set-cookie"]).values()
    assert (cookie["path"], cookie["max-age"], cookie["samesite"]) == ("/xero/callback", "600", "lax")
    assert cookie["httponly"]
    assert not cookie["secure"]
    assert len(cookie.value) >= 43
    back = browser.open(browser.decide(left.headers["location"]))
    assert ended(back) == "connected"
    assert cookie.key in back.headers["set-cookie"]
    assert not browser.http.cookies
    page = browser.open(base(served) + back.headers["location"])
    check_safe(page)
    assert page.status_code == 200
    assert WORDS["connected"] in page.text
    assert [one.organisation_id for one in served.engine.set_up.organisations(ACCOUNT)] == [organisation_id()]
    connected = served.engine.store.events_of(served.lane)[0]
    assert isinstance(connected, Connected)
    assert connected.actor == OWNER


def test_whatever_else_comes_back_has_its_answer_and_changes_nothing(served: World, browser: Browser) -> None:
    callback = f"{base(served)}/xero/callback"
    assert ended(browser.agree(link(served), decision="deny")) == "denied"
    for query in ("", "?code=c", "?state=s&state=s&code=c", "?state=s&code=c&code=d"):
        assert ended(browser.open(callback + query)) == "malformed"
    assert ended(browser.open(f"{callback}?state=s&code=c")) == "unknown"
    assert ended(browser.open(f"{base(served)}/xero/connect/invented")) == "unknown"
    begun = link(served)
    first = browser.open(begun).headers["location"]
    assert ended(browser.open(begun)) == "used"
    # Another browser began for another account; neither takes the other's answer, nor does one without a cookie.
    other = Browser(served)
    second = other.open(link(served, "moa-press")).headers["location"]
    assert ended(other.open(browser.decide(first))) == "other_browser"
    assert ended(browser.open(other.decide(second))) == "other_browser"
    assert ended(httpx.get(browser.decide(first))) == "other_browser"
    refused = browser.decide(first, decision="deny").replace("access_denied", "invalid_scope")
    assert ended(browser.open(refused)) == "scope_refused"
    late = browser.decide(browser.open(link(served)).headers["location"])
    with served.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.oauth_state SET expires_at = app.now()")
    assert ended(browser.open(late)) == "expired"
    other.close()
    assert served.requests("POST", "/connect/token") == []
    assert served.engine.store.head() == 0
    served.fault("http_500_before", method="POST", path="/connect/token")
    assert ended(browser.agree(link(served))) == "xero_unreachable"
    assert served.engine.store.head() == 0


def test_two_consents_may_be_under_way_in_one_browser(served: World, browser: Browser) -> None:
    first, second = (browser.open(link(served, account)).headers["location"] for account in ("moa-press", ACCOUNT))
    assert ended(browser.open(browser.decide(first))) == "connected"
    assert ended(browser.open(browser.decide(second))) == "connected"


def test_a_callback_sent_twice_at_once_is_one_call_to_xero(served: World, browser: Browser) -> None:
    callback = browser.decide(browser.open(link(served)).headers["location"])
    with ThreadPoolExecutor(6) as threads:
        results = list(threads.map(lambda _: ended(browser.open(callback)), range(6)))
    assert sorted(results) == ["connected"] + ["used"] * 5
    # Also where the reply to the first one has already taken the browser's mark away.
    assert ended(httpx.get(callback)) == "used"
    assert len(served.requests("POST", "/connect/token")) == 1


@pytest.mark.parametrize("result", ["denied", "nonsense", "<script>alert(1)</script>", "", "connected"])
def test_a_result_is_shown_in_words_of_a_closed_list(served: World, browser: Browser, result: str) -> None:
    page = browser.http.get(f"{base(served)}/xero/connected", params={"result": result})
    check_safe(page)
    known: Result = "denied" if result == "denied" else "connected" if result == "connected" else "unknown"
    assert page.status_code == (200 if known == "connected" else 400)
    assert WORDS[known].split(".")[0] in page.text
    assert "script" not in page.text


def test_what_the_server_does_not_know_is_answered_as_safely(served: World, browser: Browser) -> None:
    ticket = link(served)
    asked: list[tuple[str, str, int]] = [
        ("GET", f"{base(served)}/invoices/secret-4711", 404),
        ("GET", f"{base(served)}/xero/callback/secret-4711", 404),
        ("POST", f"{base(served)}/xero/callback?code=secret-4711", 405),
        ("HEAD", ticket, 405),
        ("GET", f"{base(served)}/schema", 404),
        ("GET", f"{base(served)}/xero/connect/a/b", 404),
    ]
    for method, url, status in asked:
        answer = browser.http.request(method, url)
        check_safe(answer)
        assert (method, url, answer.status_code) == (method, url, status)
        assert "4711" not in answer.text
    # Whatever looks at a link without opening it has not used it up.
    assert browser.open(ticket).headers["location"].startswith(served.xero.api_url)


def test_nothing_secret_of_the_way_is_logged(served: World, browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        begun = link(served)
        left = browser.open(begun)
        callback = browser.decide(left.headers["location"])
        for _ in range(2):
            browser.open(callback)
        browser.http.post(callback)
    # The test's own browser logs where it goes, as browsers do; what the engine's client logs, other tests look at.
    said = [r.getMessage() for r in caplog.records if r.name.split(".")[0] not in ("httpx", "httpcore")]
    assert any("consent" in message for message in said)
    (cookie,) = SimpleCookie(left.headers["set-cookie"]).values()
    state, code = (parse_qs(urlsplit(callback).query)[name][0] for name in ("state", "code"))
    secrets = (begun.rsplit("/", 1)[1], cookie.value, state, code, "code=", "state=")
    assert [secret for secret in secrets if any(secret in message for message in said)] == []


class Broken(RuntimeError):
    """A fault of ours whose text must not get out."""


def test_a_fault_of_ours_leaves_no_address_and_tells_no_secret(database_url: str, tmp_path: Path) -> None:
    address, made = f"http://localhost:{own_port()}", list[Any]()

    def new_id() -> Any:
        if made:
            raise Broken("hush-4711")
        made.append(Parts().new_id())
        return made[0]

    with (
        simulated_xero(tmp_path, redirect_uris=(f"{address}/xero/callback",)) as xero,
        world_on(xero, database_url, tmp_path, Parts(new_id=new_id), KYRIOS_XERO_PUBLIC_URL=address) as world,
        web_serving(world.engine),
    ):
        browser = Browser(world)
        with everything_logged(tmp_path / "home") as log:
            assert ended(browser.agree(link(world))) == "failed"
        browser.close()
        assert world.engine.set_up.consent_result(made[0]) == "failed"
    assert "Broken at" in log.read_text()
    assert "hush-4711" not in log.read_text()


def test_behind_https_the_cookie_is_for_https_alone(database_url: str, tmp_path: Path) -> None:
    port, public = own_port(), "https://kyrios.example/sync"
    more: dict[str, Any] = {"KYRIOS_XERO_PUBLIC_URL": public, "KYRIOS_XERO_LISTEN": f"127.0.0.1:{port}"}
    registered = (f"{public}/xero/callback",)
    with (
        simulated_xero(tmp_path, redirect_uris=registered) as xero,
        world_on(xero, database_url, tmp_path, **more) as world,
        web_serving(world.engine) as address,
    ):
        invited = link(world)
        assert invited.startswith(f"{address}/xero/connect/")
        here = f"http://127.0.0.1:{port}"
        left = httpx.get(f"{here}/xero/connect/{invited.rsplit('/', 1)[1]}")
        (cookie,) = SimpleCookie(left.headers["set-cookie"]).values()
        assert cookie.key.startswith("__Secure-")
        assert cookie["secure"]
        assert cookie["path"] == "/sync/xero/callback"
        assert left.headers["strict-transport-security"]
        browser = Browser(world)
        callback = browser.decide(left.headers["location"]).removeprefix(public)
        back = httpx.get(here + callback, headers={"cookie": f"{cookie.key}={cookie.value}"})
        browser.close()
        assert back.headers["location"] == "/sync/xero/connected?result=connected"


def test_a_taken_port_is_said_before_anything_runs(served: World) -> None:
    with pytest.raises(PortTaken, match="Another program listens on"), web_serving(served.engine):
        raise AssertionError("two servers on one port")
