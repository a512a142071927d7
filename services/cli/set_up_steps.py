"""The command that shows how far an account's set-up is, and what is still missing."""

from typing import Annotated, Final

import typer

from domain import connection as connections
from domain.set_up_steps import SetUpStep, set_up_steps
from domain.streams import connection_id
from services.cli import console
from services.cli.older_invoices import older_invoices_wait

COMMANDS: Final = {
    "connect": "connections connect",
    "organisation": "connections choose",
    "accounts": "connections accounts",
    "taxes": "taxes confirm",
    "watch": "status",
}
"""The command that goes on with each step."""


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    app.command()(steps)


def steps(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Show the steps of set-up, and of each what is still missing. Nothing is sent before they are done."""
    with console.engine() as engine:
        known = engine.store.load(connection_id(account), connections.evolve)
        older = older_invoices_wait(engine, account) if known is not None and not as_json else None
    found = set_up_steps(known)
    if as_json:
        console.print_json([{"step": one.name, "done": one.done, "missing": one.missing} for one in found])
        return
    rows = [(number, one.name, _said(one), _command(one, account)) for number, one in enumerate(found, start=1)]
    console.show(console.table(["", "step", "still missing", "command"], rows, numbers=[""]), console.out())
    if older:
        console.out().print(f"\n{older}", soft_wrap=True)


def _said(step: SetUpStep) -> str:
    return "\n".join(step.missing) or "done"


def _command(step: SetUpStep, account: str) -> str:
    return "" if step.done else f"kyrios-xero {COMMANDS[step.name]} {account}"
