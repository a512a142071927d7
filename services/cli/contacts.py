"""Commands about contacts."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from domain.event import Actor
from domain.refusals import Fault, InvalidInput
from services.cli import console

app = typer.Typer(help="Which Xero contact stands for which Kyrios contact.", no_args_is_help=True)


class _Link(msgspec.Struct, forbid_unknown_fields=True):
    contact_id: str
    xero_contact_id: str


@app.callback()
def _group() -> None:
    """Which Xero contact stands for which Kyrios contact."""


@app.command()
def link(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    contact: Annotated[str | None, typer.Argument(help="the Kyrios contact's id")] = None,
    xero_contact: Annotated[str | None, typer.Argument(help="the Xero ContactID")] = None,
    file: Annotated[Path | None, typer.Option(help="NDJSON of contact_id and xero_contact_id")] = None,
) -> None:
    """Link one contact, or all of a file. Invoices that wait for one of them go by themselves."""
    if (file is None) == (contact is None or xero_contact is None):
        console.end("Give either a contact and its Xero contact, or --file.")
    with console.engine() as engine:
        links = _read(file) if file is not None else {contact or "": xero_contact or ""}
        linked = engine.contact_links.link(account, links, Actor("owner", "cli"))
    console.out().print(f"{linked} of {len(links)} links are new.")


def _read(file: Path) -> dict[str, str]:
    links = {}
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        console.end(f"{file} cannot be read: {error.strerror}")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one = msgspec.json.decode(line, type=_Link)
        except msgspec.MsgspecError as error:
            raise InvalidInput(Fault(f"/{number}", f"line {number} is no link: {error}")) from None
        links[one.contact_id] = one.xero_contact_id
    return links
