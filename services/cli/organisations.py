"""Commands about organisations: which one an account's invoices go to."""

from typing import Annotated

import typer

from domain.event import Actor
from services.cli import console

OWNER = Actor("owner", "cli")


def register(app: typer.Typer) -> None:
    """Add the commands to the group of connections."""
    app.command()(choose)


def choose(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    organisation: Annotated[str, typer.Argument(help="its id")],
) -> None:
    """Choose the organisation whose books these are."""
    with console.engine(console.settings_with_xero()) as engine:
        engine.set_up.choose_organisation(account, organisation, OWNER)
    console.out().print(f"Invoices of {account} go to organisation {organisation}.")
