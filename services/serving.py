"""`serve`: a whole engine in one process. Told nothing of Xero, it runs a simulated one and sets up an account."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from adapters.embedded_postgres.directory import make_directory
from domain import connection as connections
from domain.connection import Connection
from domain.streams import connection_id
from services import local_xero
from services.bootstrap import Engine, open_engine
from services.demo.alone import alone
from services.demo.processes import simulated_xero
from services.demo.simulated_owner import ACCOUNT, set_up_account
from services.mailing.post_office import folder_of
from services.running import ticking, working
from services.set_up import CALLBACK_PATH
from services.settings import Settings

BUSY: Final = "Another serve is running on this home; stop it, or set KYRIOS_XERO_HOME."


@contextmanager
def serving(settings: Settings, examples: Path, ports: tuple[int, int]) -> Iterator[list[str]]:
    """Everything runs for as long as the block; yields lines that say what runs where and what to try."""
    from services.web.server import web_serving

    with ExitStack() as running:
        lines: list[str] = []
        make_directory(settings.home)
        running.enter_context(alone(settings.home / "serve.lock", BUSY))
        if local_xero.is_wanted(settings):
            settings, lines = _with_simulator(running, settings, examples, ports)
        engine = running.enter_context(open_engine(settings))
        running.enter_context(ticking(engine))
        running.enter_context(working(engine))
        address = running.enter_context(web_serving(engine))
        if lines:
            _set_up_once(engine, settings, examples)
            lines += _what_to_try(engine, examples, settings)
        yield [*lines, f"Browsers come back from Xero to {address}.", "Running. Press Ctrl-C to stop."]


_ADDRESS: Final = "A simulated Xero runs at {api}; its control surface at {control}."


def _with_simulator(
    running: ExitStack, settings: Settings, examples: Path, ports: tuple[int, int]
) -> tuple[Settings, list[str]]:
    home = settings.home
    redirect = settings.browser_url + CALLBACK_PATH
    seed = examples / "xero-organisation.json"
    local = running.enter_context(simulated_xero(home, seed, redirect, home / "simulator.log", ports))
    local_xero.announce(home, local)
    running.callback(local_xero.withdraw, home)
    said = _ADDRESS.format(api=local.api_url, control=local.control_url)
    return local_xero.pointed_at(settings, local), [said]


def _set_up_once(engine: Engine, settings: Settings, examples: Path) -> None:
    """Set the account up unless that was ever done: what somebody disconnected since stays so."""
    local = local_xero.found(settings.home)
    known = _known(engine)
    if local is not None and (known is None or not known.opened_before):
        set_up_account(engine, local.control_url, examples)


def _known(engine: Engine) -> Connection | None:
    return engine.store.load(connection_id(ACCOUNT), connections.evolve)


def _what_to_try(engine: Engine, examples: Path, settings: Settings) -> list[str]:
    program = ".venv/bin/kyrios-xero"
    known = _known(engine)
    stands = "is connected to it" if known and known.gate_open else "sends nothing to it now"
    return [
        f"Account {ACCOUNT} {stands}. In another terminal, try:",
        f"    {program} invoices import {examples / 'invoices.ndjson'}",
        f"    {program} status",
        *([] if known and known.gate_open else [f"    {program} connections steps {ACCOUNT}"]),
        f"    {program} invoices list {ACCOUNT}",
        f"    {program} alerts list {ACCOUNT}",
        *([f"Its mails lie in {folder}."] if (folder := folder_of(settings)) else []),
    ]
