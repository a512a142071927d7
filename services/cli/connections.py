"""Commands that connect an account to Xero and set it up, step by step."""

import sys
from getpass import getpass
from typing import Annotated

import msgspec
import typer

from adapters.vault.secret import Secret
from domain.event import Actor
from domain.ledger_account import XeroAccount
from services.cli import console, references
from services.set_up import why_not_offered

app = typer.Typer(help="Connect an account to Xero and set it up.", no_args_is_help=True)
references.register(app)
OWNER = Actor("owner", "cli")

Account = Annotated[str, typer.Argument(help="the Kyrios account")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]


@app.command()
def connect(
    account: Account,
    answer: Annotated[str | None, typer.Option(help="the address Xero sent the browser to")] = None,
) -> None:
    """Print the link to consent at Xero and take the address Xero sends the browser to."""
    out = console.out()
    with console.engine(console.settings_with_xero()) as engine:
        if answer is None:
            out.print("Open this link, agree, and paste the address you are sent to:\n")
            out.print(engine.set_up.begin_connect(account), soft_wrap=True)
            answer = _pasted()
        listed = engine.set_up.finish_connect(account, Secret(answer), OWNER)
        chosen = engine.set_up.connection(account).organisation_id
    if any(one.organisation_id == chosen for one in listed):
        out.print(f"Connected; invoices of {account} go to organisation {chosen} as before.")
    else:
        rows = [(one.organisation_id, one.name) for one in listed]
        out.print(f"Connected. Choose whose books these are: kyrios-xero connections choose {account} ORGANISATION")
        console.show(console.table(["organisation", "name"], rows), out)


@app.command()
def choose(account: Account, organisation: Annotated[str, typer.Argument(help="its id")]) -> None:
    """Choose the organisation whose books these are."""
    with console.engine(console.settings_with_xero()) as engine:
        engine.set_up.choose_organisation(account, organisation, OWNER)
    console.out().print(f"Invoices of {account} go to organisation {organisation}.")


@app.command()
def accounts(
    account: Account,
    line: Annotated[str | None, typer.Option(help="code or id of the default account for lines")] = None,
    payment: Annotated[str | None, typer.Option(help="code or id of the default account for payments")] = None,
    also: Annotated[list[str] | None, typer.Option(help="a further account a line may name; may be repeated")] = None,
    as_json: AsJson = False,
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


@app.command(name="set")
def change_setting(
    account: Account,
    name: Annotated[str, typer.Argument(help="sync_from or tax.gate")],
    value: Annotated[str, typer.Argument(help="a date for sync_from; all_active or used_on_invoice for tax.gate")],
) -> None:
    """Change a setting of the account, such as sync_from."""
    with console.engine() as engine:
        engine.set_up.change_setting(account, name, value, OWNER)
    console.out().print(f"{name} is {value}.")


@app.command()
def disconnect(account: Account) -> None:
    """End the connection. Mappings, contact links and the queue are kept."""
    with console.engine() as engine:
        ended = engine.set_up.disconnect(account, OWNER)
    console.out().print("Disconnected; your choices are kept." if ended else "It was not connected.")


def _pasted() -> str:
    """The address a person pastes, unseen since it holds a code; from a pipe, the first line."""
    try:
        given = getpass("\nAddress: ") if sys.stdin.isatty() else sys.stdin.readline()
    except EOFError:
        given = ""
    given = given.strip()
    if not given:
        console.end("No address was given; within ten minutes, repeat this with --answer ADDRESS.")
    return given


def _account_row(one: XeroAccount) -> tuple[str, ...]:
    offered = "yes" if one.offered else " ".join(why_not_offered(code) for code in one.not_offered)
    return one.code, one.name, one.type, offered


def _account_json(one: XeroAccount) -> dict[str, object]:
    return {**msgspec.structs.asdict(one), "not_offered": one.not_offered}
