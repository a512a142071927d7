"""Commands that show invoices: lists, and the story of one."""

from datetime import datetime
from shlex import quote
from typing import Annotated

import typer
from rich.console import Console

from domain import connection as connections
from domain.contact_matching import SETTLED_BY_LINKING
from domain.money import Money
from domain.next_steps import NOTHING_LEFT
from domain.streams import connection_id
from services.cli import console
from services.cli.choosing_books import what_helps
from services.views.invoice_listing import InvoiceInList, InvoiceListing, list_invoices
from services.views.invoice_question import Question
from services.views.invoice_story import InvoiceStory, tell

app = typer.Typer(help="Invoices: where they stand, and why.", no_args_is_help=True)

Account = Annotated[str, typer.Argument(help="the Kyrios account")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]


@app.command(name="list")
def show_list(
    account: Account,
    status: Annotated[str | None, typer.Option(help="only these: queued, waiting, blocked, synced, failed, …")] = None,
    cause: Annotated[str | None, typer.Option(help="only those with this cause, such as contact_missing")] = None,
    limit: Annotated[int, typer.Option(help="at most so many")] = 50,
    after: Annotated[str | None, typer.Option(help="the cursor the page before ended with")] = None,
    as_json: AsJson = False,
) -> None:
    """List invoices, the last accepted first."""
    with console.engine() as engine:
        listing = list_invoices(
            engine.read, Question(engine).explain_all, account, status=status, cause=cause, after=after, limit=limit
        )
    if as_json:
        console.print_json(listing)
    else:
        _render_list(listing, console.out())


@app.command()
def show(
    account: Account,
    invoice: Annotated[str, typer.Argument(help="the invoice's Kyrios id, or its number")],
    as_json: AsJson = False,
) -> None:
    """Tell all about one invoice: why it is not in Xero, who must act, what happens next, and its history."""
    with console.engine() as engine:
        story = tell(engine, engine.read, account, invoice)
        known = engine.store.load(connection_id(account), connections.evolve)
        helps = what_helps(known, [cause.code for cause in story.explanation.causes])
    if as_json:
        console.print_json(story)
    else:
        _render_story(story, helps, console.out())


def _render_list(listing: InvoiceListing, out: Console) -> None:
    rows = [_row(listing.account_id, one) for one in listing.invoices]
    if rows:
        console.show(console.table(["id", "number", "date", "total", "status", "why"], rows, numbers=["total"]), out)
    else:
        out.print("No invoice fits.")
    if listing.next_cursor:
        out.print(f"More: --after {listing.next_cursor}")
    out.print(f"As of position {listing.as_of}.")


def _row(account: str, one: InvoiceInList) -> tuple[object, ...]:
    invoice = one.invoice
    done = invoice.status == "synced" and one.next_step == NOTHING_LEFT
    told = {cause.code for cause in one.why}.intersection(SETTLED_BY_LINKING)
    asked = next((cause.key for cause in invoice.causes if cause.code in told), "")
    how = f" {_asks_who(account, asked)}" if asked else ""
    why = "" if done else f"{one.says}{how}"
    status = f"{invoice.status}, to be looked at" if invoice.reviews else invoice.status
    return invoice.kyrios_invoice_id, invoice.number, invoice.date, Money(invoice.total, invoice.currency), status, why


def _render_story(story: InvoiceStory, helps: str, out: Console) -> None:
    answer = story.explanation
    out.print(
        f"{story.number} ({story.kyrios_invoice_id}) of {story.date}, due {story.due_date}, contact "
        f"{story.kyrios_contact_id}: {Money(story.total, story.currency)}"
    )
    out.print(f"\n{answer.status}: {answer.sentence}")
    if answer.causes:
        out.print(f"Cause: {', '.join(cause.code for cause in answer.causes)}")
    out.print(f"Who must act: {', '.join(answer.who) or 'nobody'}")
    out.print(f"Next: {answer.next_step}")
    if any(cause.code in SETTLED_BY_LINKING for cause in answer.causes):
        out.print(_asks_who(story.account_id, story.kyrios_contact_id), soft_wrap=True)
    if helps:
        out.print(helps, markup=False, soft_wrap=True)
    out.print()
    rows = [(_time(step.at), step.actor, step.event, step.says) for step in story.timeline]
    console.show(console.table(["when (UTC)", "who", "what", "in words"], rows), out)
    _render_deliveries(story, out)
    out.print(f"\nAs of version {story.version} of its history.")


def _render_deliveries(story: InvoiceStory, out: Console) -> None:
    if story.entry is not None:
        out.print(f"\nEntry: {story.entry.kind}, {story.entry.state}, attempts: {story.entry.attempts}")
    if story.deliveries:
        rows = [
            (d.id, d.purpose, _time(d.created_at), d.http_status or "", d.outcome or "under way", d.entries)
            for d in story.deliveries
        ]
        headings = ["delivery", "for", "begun (UTC)", "HTTP", "outcome", "invoices"]
        out.print()
        console.show(console.table(headings, rows, numbers=["invoices"]), out)


def _asks_who(account: str, customer: str) -> str:
    """Where whoever must say who a customer is in Xero finds whom it may be, to be copied into a shell."""
    return f"Whom that may be in Xero: kyrios-xero contacts candidates {quote(account)} {quote(customer)}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
