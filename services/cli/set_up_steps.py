"""The command that shows how far an account's set-up is, and what is still missing."""

from typing import Annotated, Any, Final

import typer

from domain import connection as connections
from domain.connection import Connection
from domain.set_up_steps import SetUpStep, set_up_steps
from domain.streams import connection_id
from services.cli import console
from services.cli.choosing_books import ways_to_choose
from services.cli.nobody_told import nobody_told
from services.cli.older_invoices import older_invoices_wait
from services.cli.tax_steps import Left, next_commands
from services.mailing.reach import Reach, reach_of

COMMANDS: Final = {
    "connect": "connections connect {account}",
    "organisation": "connections organisations {account}",
    "accounts": "connections accounts {account}",
    "taxes": "taxes confirm {account}",
    "watch": "status {account}",
}
"""The command that goes on with each step."""
DECLARE: Final = "taxes declare {account} FILE"
"""The one that comes before taxes can be mapped."""


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
        left = engine.set_up.taxes_left(account) if known is not None else None
        reach = reach_of(engine.store).get(account, Reach())
        tells = known is not None and not engine.store.is_copy
    found, nobody = set_up_steps(known), nobody_told(account, reach) if tells else None
    if as_json:
        console.print_json([_as_json(one, nobody) for one in found])
        return
    rows = [
        (number, one.name, _said(one), _command(one, account, known, left)) for number, one in enumerate(found, start=1)
    ]
    console.show(console.table(["", "step", "still missing", "command"], rows, numbers=[""]), console.out())
    if known is not None and all(one.done for one in found):
        console.out().print(f"All is set up: invoices dated {known.sync_from} or later go to Xero by themselves.")
    for remark in (nobody, older):
        if remark:
            console.out().print(f"\n{remark}", soft_wrap=True)


def _as_json(step: SetUpStep, nobody: str | None) -> dict[str, Any]:
    """A step; whoever watches needs to know that mails reach nobody, which keeps no invoice from going."""
    shown = {"step": step.name, "done": step.done, "missing": step.missing}
    return shown | ({"remark": nobody} if step.name == "watch" and nobody else {})


def _said(step: SetUpStep) -> list[str]:
    return list(step.missing) or ["done"]


def _command(step: SetUpStep, account: str, known: Connection | None, left: Left | None) -> list[str]:
    if step.done:
        return []
    if step.name == "organisation" and (ways := ways_to_choose(known)):
        return ways
    if step.name == "taxes" and left is not None and known is not None and known.declared is not None:
        return next_commands(account, left) or [f"kyrios-xero taxes list {account}"]
    declared = known is not None and known.declared is not None
    command = COMMANDS[step.name] if declared or step.name != "taxes" else DECLARE
    return [f"kyrios-xero {command.format(account=account)}"]
