"""The command about an account's settings."""

from typing import Annotated

import typer

from domain.event import Actor
from services.cli import console

OWNER = Actor("owner", "cli")


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    app.command(name="set")(change_setting)


def change_setting(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    name: Annotated[str, typer.Argument(help="sync_from or tax.gate")],
    value: Annotated[str, typer.Argument(help="a date for sync_from; all_active or used_on_invoice for tax.gate")],
) -> None:
    """Change a setting of the account, such as sync_from."""
    with console.engine() as engine:
        engine.set_up.change_setting(account, name, value, OWNER)
    console.out().print(f"{name} is {value}.")
