"""Nothing leaks: after a full run at DEBUG, no token, code, secret or customer's word lies where it does not belong."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from adapters.simulator.server import Simulator
from adapters.vault.secret import Secret
from domain.streams import connection_id
from services.intake import read_invoice
from services.running import working
from services.set_up.connecting import WayToXero
from tests.world import ACCOUNT, BACKEND, EXAMPLES, OWNER, World, organisation_id, world_on

CANARIES = {
    "customer": "Canary Customer 4711",
    "e-mail": "canary-4711@nest.example",
    "phone": "+64 9 555 4711",
    "description": "Canary description 4711",
    "reference": "Canary reference 4711",
}
PLANTED = "planted-canary-4711"


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """All that any logger says, at DEBUG."""
    heard, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(heard), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def every_table_as_text(world: World) -> str:
    """Every row of every table of the database; bytes also as the text they would be."""
    parts: list[str] = []
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        for table in [row["name"] for row in cursor]:
            for row in cursor.execute(f"SELECT * FROM {table}").fetchall():
                parts += [as_text(value) for value in row.values()]
    return "\n".join(parts)


def as_text(value: Any) -> str:
    """A value as someone who reads the files of the database sees it."""
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def found(text: str, secrets: dict[str, str]) -> list[str]:
    """The names of the secrets that the text holds."""
    return [name for name, secret in secrets.items() if secret in text]


def canary_invoice(number: int) -> Any:
    """An invoice full of canaries."""
    one = msgspec.json.decode((EXAMPLES / "invoices.ndjson").read_bytes().splitlines()[0])
    one |= {
        "command_id": f"issue-{number}",
        "invoice_id": f"inv-{number}",
        "number": f"T-{number}",
        "reference": CANARIES["reference"],
    }
    one["url"] = f"https://app.kyrios.example/invoices/inv-{number}"
    one["contact"] |= {"name": CANARIES["customer"], "email": CANARIES["e-mail"], "phone": CANARIES["phone"]}
    one["lines"][0]["description"] = CANARIES["description"]
    return read_invoice(msgspec.json.encode(one), default_account_id=ACCOUNT)


class Kept:
    """The secrets of a run, gathered where they are used."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.secrets = {"client secret": "simulator-secret"} | CANARIES

    def consent(self) -> tuple[Secret, Secret]:
        """Begin to connect and allow it; keeps all that is secret on the way. The answer, and the browser's mark."""
        set_up = self._world.engine.set_up
        ticket = set_up.invite(ACCOUNT, OWNER).ticket
        way = set_up.open_link(ticket)
        assert isinstance(way, WayToXero)
        redirect = self._world.answer_in_xero(way).reveal()
        said = parse_qs(urlsplit(redirect).query)
        self.secrets |= {"code": said["code"][0], "state": said["state"][0], "redirect": redirect}
        self.secrets |= {"ticket": ticket.reveal(), "browser": way.browser.reveal()}
        return Secret(redirect), way.browser

    def tokens(self, name: str) -> None:
        """Keep the tokens the vault holds now."""
        known = self._world.engine.set_up.connection(ACCOUNT)
        assert known.grant_id is not None
        grant = self._world.engine.grants.read(known.grant_id)
        assert grant is not None
        self.secrets[f"{name} access token"] = grant.tokens.access_token.reveal()
        self.secrets[f"{name} refresh token"] = grant.tokens.refresh_token.reveal()


@pytest.fixture
def fresh(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """An engine whose account was never connected."""
    with world_on(xero, database_url, tmp_path) as world:
        yield world


def full_run(world: World) -> tuple[dict[str, str], list[str]]:
    """Connect, set up, sync, refresh, meet faults and refusals; the secrets used, and the messages rung."""
    engine, kept, rung = world.engine, Kept(world), list[str]()
    assert engine.set_up.come_back(*kept.consent()) == "connected"
    engine.set_up.choose_organisation(ACCOUNT, organisation_id(), OWNER)
    kept.tokens("first")
    world.set_up()
    kept.tokens("second")
    send = engine.broker.enqueue
    engine.broker.enqueue = lambda message, **more: (rung.append(repr(message.asdict())), send(message, **more))[1]  # type: ignore[method-assign, func-returns-value]
    engine.ring = engine.doorbell.ring
    world.fault("token_expired", method="PUT", path="/Invoices")
    lost = world.fault("answer_lost", method="PUT", path="/Invoices")
    assert world.queue([canary_invoice(number) for number in range(5)]) == ["accepted"] * 5
    engine.queue_invoices([canary_invoice(0)], BACKEND)
    with working(engine):
        engine.ring(connection_id(ACCOUNT))
        world.wait_for_fault(lost)
    world.later(10)
    world.work()
    kept.tokens("third")
    engine.projector.catch_up()
    return kept.secrets, rung


def test_no_secret_and_no_customers_word_leaks_anywhere(fresh: World) -> None:
    with everything_logged() as heard:
        secrets, rung = full_run(fresh)
    held = fresh.in_xero()
    assert len(held) == 5, "the run was a real one"
    assert held[0]["LineItems"][0]["Description"] == CANARIES["description"], "and Xero was told"
    assert found(heard.getvalue(), secrets) == []
    assert "delivery" in heard.getvalue(), "something was logged"
    assert rung
    assert found("\n".join(rung), secrets) == []
    assert found(every_table_as_text(fresh), secrets) == []


def test_the_scan_finds_what_is_planted(fresh: World) -> None:
    planted = {name: f"{PLANTED}-{name}" for name in ("text", "bytes", "json", "log")}
    with everything_logged() as heard:
        logging.getLogger("anywhere").debug("says %s", planted["log"])
    with fresh.engine.store.cursor() as cursor:
        cursor.execute(
            "INSERT INTO app.idempotency (account_id, key, request_hash, answer) VALUES ('a', %s, '', %s::jsonb)",
            [planted["text"], msgspec.json.encode({"said": planted["json"]}).decode()],
        )
        cursor.execute(
            "INSERT INTO app.invoice_text VALUES (gen_random_uuid(), 1, 'a', %s)", [planted["bytes"].encode()]
        )
    assert found(every_table_as_text(fresh), planted) == ["text", "bytes", "json"]
    assert found(heard.getvalue(), planted) == ["log"]


def test_what_goes_wrong_while_connecting_tells_no_secret(fresh: World) -> None:
    kept = Kept(fresh)
    answer = kept.consent()
    fresh.fault("http_500_before", method="POST", path="/connect/token", times=None)
    with everything_logged() as heard:
        assert fresh.engine.set_up.come_back(*answer) == "xero_unreachable"
    assert "the code was not exchanged" in heard.getvalue()
    assert found(heard.getvalue(), kept.secrets) == []
    assert found(every_table_as_text(fresh), kept.secrets) == []
