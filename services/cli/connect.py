"""The command that connects an account to Xero."""

import sys
from getpass import getpass
from typing import Annotated

import typer

from adapters.vault.secret import Secret
from domain.event import Actor
from services.cli import console

OWNER = Actor("owner", "cli")


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    app.command()(connect)


def connect(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
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
