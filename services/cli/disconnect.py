"""The command that ends a connection."""

from typing import Annotated

import typer

from domain.event import Actor
from services.cli import console

OWNER = Actor("owner", "cli")


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    app.command()(disconnect)


def disconnect(account: Annotated[str, typer.Argument(help="the Kyrios account")]) -> None:
    """End the connection. Mappings, contact links and the queue are kept."""
    with console.engine() as engine:
        ended = engine.set_up.disconnect(account, OWNER)
    console.out().print("Disconnected; your choices are kept." if ended else "It was not connected.")
