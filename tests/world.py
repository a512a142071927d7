"""A whole world for one test: a simulated Xero, an engine on a database of its own, and an account that is set up.

The engine's parts may be swapped, its times are short, and nothing runs by itself: the test says what happens when.
"""

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
import msgspec

from adapters.simulator.options import Behaviour, SimulatorOptions
from adapters.simulator.server import Simulator
from adapters.vault.secret import Secret
from domain import invoice as invoices
from domain.event import Actor
from domain.invoice import Invoice
from domain.streams import connection_id, invoice_stream
from domain.tax import DeclaredTaxSet
from services.bootstrap import Engine, Parts
from services.intake import IssuedInvoice, read_invoice
from services.set_up.connecting import WayToXero
from services.set_up.consent_results import CONSENTED, Result
from services.settings import Settings, load_settings
from services.tax_sets_file import read_tax_sets

EXAMPLES = Path(__file__).parent.parent / "examples"
ACCOUNT = "harbour-vine"
OWNER = Actor("owner", "user-1")
BACKEND = Actor("backend")

REAL_PARTS = Parts()
KEYS = "test-1:" + base64.b64encode(b"k" * 32).decode()


class RunningXero(Protocol):
    """A simulated Xero, in this process or one of its own."""

    @property
    def api_url(self) -> str:
        """Where its API and its consent page answer."""

    @property
    def control_url(self) -> str:
        """Where its control surface answers."""


class World:
    """The simulator, the engine, and the shortest words for what tests do with them."""

    def __init__(self, xero: RunningXero, engine: Engine) -> None:
        self.xero, self.engine = xero, engine
        self.control = httpx.Client(base_url=xero.control_url, timeout=70)
        self.lane = connection_id(ACCOUNT)
        self.rung: list[Any] = []

    def fault(self, kind: str, **more: Any) -> int:
        """Plan a fault; returns its id."""
        answer = self.control.post("/faults", json={"kind": kind, **more})
        answer.raise_for_status()
        return int(answer.json()["id"])

    def refuse(self, said: dict[str, str]) -> None:
        """Have Xero refuse the invoices of these numbers in these words, and no others."""
        self.control.post("/options", json={"refusals": said}).raise_for_status()

    def wait_for_fault(self, fault: int, fired: int = 1, **more: Any) -> None:
        """Until a fault has fired so often."""
        asked = {"fault": fault, "timeout": 30} | (more or {"fired": fired})
        assert self.control.get("/wait", params=asked).json()["reached"]

    def in_xero(self) -> list[dict[str, Any]]:
        """The invoices Xero holds that came through its API."""
        held = self.control.get("/ledger/invoices").json()["invoices"]
        return [invoice for invoice in held if invoice["origin"] == "api"]

    def requests(self, method: str, path: str) -> list[dict[str, Any]]:
        """The API calls Xero has seen."""
        seen = self.control.get("/ledger/requests").json()["requests"]
        return [r for r in seen if r["method"] == method and path in r["path"]]

    def invoice(self, invoice_id: str) -> Invoice:
        """The invoice as the engine knows it."""
        state = self.engine.store.load(invoice_stream(ACCOUNT, invoice_id), invoices.evolve)
        assert state is not None
        return state

    def queue(self, issued: Sequence[IssuedInvoice]) -> list[str]:
        """Queue invoices; returns what became of each."""
        return [receipt.result for receipt in self.engine.queue_invoices(issued, BACKEND)]

    def work(self, rounds: int = 20) -> None:
        """Do all work that is due now, in this thread."""
        for _ in range(rounds):
            if not self.engine.dispatcher.look_at(self.lane):
                return
        raise AssertionError("there is always more work")

    def outbox(self) -> list[dict[str, Any]]:
        """The outbox, in order."""
        with self.engine.store.cursor() as cursor:
            return cursor.execute("SELECT * FROM app.outbox ORDER BY id").fetchall()

    def later(self, seconds: float) -> None:
        """Let time pass for the outbox and the lanes, without waiting for it."""
        with self.engine.store.cursor() as cursor:
            shift = {"by": f"{seconds} seconds"}
            cursor.execute(
                "UPDATE app.outbox SET due_at = due_at - %(by)s::interval,"
                " lease_until = lease_until - %(by)s::interval, created_at = created_at - %(by)s::interval,"
                " first_tried_at = first_tried_at - %(by)s::interval,"
                " searching_since = searching_since - %(by)s::interval",
                shift,
            )
            cursor.execute(
                "UPDATE app.delivery SET lease_until = lease_until - %(by)s::interval WHERE finished_at IS NULL", shift
            )
            mails = ("due_at", "asked_at", "rendered_at", "told_at", "lease_until", "first_tried_at", "closed_at")
            moved = ", ".join(f"{column} = {column} - %(by)s::interval" for column in mails)
            cursor.execute(f"UPDATE app.mail SET {moved}", shift)
            cursor.execute(
                "UPDATE app.mail_lane SET paused_until = paused_until - %(by)s::interval,"
                " taken_at = taken_at - %(by)s::interval",
                shift,
            )
            cursor.execute(
                "UPDATE app.lane SET paused_until = paused_until - %(by)s::interval,"
                " refilled_at = refilled_at - %(by)s::interval, window_over_at = window_over_at - %(by)s::interval,"
                " day_over_at = day_over_at - %(by)s::interval",
                shift,
            )
            cursor.execute("UPDATE app.clock_seen SET at = at - %(by)s::interval", shift)
            cursor.execute(
                "UPDATE app.whole_app SET paused_until = paused_until - %(by)s::interval,"
                " heard_at = heard_at - %(by)s::interval, probe_until = probe_until - %(by)s::interval",
                shift,
            )

    def leave_for_xero(self, account: str = ACCOUNT) -> WayToXero:
        """Begin a consent and open its link, as the owner's browser does."""
        way = self.engine.set_up.open_link(self.engine.set_up.invite(account, OWNER).ticket)
        assert isinstance(way, WayToXero)
        return way

    def answer_in_xero(self, way: WayToXero, *tenants: str, decision: str = "allow", **more: Any) -> Secret:
        """Decide on Xero's consent page; the address Xero sends the browser to."""
        asked = {"authorize_url": way.url.reveal(), "decision": decision} | more
        answer = self.control.post("/consent", json=asked | {"tenant_ids": list(tenants) or [organisation_id()]})
        answer.raise_for_status()
        return Secret(answer.json()["redirect"])

    def consent(self, *tenants: str, account: str = ACCOUNT, **more: Any) -> Result:
        """The whole way to Xero and back, for these organisations or the example's one; what came of it."""
        way = self.leave_for_xero(account)
        return self.engine.set_up.come_back(self.answer_in_xero(way, *tenants, **more), way.browser)

    def connect(self) -> None:
        """Give consent and choose the organisation."""
        assert self.consent() in CONSENTED
        self.engine.set_up.choose_organisation(ACCOUNT, organisation_id(), OWNER)

    def set_up(self, *, link: bool = True) -> None:
        """Connect, choose, declare, map and link, so that the gate is open."""
        self.connect()
        self.engine.set_up.change_setting(ACCOUNT, "sync_from", "2026-01-01", OWNER)
        self.set_up_rest(link=link)

    def set_up_rest(self, *, link: bool = True) -> None:
        """What is left to do once the organisation is chosen."""
        engine = self.engine
        engine.set_up.choose_accounts(ACCOUNT, line="200", payment=None, also=["260"], actor=OWNER)
        declared = declared_taxes()
        engine.set_up.declare_taxes(ACCOUNT, [d for d, _ in declared], BACKEND)
        for one, tax_type in declared:
            engine.set_up.map_tax(ACCOUNT, one.tax_set, tax_type, OWNER)
        if link:
            engine.contact_links.link(ACCOUNT, contact_links(), BACKEND)


def declared_taxes() -> list[tuple[DeclaredTaxSet, str]]:
    """The example's tax sets that have a Xero rate from the start, each with it."""
    declared = read_tax_sets((EXAMPLES / "taxes.json").read_bytes())
    return [(one, tax_type) for one, tax_type in declared if tax_type is not None]


def contact_links() -> dict[str, str]:
    """The example's contact links."""
    lines = (EXAMPLES / "contacts.ndjson").read_bytes().splitlines()
    decoded = [msgspec.json.decode(line) for line in lines]
    return {one["contact_id"]: one["xero_contact_id"] for one in decoded}


def organisation_id() -> str:
    """The example organisation's id."""
    books = msgspec.json.decode((EXAMPLES / "xero-organisation.json").read_bytes())
    return str(books["organisations"][0]["tenant_id"])


def example_invoices(count: int, start: int = 0) -> list[IssuedInvoice]:
    """Plain invoices that sync, each with its own id and number."""
    first = msgspec.json.decode((EXAMPLES / "invoices.ndjson").read_bytes().splitlines()[0])
    made = []
    for number in range(start, start + count):
        one = first | {
            "invoice_id": f"inv-{number}",
            "number": f"T-{number}",
            "url": f"https://app.kyrios.example/invoices/inv-{number}",
        }
        one.pop("command_id", None)
        made.append(read_invoice(msgspec.json.encode(one), default_account_id=ACCOUNT))
    return made


def settings_for(xero_url: str, database_url: str, home: Path, **more: str) -> Settings:
    """Settings of an engine on a simulator, with short times."""
    return load_settings(
        {
            "KYRIOS_XERO_DATABASE_URL": database_url,
            "KYRIOS_XERO_API_URL": xero_url,
            "KYRIOS_XERO_IDENTITY_URL": xero_url,
            "KYRIOS_XERO_LOGIN_URL": xero_url,
            "KYRIOS_XERO_CLIENT_ID": "simulator-client",
            "KYRIOS_XERO_CLIENT_SECRET": "simulator-secret",
            "KYRIOS_XERO_SECRET_KEYS": KEYS,
            "KYRIOS_XERO_HOME": str(home),
            "KYRIOS_XERO_READ_TIMEOUT": "3",
            "KYRIOS_XERO_LEASE": "8",
            "KYRIOS_XERO_QUIET": "3",
            "KYRIOS_XERO_CALLS_PER_MINUTE": "600000",
            "KYRIOS_XERO_SWEEP_INTERVAL": "1",
            **more,
        }
    )


@contextmanager
def simulated_xero(home: Path, **behaviour: Any) -> Iterator[Simulator]:
    """A simulator with the example's books, in this process."""
    options = SimulatorOptions(
        ledger=home / "xero.sqlite",
        port=0,
        control_port=0,
        seed=EXAMPLES / "xero-organisation.json",
        behaviour=Behaviour(rate_limits=False, **behaviour),
    )
    with Simulator(options) as xero:
        yield xero


@contextmanager
def world_on(
    xero: RunningXero, database_url: str, home: Path, parts: Parts = REAL_PARTS, **more: str
) -> Iterator[World]:
    """An engine on a simulator; rings are kept in `rung` and answered by nobody."""
    engine = Engine(settings_for(xero.api_url, database_url, home, **more), database_url, parts)
    world = World(xero, engine)
    engine.ring = world.rung.append
    try:
        yield world
    finally:
        world.control.close()
        engine.close()
