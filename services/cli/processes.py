"""The commands an installation runs: migrate the schema once, then any number of workers and tickers."""

import typer

from services.cli import console
from services.migrations import migrate as bring_to_head
from services.running import ticking, until_told, working


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (migrate, worker, ticker):
        app.command()(command)


def migrate() -> None:
    """Bring the database to the schema this program needs."""
    with console.explained():
        settings = console.settings()
        if settings.database_url is None:
            console.end("KYRIOS_XERO_DATABASE_URL is not set; the embedded database is migrated when it is used.")
        bring_to_head(settings.database_url.reveal())
    console.out().print("The database is at the newest schema.")


def worker() -> None:
    """Carry invoices to Xero: answer rings, and sweep for what was forgotten. Ends in order on SIGTERM."""
    with until_told() as told, console.engine() as engine, working(engine):
        told.wait()


def ticker() -> None:
    """Keep projections up to date and release what is no longer blocked. Ends in order on SIGTERM."""
    with until_told() as told, console.engine() as engine, ticking(engine):
        told.wait()
