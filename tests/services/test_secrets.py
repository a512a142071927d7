"""Nothing leaks: after a full run at DEBUG, no token, code, secret or customer's word lies where it does not belong."""

import base64
import json
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

import msgspec
import pytest

from adapters.simulator.server import Simulator
from adapters.vault import oauth_states
from adapters.vault.envelope import place
from adapters.vault.grants import Grants
from adapters.vault.keyring import Keyring
from adapters.vault.secret import Secret
from adapters.xero.errors import XeroError
from domain.streams import connection_id
from services.bootstrap import Parts
from services.bootstrap.opening import configure_logging
from services.intake import read_invoice
from services.running import working
from services.set_up.connecting import WayToXero
from tests.leaks import Leaks, dumped, files_below, mails_below, told_by
from tests.world import ACCOUNT, BACKEND, EXAMPLES, OWNER, World, organisation_id, world_on

CANARIES = {
    "customer": "Canary Customer 4711",
    "e-mail": "canary-4711@nest.example",
    "phone": "+64 9 555 4711",
    "description": "Canary description 4711",
    "reference": "Canary reference 4711",
}
RECIPIENT = "whoever.reads@their-mails.example"
KEY = secrets.token_bytes(32)
WEBHOOK_KEY = base64.b64encode(secrets.token_bytes(32)).decode()
LOUD_BY_DESIGN = ("httpx", "httpcore", "pika", "mail")
"""Their debug logs hold whole addresses, headers and mails: the product keeps them quiet, and so does this."""


@contextmanager
def everything_logged(home: Path) -> Iterator[Path]:
    """All that any logger says, at DEBUG, in a file where an engine's files lie."""
    home.mkdir(exist_ok=True)
    root, handler = logging.getLogger(), logging.FileHandler(home / "engine.log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    loggers = [one for one in map(logging.getLogger, logging.root.manager.loggerDict) if not _is_loud(one.name)]
    quiet = [logging.getLogger(name) for name in LOUD_BY_DESIGN]
    levels = {one: one.level for one in (root, *loggers, *quiet)}
    root.addHandler(handler)
    configure_logging("DEBUG")
    for one in (root, *loggers):
        one.setLevel(logging.DEBUG)
    try:
        yield home / "engine.log"
    finally:
        root.removeHandler(handler)
        handler.close()
        for one, level in levels.items():
            one.setLevel(level)


def _is_loud(name: str) -> bool:
    return name.partition(".")[0] in LOUD_BY_DESIGN


def canary_invoice(number: int, /, **changes: Any) -> Any:
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
    one |= changes
    return read_invoice(msgspec.json.encode(one), default_account_id=ACCOUNT)


class Kept:
    """The secrets of a run, gathered where they are used."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.secrets: dict[str, str | bytes] = {
            "client secret": "simulator-secret",
            "key of the keyring": KEY,
            "webhook key": WEBHOOK_KEY,
            **CANARIES,
        }

    def consent(self) -> tuple[Secret, Secret]:
        """Begin to connect and allow it; keeps all that is secret on the way. The answer, and the browser's mark."""
        set_up, n = self._world.engine.set_up, len(self.secrets)
        ticket = set_up.invite(ACCOUNT, OWNER).ticket
        way = set_up.open_link(ticket)
        assert isinstance(way, WayToXero)
        redirect = self._world.answer_in_xero(way).reveal()
        said = parse_qs(urlsplit(redirect).query)
        self.secrets |= {f"code {n}": said["code"][0], f"state {n}": said["state"][0]}
        self.secrets |= {f"ticket {n}": ticket.reveal(), f"browser {n}": way.browser.reveal()}
        self.secrets[f"verifier {n}"] = self._verifier()
        return Secret(redirect), way.browser

    def tokens(self, name: str) -> None:
        """Keep the tokens the vault holds now."""
        known = self._world.engine.set_up.connection(ACCOUNT)
        assert known.grant_id is not None
        grant = self._world.engine.grants.read(known.grant_id)
        self.secrets[f"{name} access token"] = grant.tokens.access_token.reveal()
        self.secrets[f"{name} refresh token"] = grant.tokens.refresh_token.reveal()

    def account_key(self) -> None:
        """Keep the account's key as it is under its seal."""
        with self._world.engine.store.cursor() as cursor:
            row = cursor.execute("SELECT sealed_key FROM app.account_key").fetchone()
        assert row is not None
        place_of = place(ACCOUNT, "app.account_key", ACCOUNT, 1)
        self.secrets["account key"] = Keyring({"test-1": KEY}).open(bytes(row["sealed_key"]), place_of)

    def _verifier(self) -> str:
        with self._world.engine.store.cursor() as cursor:
            row = cursor.execute("SELECT * FROM app.oauth_state WHERE sealed_verifier IS NOT NULL").fetchone()
        assert row is not None
        return Keyring({"test-1": KEY}).open(bytes(row["sealed_verifier"]), oauth_states._place(row)).decode()


@pytest.fixture
def fresh(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """An engine with keys nobody could guess, whose account was never connected; its home is its own."""
    keys = "test-1:" + base64.b64encode(KEY).decode()
    more = {"KYRIOS_XERO_SECRET_KEYS": keys, "KYRIOS_XERO_WEBHOOK_KEY": WEBHOOK_KEY}
    with world_on(xero, database_url, tmp_path / "home", Parts(), **more) as world:
        yield world


def post(world: World) -> None:
    """Send the mails that are due half a minute from now; where no mail server is set, they lie in the home."""
    world.engine.projector.catch_up()
    world.later(31)
    while world.engine.mailer.step():
        pass


def full_run(world: World) -> tuple[Leaks, list[str]]:
    """Connect, set up, sync, refresh, meet faults, tell, leave: the secrets used, and all that was rung and raised."""
    engine, kept, told = world.engine, Kept(world), list[str]()
    told += _connect_with_trouble(world, kept)
    kept.tokens("first")
    world.set_up()
    engine.alert_recipients.change(ACCOUNT, OWNER, add=[RECIPIENT])
    kept.tokens("second")
    send = engine.broker.enqueue
    engine.broker.enqueue = lambda message, **more: (told.append(repr(message.asdict())), send(message, **more))[1]  # type: ignore[method-assign, func-returns-value]
    engine.ring = engine.doorbell.ring
    world.fault("token_expired", method="PUT", path="/Invoices")
    lost = world.fault("answer_lost", method="PUT", path="/Invoices")
    assert world.queue([canary_invoice(number) for number in range(5)]) == ["accepted"] * 5
    engine.queue_invoices([canary_invoice(0)], BACKEND)
    world.queue([canary_invoice(5, currency="EUR")])
    with working(engine):
        engine.ring(connection_id(ACCOUNT))
        world.wait_for_fault(lost)
    world.later(10)
    world.work()
    kept.tokens("third")
    kept.account_key()
    post(world)
    told += _refresh_with_trouble(world)
    kept.tokens("fourth")
    engine.set_up.disconnect(ACCOUNT, OWNER)
    world.fault("answer_lost", method="DELETE", path="/connections")
    for _ in range(3):
        world.work()
        world.later(60)
    post(world)
    return Leaks(kept.secrets), told


def _connect_with_trouble(world: World, kept: Kept) -> list[str]:
    """Once the token endpoint fails, once its answer is cut in the middle of the tokens, once all is well."""
    set_up = world.engine.set_up
    for fault in ("http_500_before", "truncated_json"):
        world.fault(fault, method="POST", path="/connect/token")
        assert set_up.come_back(*kept.consent()) == "xero_unreachable"
    told = []
    answer = kept.consent()
    try:
        world.engine.oauth.exchange(answer[0], state=Secret("another"), verifier=Secret("v" * 43))
    except XeroError as error:
        told = told_by(error)
    assert told
    assert set_up.come_back(*answer) == "connected"
    set_up.choose_organisation(ACCOUNT, organisation_id(), OWNER)
    return told


def _refresh_with_trouble(world: World) -> list[str]:
    """Refreshes that fail: Xero away, an answer that is cut, a seal that does not fit; then one that is well."""
    engine, told = world.engine, list[str]()
    grant = engine.set_up.connection(ACCOUNT).grant_id
    assert grant is not None
    for fault in ("http_503", "truncated_json"):
        world.fault(fault, method="POST", path="/connect/token")
        told += _failing(lambda: engine.tokens.force_refresh(grant, engine.grants.read(grant).token_version))
        with engine.store.cursor() as cursor:
            cursor.execute("UPDATE app.xero_grant SET refresh_lease_until = NULL")
    told += _failing(lambda: Grants(engine.store.cursor, Keyring({"test-1": b"x" * 32})).read(grant))
    told += _failing(lambda: Grants(engine.store.cursor, Keyring({"other": KEY})).read(grant))
    engine.tokens.force_refresh(grant, engine.grants.read(grant).token_version)
    return told


def _failing(attempt: Callable[[], object]) -> list[str]:
    try:
        attempt()
    except Exception as error:
        logging.getLogger("tests").exception("it failed")
        return told_by(error)
    raise AssertionError("it should have failed")


def test_no_secret_and_no_customers_word_leaks_anywhere(fresh: World) -> None:
    home = fresh.engine.settings.home
    with everything_logged(home) as log:
        leaks, told = full_run(fresh)
    held = fresh.in_xero()
    assert len(held) == 5, "the run was a real one"
    assert held[0]["LineItems"][0]["Description"] == CANARIES["description"], "and Xero was told"
    assert "delivery" in log.read_text(), "something was logged"
    assert len(told) > 10, "something was rung and raised"
    assert leaks.found_in(*told) == []
    mails = mails_below(home)
    assert sorted(_subject(mail) for mail in mails) == [
        "1 invoice waits: your Xero does not use EUR",
        "Xero is disconnected: as you asked for; 1 invoice waits",
    ], "mails were sent, and are kept where files are looked through"
    assert leaks.found_in(*mails) == []
    assert leaks.found_in(*files_below(home)) == []
    dump = dumped(fresh.engine.database_url)
    assert leaks.found_in(dump) == []
    whom = Leaks({"recipient": RECIPIENT})
    assert whom.found_in(dump, log.read_bytes(), *told) == [], "only the mails name whom"


def _subject(mail: bytes) -> str:
    return next(line for line in mail.decode().splitlines() if line.startswith("Subject: ")).removeprefix("Subject: ")


def test_the_scan_finds_what_is_planted_in_a_mail(fresh: World) -> None:
    fresh.set_up()
    fresh.engine.alert_recipients.change(ACCOUNT, OWNER, add=[RECIPIENT])
    planted = secrets.token_urlsafe(32)
    fresh.queue([canary_invoice(0, number=planted, currency="EUR")])
    fresh.work()
    post(fresh)
    home = fresh.engine.settings.home
    assert Leaks({"number": planted}).found_in(*mails_below(home)) == ["number"]
    assert Leaks({"number": planted, "whom": RECIPIENT}).found_in(*files_below(home)) == ["number", "whom"]
    assert Leaks(CANARIES).found_in(*mails_below(home), *files_below(home)) == []


def test_the_scan_finds_what_is_planted_wherever_it_is(fresh: World) -> None:
    home = fresh.engine.settings.home
    planted = {name: secrets.token_urlsafe(32) for name in ("text", "bytes", "json", "log", "file", "error", "away")}
    leaks = Leaks(planted)
    with everything_logged(home):
        logging.getLogger("anywhere").debug("says %s", planted["log"][5:20])
    (home / "spool").mkdir()
    (home / "spool" / "mail").write_bytes(base64.b64encode(b"to whom: " + planted["file"].encode()))
    with fresh.engine.store.cursor() as cursor:
        cursor.execute(
            "INSERT INTO app.idempotency (account_id, key, request_hash, answer) VALUES ('a', %s, '', %s::jsonb)",
            [planted["text"], msgspec.json.encode({"said": planted["json"]}).decode()],
        )
        cursor.execute(
            "INSERT INTO app.invoice_text VALUES (gen_random_uuid(), 1, 'a', %s)", [planted["bytes"].encode()]
        )
    assert leaks.found_in(dumped(fresh.engine.database_url)) == ["bytes", "json", "text"]
    assert leaks.found_in(*files_below(home)) == ["file", "log"]
    outer = ValueError("outer")
    outer.__cause__ = KeyError(planted["error"])
    assert leaks.found_in(*told_by(outer)) == ["error"]


SECRET = 'eyJ0b2tlbi+/=~ %&"\\ü-end of it'


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        SECRET[3:15],
        *(base64.b64encode(b"x" * shift + SECRET.encode()).decode() for shift in range(3)),
        *(base64.urlsafe_b64encode(b"x" * shift + SECRET.encode() + b"yy").decode() for shift in range(3)),
        base64.b64encode(SECRET.encode()[4:16]).decode(),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET),
    ],
)
def test_a_secret_is_found_however_it_is_written(written: str) -> None:
    assert Leaks({"it": SECRET}).found_in(f"before {written} after") == ["it"]


def test_what_merely_resembles_a_secret_is_not_found() -> None:
    assert Leaks({"it": SECRET}).found_in(SECRET[::-1], SECRET[:11], base64.b64encode(b"something else").decode()) == []
