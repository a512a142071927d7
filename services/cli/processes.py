"""The commands an installation runs: migrate the schema once, then any number of workers and tickers."""

import faulthandler
import os
import signal
import threading
from typing import Annotated, NoReturn

import typer

from services.cli import console
from services.cli.complaints import EXIT_CONFIGURATION
from services.key_file import keyring_of
from services.loop import ENDS_WITHIN
from services.migrations import migrate as bring_to_head
from services.running import TO_RECORD, ticking, until_told, working
from services.settings import Settings

WithParent = Annotated[bool, typer.Option("--with-parent", hidden=True, help="end when standard input ends")]
"""A process that another one starts for itself is given a pipe; it ends with whoever holds the other end."""

ENDING = "Ending: what is under way is finished first. A second signal ends it at once."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (migrate, worker, ticker, api):
        app.command()(command)


def migrate(as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False) -> None:
    """Bring the database to the schema this program needs."""
    with console.explained():
        settings = console.settings()
        if settings.database_url is None:
            why = "KYRIOS_XERO_DATABASE_URL is not set; the embedded database is migrated when it is used."
            console.end(why, EXIT_CONFIGURATION)
        before, now = bring_to_head(settings.database_url.reveal())
    if as_json:
        console.print_json({"before": before or None, "schema": now})
        return
    console.out().print("The database is at the newest schema.")


def worker(with_parent: WithParent = False) -> None:
    """Carry invoices to Xero: answer rings, and sweep for what was forgotten.

    SIGTERM or Ctrl-C finishes the calls under way and gives back what was not sent yet; a second one ends at once.
    """
    if with_parent:
        end_with_parent()
    with console.explained(), until_told(at_once=_end_at_once) as told:
        settings = console.settings()
        check_complete(settings)
        with console.engine(settings) as engine, working(engine):
            console.out().print(f"A worker runs with {console.count(settings.worker_threads, 'thread')}.")
            told.wait()
            console.out().print(ENDING)
            end_within(longest_end(settings))


def ticker() -> None:
    """Keep projections up to date, release what is no longer blocked, and read what Xero says.

    Of several, one does each of these things and the others stand by. Ends in order on SIGTERM, at once on a second.
    """
    with console.explained(), until_told(at_once=_end_at_once) as told:
        settings = console.settings()
        keyring_of(settings)
        with console.engine(settings) as engine, ticking(engine):
            console.out().print("A ticker runs.")
            told.wait()
            console.out().print(ENDING)
            end_within(longest_end(settings))


def longest_end(settings: Settings) -> float:
    """Seconds an end in order can take: a call under way, what it came to, and the loops one after another."""
    return settings.read_timeout + TO_RECORD + ENDS_WITHIN


def end_within(seconds: float) -> None:
    """However this process hangs from now on, it is over then: with code 1, and what each of its threads was doing."""
    faulthandler.dump_traceback_later(seconds, exit=True)


def _end_at_once() -> NoReturn:
    """Any process may end at any moment; that costs the wait for its leases, and no invoice."""
    os.write(2, b"Ended at once. What was under way is looked up when its lease has run out.\n")
    os._exit(0)


def api() -> None:
    """Serve what browsers see: the way to Xero's consent page and back. Ends in order on SIGTERM."""
    from services.web.server import web_serving

    with console.explained(), until_told() as told:
        settings = console.settings()
        check_complete(settings)
        with console.engine(settings) as engine, web_serving(engine) as address:
            console.out().print(f"Browsers find us at {address}.")
            told.wait()


def end_with_parent() -> None:
    """From now on, end in order as soon as standard input ends, as it does when its other end dies."""

    def wait() -> None:
        # Not through sys.stdin: its lock would be held when the interpreter shuts down.
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def check_complete(settings: Settings) -> None:
    """End with a sentence if a process that carries invoices lacks a setting it will need."""
    console.check_xero(settings)
    keyring_of(settings)
