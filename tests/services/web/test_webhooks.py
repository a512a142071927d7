"""Xero's webhooks over real HTTP: bare answers, raw bytes, and a simulator that is as particular as Xero."""

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from services.web.server import web_serving
from services.webhook_hints import LARGEST
from tests.ports import own_port
from tests.services.contacts.customers import NORTHGATE, edit, read_contacts
from tests.services.contacts.test_hints import KEY, OTHER, PROBE, signed
from tests.services.contacts.test_reading import asked, reading_later
from tests.world import ACCOUNT, World, simulated_xero, world_on


@pytest.fixture
def heard(database_url: str, tmp_path: Path) -> Iterator[World]:
    """An engine that listens for webhooks; its contacts were read a while ago."""
    address = f"http://localhost:{own_port()}"
    keys = f"{KEY},{OTHER}"
    with (
        simulated_xero(tmp_path, redirect_uris=(f"{address}/xero/callback",)) as xero,
        world_on(xero, database_url, tmp_path, KYRIOS_XERO_PUBLIC_URL=address, KYRIOS_XERO_WEBHOOK_KEY=keys) as world,
        web_serving(world.engine),
    ):
        world.set_up(link=False)
        read_contacts(world)
        world.engine.projector.catch_up()
        reading_later(world, 3_700)
        read_contacts(world)
        reading_later(world, 61)
        yield world


def hooks(world: World) -> str:
    """Where webhooks arrive."""
    return f"{world.engine.settings.public_url}/xero/webhooks"


def post(world: World, body: Any, *signatures: bytes, method: str = "POST") -> tuple[int, bytes, str | None]:
    """Send bytes as they are; the status, the body and the cookies of the answer."""
    line = http.client.HTTPConnection(urlsplit(hooks(world)).netloc, timeout=20)
    line.putrequest(method, "/xero/webhooks")
    for signature in signatures:
        line.putheader("X-Xero-Signature", signature)
    line.putheader("Content-Length", str(len(body)))
    line.endheaders()
    line.send(body)
    answer = line.getresponse()
    found = answer.status, answer.read(), answer.getheader("Set-Cookie")
    line.close()
    return found


def test_every_answer_is_bare_and_only_right_signatures_are_taken(heard: World) -> None:
    right = signed(PROBE)
    slow = socket.create_connection((urlsplit(hooks(heard)).hostname or "", urlsplit(hooks(heard)).port or 0))
    slow.sendall(b"POST /xero/webhooks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nnever the rest")
    assert post(heard, PROBE, right) == (200, b"", None)
    assert post(heard, PROBE, signed(PROBE, OTHER)) == (200, b"", None)
    wrong = [(), (b"",), (right[:-1],), (right, right), (b"\xff\xfe\xfd",), ("подпись".encode(),)]
    assert [post(heard, PROBE, *signatures) for signatures in wrong] == [(401, b"", None)] * len(wrong)
    assert post(heard, PROBE + b" ", right) == (401, b"", None)
    assert post(heard, b"", signed(b"")) == (200, b"", None)
    assert post(heard, b"not json", signed(b"not json")) == (200, b"", None)
    large = b"x" * (LARGEST + 1)
    assert post(heard, large, signed(large)) == (413, b"", None)
    slow.settimeout(20)
    answer = slow.recv(4_096)
    slow.close()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert answer.endswith(b"\r\n\r\n")


def test_a_database_that_is_away_is_answered_so_that_xero_tells_us_again(heard: World) -> None:
    body = b'{"events":[{"eventCategory":"CONTACT","tenantId":"x"}]}'
    with heard.engine.store.cursor() as cursor:
        cursor.execute("ALTER TABLE app.connection_status RENAME TO gone")
    assert post(heard, body, signed(body)) == (503, b"", None)
    with heard.engine.store.cursor() as cursor:
        cursor.execute("ALTER TABLE app.gone RENAME TO connection_status")
    assert post(heard, body, signed(body)) == (200, b"", None)


def test_xero_probes_us_tells_us_and_the_contact_is_in_the_feed(heard: World) -> None:
    told = {"url": hooks(heard), "key": KEY}
    assert heard.control.post("/webhooks", json={**told, "key": "another"}).json()["status"] == "intent_to_receive"
    found = heard.control.post("/webhooks", json=told).json()
    assert (found["status"], found["reason"]) == ("ok", "")
    cursor = heard.engine.contact_feed(ACCOUNT).next_cursor
    heard.control.post("/clock", json={"advance_seconds": 400}).raise_for_status()
    reader, before = heard.engine.contact_reader, len(asked(heard))
    assert reader.read_due() == 0
    edit(heard, ContactID=NORTHGATE, EmailAddress="wine@northgate.example")
    edit(heard, ContactID=NORTHGATE, Name="Northgate Wines Limited")
    heard.control.post("/webhooks/replay", json={"times": 3, "backwards": True}).raise_for_status()
    standing = heard.control.get("/webhooks", params={"timeout": 20}).json()
    assert (standing["status"], standing["waiting"], standing["failed"]) == ("ok", 0, 0)
    assert reader.read_due() == 1
    assert reader.read_due() == 0
    assert len(asked(heard)) == before + 1
    (northgate,) = heard.engine.contact_feed(ACCOUNT, cursor).contacts
    assert (northgate.name, northgate.email) == ("Northgate Wines Limited", "wine@northgate.example")
    heard.control.post("/webhooks/replay", json={"times": 2}).raise_for_status()
    heard.control.get("/webhooks", params={"timeout": 20})
    reading_later(heard, 61)
    assert reader.read_due() <= 1, "a replay of what is less than five minutes old may cost one reading more, no more"
    assert heard.engine.contact_feed(ACCOUNT, northgate.seq).contacts == ()
