"""The demo's stage: a home, a database, a simulated Xero, an engine and a worker process, all put away afterwards."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx
import msgspec

from adapters import virtual_clock
from adapters.embedded_postgres import Cluster
from adapters.embedded_postgres.directory import make_directory
from adapters.vault.secret import Secret
from domain import invoice as invoices
from domain.invoice import Invoice
from domain.invoice_payment import next_due
from domain.streams import invoice_stream
from services import local_xero
from services.bootstrap import Engine, configure_logging
from services.demo.alone import alone
from services.demo.breaking_off import BreakingOff
from services.demo.processes import CouldNotStart, WorkerProcess, simulated_xero
from services.demo.simulated_owner import ACCOUNT
from services.demo.ticker import Ticker
from services.key_file import keyring_of
from services.local_xero import LocalXero
from services.migrations import migrate
from services.set_up import CALLBACK_PATH
from services.settings import PREFIX, Settings

BUSY: Final = "Another demo is running on this home; wait for it, or set KYRIOS_XERO_HOME."
SETTLED: Final = frozenset({"synced", "blocked", "failed"})
LONGEST: Final = 90.0
LOOKS_EVERY: Final = 0.1
REDIRECT_URI: Final = "http://localhost:8080" + CALLBACK_PATH


@dataclass(frozen=True)
class Stage:
    """What the story plays on."""

    engine: Engine
    xero: LocalXero
    worker: WorkerProcess
    ticker: Ticker
    log: Path
    breaking_off: BreakingOff

    def plan_fault(self, kind: str, *, skip: int = 0) -> int:
        """Let one of the coming creations go wrong; returns the fault's id."""
        fault = {"kind": kind, "method": "PUT", "path": "/Invoices", "skip": skip}
        answer = httpx.post(f"{self.xero.control_url}/faults", json=fault, timeout=10)
        answer.raise_for_status()
        return int(answer.json()["id"])

    def fault_fired(self, fault: int, timeout: float = 20.0) -> bool:
        """Wait until a planned fault has struck."""
        asked: dict[str, str | float] = {"fault": fault, "fired": 1, "timeout": timeout}
        answer = httpx.get(f"{self.xero.control_url}/wait", params=asked, timeout=timeout + 5)
        return bool(answer.json()["reached"])

    def move_clocks(self, by: timedelta) -> None:
        """Let time pass at once, for the engine and for Xero."""
        moved = httpx.post(f"{self.xero.control_url}/clock", json={"advance_seconds": by.total_seconds()}, timeout=10)
        moved.raise_for_status()
        with self.engine.store.cursor() as cursor:
            virtual_clock.move(cursor, by)

    def catch_up(self) -> None:
        """Fold all that has happened into the projections, beside the ticker or in its place."""

        def folded() -> bool:
            self.engine.projector.catch_up()
            return self.engine.projector.position() >= self.engine.store.head()

        self.wait(folded)

    def invoices(self, invoice_ids: Sequence[str]) -> list[Invoice]:
        """What the engine knows of these invoices now."""
        streams = [invoice_stream(ACCOUNT, invoice_id) for invoice_id in invoice_ids]
        states = self.engine.store.load_many(streams, invoices.evolve)
        return [states[stream] for stream in streams]

    def until(self, done: Callable[[], bool]) -> None:
        """Wait for what the worker does. Raises CouldNotStart if it has ended, TimeoutError if this takes too long."""
        self.wait(lambda: done() or self._worker_ended())

    def wait(self, done: Callable[[], bool]) -> None:
        """Wait for something. Raises TimeoutError if it takes too long."""
        end = time.monotonic() + LONGEST
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"this took longer than {LONGEST:g} s; the log is {self.log}")
            self.breaking_off.check()
            time.sleep(LOOKS_EVERY)

    def _worker_ended(self) -> bool:
        if not self.worker.running():
            raise CouldNotStart(f"the worker ended by itself; its log is {self.log}")
        return False


@contextmanager
def set_stage(settings: Settings, examples: Path, breaking_off: BreakingOff) -> Iterator[Stage]:
    """Build the stage below the settings' home and put it away afterwards, whatever happened."""
    home = settings.home / "demo"
    make_directory(settings.home)
    with alone(settings.home / "demo.lock", BUSY):
        shutil.rmtree(home / "engine", ignore_errors=True)
        make_directory(home / "engine")
        log = home / "demo.log"
        log.write_text("")
        configure_logging("WARNING", log)
        cluster = Cluster(home / "postgres", bin_dir=settings.pg_bin)
        try:
            cluster.destroy()
            url = cluster.start()
            seed = examples / "xero-organisation.json"
            with simulated_xero(home / "engine", seed, REDIRECT_URI, log, whole=breaking_off.at_its_end) as xero:
                yield from _play(settings, home / "engine", url, xero, log, breaking_off)
        finally:
            breaking_off.leave_in_peace()
            cluster.destroy()
            for emptied in ("postgres", "engine"):
                shutil.rmtree(home / emptied, ignore_errors=True)


def _play(
    settings: Settings, home: Path, url: str, xero: LocalXero, log: Path, breaking_off: BreakingOff
) -> Iterator[Stage]:
    migrate(url)
    ours = local_xero.pointed_at(msgspec.structs.replace(settings, home=home, public_url="http://127.0.0.1:8080"), xero)
    ours = msgspec.structs.replace(ours, secret_keys=keyring_of(ours), database_url=Secret(url), clock="virtual")
    engine = Engine(ours, url)
    worker = WorkerProcess(_environment(ours), log, breaking_off.at_its_end)
    try:
        ticker = Ticker(engine)
        try:
            yield Stage(engine, xero, worker, ticker, log, breaking_off)
        finally:
            breaking_off.leave_in_peace()
            ticker.stop()
    finally:
        worker.stop()
        engine.close()


def _environment(settings: Settings) -> dict[str, str]:
    """The variables from which the worker process reads the same settings."""
    keys = ",".join(f"{named.key_id}:{named.key.reveal()}" for named in settings.secret_keys or ())
    values = {
        "DATABASE_URL": settings.database_url.reveal() if settings.database_url else "",
        "API_URL": settings.api_url,
        "IDENTITY_URL": settings.identity_url,
        "LOGIN_URL": settings.login_url,
        "CLIENT_ID": settings.client_id or "",
        "CLIENT_SECRET": settings.client_secret.reveal() if settings.client_secret else "",
        "SECRET_KEYS": keys,
        "HOME": str(settings.home),
        "PUBLIC_URL": settings.public_url,
        "READ_TIMEOUT": f"{settings.read_timeout:g}",
        "LEASE": f"{settings.lease:g}",
        "QUIET": f"{settings.quiet:g}",
        "SWEEP_INTERVAL": f"{settings.sweep_interval:g}",
        "CLOCK": settings.clock,
        "LOG_LEVEL": "WARNING",
    }
    return {PREFIX + name: value for name, value in values.items()}


def is_settled(state: Invoice) -> bool:
    """Whether nothing more happens to it by itself."""
    on_its_way = any(cause.code == "contact_pending" for cause in state.causes)
    return state.status in SETTLED and not on_its_way and next_due(state.payments) is None
