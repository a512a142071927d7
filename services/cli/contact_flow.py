"""Commands about the flow of contacts from Xero to Kyrios: read them now, and read the feed of what changed."""

import threading
from typing import Annotated, Final

import typer
from rich.console import Console

from domain.refusals import NotPossible
from domain.streams import connection_id
from services.bootstrap import Engine
from services.cli import console
from services.contacts.feed import FedContact, FeedPage
from services.contacts.import_standing import ContactImport, imports
from services.contacts.reader import Progress, unseen

PATIENCE: Final = 15.0
"""Seconds a command waits for calls to spare before it leaves the rest to the engine."""

Account = Annotated[str, typer.Argument(help="the Kyrios account")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]


def register(app: typer.Typer) -> None:
    """Add the commands to `contacts`."""
    app.command()(feed)
    app.command()(read)


def feed(
    account: Account,
    after: Annotated[int, typer.Option(help="the cursor the page before ended with; 0 for all contacts")] = 0,
    limit: Annotated[int, typer.Option(help="at most so many contacts")] = 1_000,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document per line; the last holds next_cursor")] = (
        False
    ),
) -> None:
    """Show which of Xero's contacts are new or changed, each as it is now, in the order of the changes."""
    with console.engine() as engine:
        page = engine.contact_feed(account, after, limit)
    if as_json:
        end = {"next_cursor": page.next_cursor, "more": page.more, "organisation_id": page.organisation_id}
        console.print_lines([*page.contacts, end])
    else:
        _show(page, console.out())


def read(account: Account, as_json: AsJson = False) -> None:
    """Read what is new among Xero's contacts now; the first time, all of them. Progress goes to standard error."""
    errors, pages = console.errors(), list[int]()

    def progress(page: int, contacts: int) -> None:
        pages.append(contacts)
        errors.print(f"page {page:,}: {console.count(sum(pages), 'contact')} read")

    with console.engine(console.settings_with_xero()) as engine:
        engine.projector.catch_up()
        found = read_contacts(engine, account, progress)
    if as_json:
        console.print_json({"account_id": account, "contacts": found})
    else:
        console.out().print(f"Contacts of {account}: {found.words}.")


def read_contacts(engine: Engine, account: str, progress: Progress = unseen) -> ContactImport:
    """Read an account's contacts at once; where their import stands then. NotPossible if they cannot be read now.

    Where a large import only lacks calls for a moment, it goes on as soon as there are some.
    """
    lane = connection_id(account)
    if lane not in imports(engine.store, engine.read):
        raise NotPossible(f"account {account} is not connected to an organisation, so there are no contacts to read")
    page = None
    while not engine.contact_reader.read(lane, progress):
        where = imports(engine.store, engine.read).get(lane)
        if where is None or where.paused_in is None or where.paused_in > PATIENCE or where.page == page:
            why = where.words if where else "the connection has ended"
            raise NotPossible(f"contacts cannot be read just now: {why}")
        page = where.page
        threading.Event().wait(where.paused_in + 0.1)
    return imports(engine.store, engine.read)[lane]


def _show(page: FeedPage, out: Console) -> None:
    headings = ("seq", "Xero contact", "name", "e-mail", "phone", "status")
    if page.contacts:
        console.show(console.table(headings, [_row(one) for one in page.contacts], numbers=["seq"]), out)
    else:
        out.print("Nothing is new.")
    out.print(f"{'More' if page.more else 'Next time'}: --after {page.next_cursor}")


def _row(one: FedContact) -> tuple[object, ...]:
    status = f"merged into {one.merged_to}" if one.merged_to else one.status.replace("_", " ")
    return one.seq, one.xero_contact_id, "[erased]" if one.erased else one.name, one.email, one.phone, status
