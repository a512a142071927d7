"""Queued → synced: the engine under a backlog, against a plain loop of Xero's own SDK on the same simulator."""

import threading
import time
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from services.intake import IssuedInvoice
from services.running import working
from tests.bench.counting import COUNTING, CountingConnection
from tests.bench.figures import Chapter, Figure
from tests.bench.ground import Ground
from tests.bench.stopwatch import Stopwatch
from tests.bench.timed_parts import timed_parts
from tests.world import ACCOUNT, World, contact_links, example_invoices, organisation_id

STEPS = ("claim", "  read and open", "HTTP", "record")
PATIENCE = 150.0


def measure(ground: Ground, invoices: int, by_sdk: int) -> Chapter:
    """Invoices per second of both, and where the engine's time goes."""
    watch, progress = Stopwatch(), _Progress(invoices)
    issued = example_invoices(invoices)
    with ground.world(timed_parts(watch, recorded=progress.more)) as world:
        sdk = sdk_loop(world, by_sdk)
        taking, carrying = _carry(world, issued, progress)
        sent = len(world.requests("PUT", "/Invoices")) - by_sdk
        assert len(world.in_xero()) == invoices + by_sdk, "each invoice of either is in the ledger, once"
    figures = [
        Figure(
            what="queued → synced",
            value=invoices / carrying,
            unit="invoices/s",
            baseline=sdk,
            against="SDK loop",
            least=300,
        ),
        Figure(what="taken on by the queue command", value=invoices / taking, unit="invoices/s"),
        Figure(what="invoices per request", value=invoices / sent, unit="invoices"),
        *_per_batch(ground),
    ]
    return Chapter(title="Throughput", figures=figures, remarks=_breakdown(watch, sent, carrying))


def sdk_loop(world: World, invoices: int) -> float:
    """Invoices per second of the SDK, one PUT for each, its hidden retries off."""
    from xero_python import accounting
    from xero_python.api_client import ApiClient
    from xero_python.api_client.configuration import Configuration
    from xero_python.api_client.oauth2 import OAuth2Token

    known = world.engine.set_up.connection(ACCOUNT)
    assert known.grant_id is not None
    token = world.engine.tokens.access_token(known.grant_id).secret.reveal()
    kept = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 1800,
        "expires_at": time.time() + 1800,
        "scope": list(world.engine.settings.scopes),
    }
    client = ApiClient(Configuration(oauth2_token=OAuth2Token(client_id="simulator-client")), pool_threads=1)
    client.rest_client.pool_manager.connection_pool_kw["retries"] = False
    client.oauth2_token_getter(lambda: kept)
    client.oauth2_token_saver(kept.update)
    books = accounting.AccountingApi(client, base_url=world.engine.settings.api_url + "/api.xro/2.0")
    contact = next(iter(contact_links().values()))
    began = time.perf_counter()
    for number in range(invoices):
        wanted = accounting.Invoices(invoices=[_sdk_invoice(accounting, number, contact)])
        answer = books.create_invoices(
            organisation_id(), wanted, summarize_errors=False, unitdp=4, idempotency_key=str(uuid4())
        )
        assert not answer.invoices[0].has_errors, answer.invoices[0].validation_errors
    seconds = time.perf_counter() - began
    client.rest_client.pool_manager.clear()
    return invoices / seconds


class _Progress:
    """How many entries were recorded, and the moment it was all of them."""

    def __init__(self, wanted: int) -> None:
        self._left, self._lock, self.reached = wanted, threading.Lock(), threading.Event()

    def more(self, entries: int) -> None:
        """So many more are recorded."""
        with self._lock:
            self._left -= entries
            if self._left <= 0:
                self.reached.set()


def _carry(world: World, issued: Sequence[IssuedInvoice], progress: _Progress) -> tuple[float, float]:
    """Seconds to take the invoices on, and from the first ring until the last is recorded."""
    engine = world.engine
    began = time.perf_counter()
    assert set(world.queue(issued)) == {"accepted"}
    taking = time.perf_counter() - began
    engine.ring = engine.doorbell.ring
    with working(engine):
        began = time.perf_counter()
        engine.ring(world.lane)
        assert progress.reached.wait(PATIENCE), "the backlog was not carried in time"
        carrying = time.perf_counter() - began
    with engine.store.cursor() as cursor:
        cursor.execute("SELECT count(*) AS done FROM app.outbox WHERE state = 'DONE'")
        assert cursor.fetchall() == [{"done": len(issued)}]
    return taking, carrying


def _per_batch(ground: Ground) -> list[Figure]:
    """Transactions and statements of one full batch, once everything is warm."""
    counts = CountingConnection.counts
    with ground.world(timed_parts(Stopwatch(), recorder=COUNTING)) as world:
        world.queue(example_invoices(100))
        world.engine.dispatcher.look_at(world.lane)
        counts.reset()
        world.engine.dispatcher.look_at(world.lane)
        assert len(world.in_xero()) == 100
    return [
        Figure(what="transactions per batch of 50", value=counts.transactions, unit="", most=4),
        Figure(what="statements per batch of 50", value=counts.statements, unit=""),
    ]


def _breakdown(watch: Stopwatch, batches: int, seconds: float) -> list[str]:
    remarks = [f"where the time goes, per batch ({batches} batches in {seconds:.2f} s, steps overlap between threads):"]
    for step in STEPS:
        remarks.append(f"  {step:<18} {watch.mean(step) * 1000:>8.1f} ms")
    rendering = sum(watch.laps("  render one")) / max(1, batches)
    remarks.append(f"  {'  render':<18} {rendering * 1000:>8.1f} ms")
    nothing = watch.laps("claim nothing")
    remarks.append(f"  {'looks in vain':<18} {sum(nothing) / max(1, batches) * 1000:>8.1f} ms ({len(nothing)} in all)")
    return remarks


def _sdk_invoice(accounting: Any, number: int, contact: str) -> Any:
    line = accounting.LineItem(
        description="Website design, home and range pages",
        quantity=Decimal(3),
        unit_amount=Decimal("120.00"),
        account_code="200",
        tax_type="OUTPUT2",
    )
    return accounting.Invoice(
        type="ACCREC",
        invoice_number=f"SDK-{number}",
        contact=accounting.Contact(contact_id=contact),
        line_items=[line],
        date=date(2026, 9, 1),
        due_date=date(2026, 9, 21),
        status="AUTHORISED",
    )
