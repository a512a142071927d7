"""The command that reads anew what Xero says ("Check again")."""

from typing import Annotated, Final

import typer

from domain.causes import words
from domain.connection import Connection
from domain.streams import connection_id
from services.cli import console
from services.contacts.import_standing import imports

_NOTHING_CHOSEN: Final = "Nothing of it is chosen yet; what comes next: kyrios-xero connections steps {account}"


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    app.command()(refresh)


def refresh(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Check again: read accounts, rates, currencies, lock dates and contacts now, and let go what is free."""
    with console.engine() as engine:
        engine.projector.catch_up()
        found = engine.references.refresh(account)
        engine.contact_reader.read(connection_id(account))
        known = engine.set_up.connection(account)
        contacts = imports(engine.store, engine.read).get(connection_id(account))
    said = [words(cause) for cause in found.drifted]
    if as_json:
        console.print_json({"released": found.released, "drifted": found.drifted, "words": said, "contacts": contacts})
        return
    out = console.out()
    out.print(f"Xero was read again. {_verdict(account, known, qualifies=not said)}", soft_wrap=True)
    for sentence in said:
        out.print(f"  {sentence}", markup=False)
    if contacts is not None:
        out.print(f"Contacts: {contacts.words}.")
    if found.released:
        goes = "invoice that waited goes" if found.released == 1 else "invoices that waited go"
        out.print(f"{found.released:,} {goes} to Xero now.")


def _verdict(account: str, known: Connection, *, qualifies: bool) -> str:
    if not qualifies:
        return "Not everything qualifies:"
    chosen = known.default_line or known.mappings
    return "Everything chosen qualifies." if chosen else _NOTHING_CHOSEN.format(account=account)
