"""The command that lists what accounts left in Xero and Xero has not confirmed to be gone."""

from typing import Annotated

import typer

from services.cli import console
from services.views.removals import removals_of, removals_of_all


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    app.command()(removals)


def removals(
    account: Annotated[str | None, typer.Argument(help="the Kyrios account; all if left out")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """List what is being removed in Xero because an account left it, and what Xero never answered about."""
    with console.engine() as engine:
        if account is None:
            found = removals_of_all(engine.store)
        else:
            found = removals_of(engine.store, engine.set_up.connection(account))
    if as_json:
        console.print_json(found)
        return
    if not found:
        console.out().print("Nothing waits to be removed in Xero.")
    for one in found:
        console.out().print(f"{one.account_id}: {one.words}", soft_wrap=True)
