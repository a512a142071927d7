"""Commands for people who decide about contacts: who might a customer be, cut a link, move one."""

from typing import Annotated

import typer

from domain.event import Actor
from services.cli import console, contact_flow
from services.contacts.candidates import Candidates

OWNER = Actor("owner", "cli")

AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]


def register(app: typer.Typer) -> None:
    """Add the commands to `contacts`."""
    for command in (candidates, unlink, move):
        app.command()(command)
    contact_flow.register(app)


def unlink(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    contact: Annotated[str, typer.Argument(help="the Kyrios contact's id")],
    as_json: AsJson = False,
) -> None:
    """Cut a contact's link. The two are not matched again by themselves; another match may be found, or made."""
    with console.engine() as engine:
        cut = engine.contact_links.unlink(account, contact, OWNER)
    if as_json:
        console.print_json({"contact_id": contact, "unlinked": cut})
        return
    console.out().print(f"{contact} is no longer linked." if cut else f"{contact} was not linked.")


def move(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    contact: Annotated[str, typer.Argument(help="the Kyrios contact that was merged into another")],
    into: Annotated[str, typer.Argument(help="the Kyrios contact it was merged into")],
    as_json: AsJson = False,
) -> None:
    """Let a link go with a contact that was merged into another in Kyrios; invoices that name the first follow."""
    with console.engine() as engine:
        xero_contact = engine.contact_links.move(account, contact, into, OWNER)
    if as_json:
        console.print_json({"contact_id": contact, "into": into, "xero_contact_id": xero_contact})
        return
    console.out().print(f"{into} is linked to Xero contact {xero_contact}; invoices to {contact} go there, too.")


def candidates(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    contact: Annotated[str, typer.Argument(help="the Kyrios contact's id")],
    as_json: AsJson = False,
) -> None:
    """Show which Xero contacts a customer might be, and by what they fit."""
    with console.engine() as engine:
        found = engine.contact_candidates(account, contact)
    if as_json:
        console.print_json(found)
    else:
        _show(found)


def _show(found: Candidates) -> None:
    who = ", ".join(text for text in (found.name, found.email) if text) or "no name is kept"
    console.out().print(f"{found.contact_id} ({who}): {found.says}", markup=False)
    rows = [
        (one.xero_contact_id, one.name, one.email, one.phone, one.status.lower(), ", ".join(one.fits_by))
        for one in found.candidates
    ]
    if rows:
        console.out().print(console.table(("Xero contact", "name", "e-mail", "phone", "status", "fits by"), rows))
    else:
        console.out().print("No contact in Xero fits.")
