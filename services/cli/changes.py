"""The command that says what changed of an account's invoices and its connection, for the backend to follow."""

from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from services.cli import console
from services.views.changes import ChangePage, ConnectionChange, InvoiceChange, changes_of
from services.views.invoice_question import Question
from services.views.organisation_names import organisation_names


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(changes)


def changes(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    after: Annotated[str, typer.Option(help="the cursor the page before ended with; 0 for all there is")] = "0",
    limit: Annotated[int, typer.Option(help="at most so many")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document per line; the last holds next_cursor")] = (
        False
    ),
) -> None:
    """Show which invoices changed, and whether the connection did, each as it is now, in the order of the log."""
    with console.engine() as engine:
        said, names = Question(engine).xero_said, partial(organisation_names, engine.store)
        page = changes_of(engine.read, engine.store.head(), account, after, limit, said, names)
    if as_json:
        end = {"next_cursor": page.next_cursor, "more": page.more, "as_of": page.as_of}
        console.print_lines([*page.changes, end])
    else:
        _show(page, console.out())


def _show(page: ChangePage, out: Console) -> None:
    if page.changes:
        headings = ("cursor", "when (UTC)", "what", "state", "in words")
        console.show(console.table(headings, [_row(one) for one in page.changes], numbers=["cursor"]), out)
    else:
        out.print("Nothing is new.")
    out.print(f"{'More' if page.more else 'Next time'}: --after {page.next_cursor}")


def _row(one: InvoiceChange | ConnectionChange) -> tuple[object, ...]:
    what = "connection" if isinstance(one, ConnectionChange) else f"{one.number} ({one.kyrios_invoice_id})"
    return one.cursor, f"{one.changed_at:%Y-%m-%d %H:%M:%S}", what, one.state, one.words
