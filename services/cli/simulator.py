"""The command that starts the simulated Xero: the only place of the product that knows the simulator."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli import console

DEFAULT_REDIRECT = "http://localhost:8080/xero/callback"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulator)


def simulator(
    ledger: Annotated[Path, typer.Option(help="the file its books are kept in")] = Path("xero-simulator.sqlite"),
    port: Annotated[int, typer.Option(help="port of the API; 0: any free one")] = 8090,
    control_port: Annotated[int, typer.Option(help="port of the control surface; 0: any free one")] = 8091,
    seed: Annotated[Path | None, typer.Option(help="books to begin with, as JSON in Xero's shapes")] = None,
    redirect_uri: Annotated[list[str] | None, typer.Option(help="where consent may lead back to")] = None,
    rate_limits: Annotated[bool, typer.Option(help="enforce Xero's limits")] = True,
) -> None:
    """Run a simulated Xero on this machine."""
    from adapters.simulator.options import Behaviour, SimulatorOptions
    from adapters.simulator.server import run

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
    except (ValueError, OSError) as error:
        console.end(f"The simulator cannot start: {error}")
