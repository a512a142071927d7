"""The command about ledger accounts: what Xero offers, what it does not and why, and the choice."""

from typing import Annotated

import msgspec
import typer

from domain.event import Actor
from domain.ledger_account import XeroAccount
from services.cli import console
from services.set_up import why_not_offered

OWNER = Actor("owner", "cli")


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    app.command()(accounts)


def accounts(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    line: Annotated[str | None, typer.Option(help="code or id of the default account for lines")] = None,
    payment: Annotated[str | None, typer.Option(help="code or id of the default account for payments")] = None,
    also: Annotated[list[str] | None, typer.Option(help="a further account a line may name; may be repeated")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """List Xero's ledger accounts and why some are not offered; with --line, choose."""
    if line is None and (payment or also):
        console.end("Give --line as well: the accounts for lines and payments are chosen together.")
    with console.engine(console.settings_with_xero()) as engine:
        if line is not None:
            engine.set_up.choose_accounts(account, line=line, payment=payment, also=also or [], actor=OWNER)
        listed = engine.set_up.ledger_accounts(account) if line is None or as_json else ()
    if as_json:
        console.print_json([_account_json(one) for one in listed])
    elif line is not None:
        console.out().print("The accounts are chosen.")
    else:
        rows = [_account_row(one) for one in sorted(listed, key=lambda one: (not one.offered, one.code, one.name))]
        console.show(console.table(["code", "name", "type", "offered"], rows), console.out())


def _account_row(one: XeroAccount) -> tuple[str, ...]:
    offered = "yes" if one.offered else " ".join(why_not_offered(code) for code in one.not_offered)
    return one.code, one.name, one.type, offered


def _account_json(one: XeroAccount) -> dict[str, object]:
    return {**msgspec.structs.asdict(one), "not_offered": one.not_offered}
