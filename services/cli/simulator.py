"""The command that starts the simulated Xero: the only place of the product that knows the simulator."""

import errno
import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from services.cli import console
from services.cli.processes import WithParent, end_with_parent

DEFAULT_REDIRECT = "http://localhost:8080/xero/callback"
Port = Annotated[int, typer.Option(min=0, max=65535, help="port of the API; 0: any free one")]
ControlPort = Annotated[int, typer.Option(min=0, max=65535, help="port of the control surface; 0: any free one")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulator)


def simulator(
    ledger: Annotated[Path, typer.Option(help="the file its books are kept in")] = Path("xero-simulator.sqlite"),
    port: Port = 8090,
    control_port: ControlPort = 8091,
    seed: Annotated[Path | None, typer.Option(help="books to begin with, as JSON in Xero's shapes")] = None,
    redirect_uri: Annotated[list[str] | None, typer.Option(help="where consent may lead back to")] = None,
    rate_limits: Annotated[bool, typer.Option(help="enforce Xero's limits")] = True,
    with_parent: WithParent = False,
) -> None:
    """Run a simulated Xero on this machine."""
    from adapters.simulator.options import Behaviour, SimulatorOptions
    from adapters.simulator.server import run

    if with_parent:
        end_with_parent()
    try:
        run(
            SimulatorOptions(
                ledger=ledger,
                port=port,
                control_port=control_port,
                seed=seed,
                redirect_uris=tuple(redirect_uri or (DEFAULT_REDIRECT,)),
                behaviour=Behaviour(rate_limits=rate_limits),
            )
        )
    except OSError as error:
        console.end(f"The simulator cannot start: {_why(error, port, control_port)}.")
    except (ValueError, sqlite3.Error) as error:
        console.end(f"The simulator cannot start: {error} (ledger {ledger}).")


def _why(error: OSError, port: int, control_port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} or {control_port} is in use; choose others with --port and --control-port"
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
