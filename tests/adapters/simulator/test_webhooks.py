"""The simulator tells what changed as Xero does: after a probe, signed, again until it is taken, for a day at most."""

import base64
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import msgspec
import pytest

from tests.adapters.simulator.visitor import TENANT, Visitor, an_invoice

KEY = "webhook-key"


class App:
    """An app that takes webhooks: checks signatures, keeps what it was told, and answers as the test wishes."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.tries = 0
        self.status, self.body, self.cookie, self.checks = 200, b"", "", True

    @property
    def categories(self) -> list[str]:
        """What it was told of, in order."""
        return [f"{event['eventCategory']} {event['eventType']}" for body in self.told for event in body["events"]]

    def answer(self, body: bytes, signature: str) -> int:
        """Take or refuse a body."""
        self.tries += 1
        right = base64.b64encode(hmac.digest(KEY.encode(), body, sha256)).decode()
        if self.checks and not hmac.compare_digest(right, signature):
            return 401
        found = msgspec.json.decode(body)
        if self.status == 200 and found["events"]:
            self.told.append(found)
        return self.status


@pytest.fixture
def app() -> App:
    """An app that does as it should."""
    return App()


@pytest.fixture
def url(app: App) -> Iterator[str]:
    """Where the app listens."""
    with listening(app) as address:
        yield address


@contextmanager
def listening(app: App) -> Iterator[str]:
    """Serve the app on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(app.answer(body, self.headers["x-xero-signature"]))
            if app.cookie:
                self.send_header("Set-Cookie", app.cookie)
            self.send_header("Content-Length", str(len(app.body)))
            self.end_headers()
            self.wfile.write(app.body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/hooks"
        server.shutdown()
        serving.join()


@pytest.fixture
def control(xero: Visitor) -> httpx.Client:
    """The control port."""
    return xero.control


def subscribe(control: httpx.Client, url: str) -> Any:
    """Ask to be told."""
    return control.post("/webhooks", json={"url": url, "key": KEY}).raise_for_status().json()


def settled(control: httpx.Client) -> Any:
    """Where it stands once nothing is under way."""
    return control.get("/webhooks", params={"timeout": 20}).json()


def edit(control: httpx.Client, name: str) -> None:
    """Add or change a contact by hand."""
    control.post(f"/organisations/{TENANT}/contacts", json={"Name": name}).raise_for_status()


def advance(control: httpx.Client, seconds: float) -> None:
    """Let time pass at Xero."""
    control.post("/clock", json={"advance_seconds": seconds}).raise_for_status()


def test_changes_are_told_after_a_probe_and_only_then(app: App, url: str, control: httpx.Client) -> None:
    edit(control, "Before Anybody Asked")
    assert subscribe(control, url)["status"] == "ok"
    assert (app.told, app.tries) == ([], 4)
    edit(control, "Kingfisher Rentals")
    edit(control, "Kingfisher Rentals")
    control.post(f"/organisations/{TENANT}/invoices", json=an_invoice("X-1")).raise_for_status()
    assert settled(control)["waiting"] == 0
    assert app.categories == ["CONTACT CREATE", "CONTACT UPDATE", "INVOICE CREATE"]
    first = app.told[0]["events"][0]
    assert first["tenantId"] == TENANT
    assert first["resourceUrl"].endswith(f"/Contacts/{first['resourceId']}")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"body": b"ok"}, "Response contains a body"),
        ({"cookie": "a=b"}, "Response contains cookies"),
        ({"checks": False}, "answered 200 where 401 was right"),
        ({"status": 204}, "answered 204 where 200 was right"),
    ],
)
def test_an_app_that_does_not_pass_the_probe_is_told_nothing(
    app: App, url: str, control: httpx.Client, fault: dict[str, Any], reason: str
) -> None:
    for name, value in fault.items():
        setattr(app, name, value)
    found = subscribe(control, url)
    assert (found["status"], found["reason"]) == ("intent_to_receive", reason)
    edit(control, "Kingfisher Rentals")
    assert settled(control)["sent"] == 0
    assert app.told == []


def test_what_is_not_taken_is_sent_again_at_once_then_every_quarter_of_an_hour(
    app: App, url: str, control: httpx.Client
) -> None:
    subscribe(control, url)
    app.status = 500
    edit(control, "Kingfisher Rentals")
    assert settled(control)["failed"] == 2
    advance(control, 14 * 60)
    assert settled(control)["failed"] == 2
    advance(control, 61)
    assert settled(control)["failed"] == 3
    app.status = 200
    advance(control, 15 * 60)
    assert settled(control)["waiting"] == 0
    assert app.categories == ["CONTACT CREATE"]


def test_after_a_day_it_gives_up_and_probes_anew_when_asked(app: App, url: str, control: httpx.Client) -> None:
    subscribe(control, url)
    app.status = 500
    edit(control, "Kingfisher Rentals")
    settled(control)
    advance(control, 24 * 3_600)
    assert settled(control)["status"] == "disabled"
    app.status = 200
    edit(control, "Another")
    assert settled(control)["sent"] == 0
    assert subscribe(control, url)["status"] == "ok"


def test_everything_can_be_told_again_and_in_the_wrong_order(app: App, url: str, control: httpx.Client) -> None:
    subscribe(control, url)
    for name in ("One", "Two"):
        edit(control, name)
        settled(control)
    asked = control.post("/webhooks/replay", json={"times": 2, "backwards": True}).json()
    assert asked == {"events": 4}
    settled(control)
    told = [event["resourceId"] for body in app.told for event in body["events"]]
    assert told[2:] == [told[1], told[0]] * 2
    advance(control, 32 * 24 * 3_600)
    assert control.post("/webhooks/replay", json={}).json() == {"events": 0}


def test_nobody_is_told_over_the_open_network_without_https(control: httpx.Client) -> None:
    for bad in ({"url": "http://kyrios.example/hooks", "key": KEY}, {"url": "https://kyrios.example"}, {}):
        assert control.post("/webhooks", json=bad).status_code == 400
    assert control.post("/webhooks/replay", json={"times": 0}).status_code == 400
    assert settled(control) == {"status": "none", "events": 0}
