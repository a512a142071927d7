"""The command that erases a Kyrios contact."""

from typing import Annotated

import typer
from rich.console import Console

from domain.event import Actor
from services.cli import console
from services.erasure.erase_contact import REASONS
from services.erasure.subject import Erasure

ADMIN = Actor("admin", "cli")


def register(app: typer.Typer) -> None:
    """Add the command to the group of contacts."""
    app.command()(erase)


def erase(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    contact: Annotated[str, typer.Argument(help="the Kyrios contact's id")],
    reason: Annotated[str, typer.Option(help=f"why; one of {', '.join(REASONS)}")],
    yes: Annotated[bool, typer.Option("--yes", help="do it without asking")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Erase everything personal that is kept of a contact, for good. What happened stays: events, amounts, hashes.

    Its name, e-mail and phone, the texts of its invoices and what was sent of them, Xero's words about them, and mails
    about them in the folder of this machine. Xero keeps its own contact, and whoever got a mail has it: ask there, too.
    What Kyrios sends of the contact from now on is kept anew.
    """
    with console.engine() as engine:
        if not yes:
            _preview(engine.erase_contact.preview(account, contact), console.errors())
            console.confirm("Erase this for good?")
        erased = engine.erase_contact(account, contact, reason, ADMIN)
    if as_json:
        console.print_json(erased)
        return
    done = f"{console.count(erased.texts, 'text')}, {console.count(erased.fragments, 'sent fragment')}"
    mails = f", {console.count(erased.mails, 'kept mail')}" if erased.mails else ""
    console.out().print(f"{contact} is erased: {done}, {console.count(erased.answers, 'answer')}{mails}.")


def _preview(erasure: Erasure, out: Console) -> None:
    merged = f" (with {', '.join(erasure.contacts[1:])}, merged into it)" if len(erasure.contacts) > 1 else ""
    out.print(f"Contact {erasure.contacts[0]} of {erasure.account_id}{merged}: name, e-mail, phone", soft_wrap=True)
    invoices = console.count(len(erasure.invoices), "invoice")
    out.print(f"Texts of {invoices}, and what was sent of them; amounts stay")
    if erasure.xero_contacts:
        out.print(f"What is kept of Xero contact {', '.join(erasure.xero_contacts)}", soft_wrap=True)
    if erasure.kept:
        out.print(f"Not touched, as it stands for others, too: Xero contact {', '.join(erasure.kept)}", soft_wrap=True)
