"""Commands for auditors: exports of the history, their replay elsewhere, and what was sent."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, cast, get_args

import typer
from rich.progress import BarColumn, Progress, TextColumn

from services.audit.export import Format
from services.audit.import_export import import_export
from services.audit.sent import SentDelivery
from services.cli import console
from services.cli.complaints import EXIT_UNCLEAN

app = typer.Typer(help="For auditors: the history as a file, and what was sent.", no_args_is_help=True)

Account = Annotated[str, typer.Argument(help="the Kyrios account")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]
_MOMENT = "a day (to its end, UTC), a moment, or a log position"


@app.callback()
def _group() -> None:
    """For auditors: the history as a file, and what was sent."""


@app.command()
def export(
    account: Account,
    to: Annotated[Path, typer.Option("--to", help="the file to write")],
    form: Annotated[str, typer.Option("--format", help="ndjson, which can be replayed, or csv")] = "ndjson",
    since: Annotated[str | None, typer.Option("--from", help=f"only what was recorded later: {_MOMENT}")] = None,
    until: Annotated[str | None, typer.Option(help=f"only what was recorded up to then: {_MOMENT}")] = None,
    event: Annotated[list[str] | None, typer.Option(help="only events of this type; may be repeated")] = None,
    invoice: Annotated[list[str] | None, typer.Option(help="only this invoice, by its Kyrios id; may be repeated")] = (
        None
    ),
    force: Annotated[bool, typer.Option("--force", help="write over a file that is there")] = False,
    as_json: AsJson = False,
) -> None:
    """Write an account's events into a file. Free text is not in it, only the word "sealed" where there is some.

    The last line of NDJSON holds the number of events and the SHA-256 of all lines before it. In CSV no cell is taken
    for a formula by a spreadsheet.
    """
    if form not in get_args(Format):
        console.end(f"There is no format {form}; there are: {', '.join(get_args(Format))}.")
    if to.exists() and not force:
        console.end(f"{to} is there already; write over it with --force.")
    with console.engine() as engine, _progress("events") as progress:
        done = engine.export(
            account,
            to,
            cast(Format, form),
            since=since,
            until=until,
            events=tuple(event or ()),
            invoices=tuple(invoice or ()),
            progress=progress,
        )
    if as_json:
        console.print_json(done)
        return
    out = console.out()
    out.print(f"{console.count(done.events, 'event')} of {account} in {to}, positions {done.first} to {done.last}.")
    out.print(f"SHA-256 {done.sha256}")


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="an export in NDJSON")],
    into_empty: Annotated[str, typer.Option("--into-empty", help="the address of an empty PostgreSQL database")],
    as_json: AsJson = False,
) -> None:
    """Replay an export into an empty database, to look at its states with replay, invoices and status.

    A file that was changed, lacks something or holds only a choice is refused. Nothing is ever sent from there.
    """
    with console.explained(), _progress("events") as progress:
        head, end = import_export(file, into_empty, lambda stored: progress(stored, None))
    if as_json:
        console.print_json({"account_id": head.account_id, "events": end.events, "first": end.first, "last": end.last})
        return
    out = console.out()
    out.print(f"{console.count(end.events, 'event')} of {head.account_id}, up to position {end.last}, and intact.")
    out.print(
        "Look at it with KYRIOS_XERO_DATABASE_URL set to that database: kyrios-xero verify, replay, invoices, status.\n"
        "No keys are needed there; what is sealed shows as [sealed], and every change is refused.",
        soft_wrap=True,
    )


@app.command()
def deliveries(
    account: Account,
    invoice: Annotated[str | None, typer.Option(help="only those about this invoice, by its Kyrios id")] = None,
    since: Annotated[str | None, typer.Option("--from", help="only those begun later than this day or moment")] = None,
    until: Annotated[str | None, typer.Option(help="only those begun up to this day or moment")] = None,
    limit: Annotated[int, typer.Option(help="at most so many, the newest first")] = 50,
    contents: Annotated[bool, typer.Option("--bytes", help="show what exactly was sent, unless it was erased")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what was sent to Xero and what it answered; the bytes are compared with the hashes kept before.

    Ends with 1 if any bytes do not have their hash.
    """
    with console.engine() as engine:
        sent = engine.sent(account, invoice, since=since, until=until, limit=limit, contents=contents)
    if as_json:
        console.print_json(sent)
    else:
        _show(sent)
    if not all(one.intact for one in sent):
        raise typer.Exit(EXIT_UNCLEAN)


def _show(sent: Sequence[SentDelivery]) -> None:
    out = console.out()
    if not sent:
        out.print("Nothing was sent.")
    for one in sent:
        status = f"HTTP {one.http_status}, " if one.http_status else ""
        out.print(f"{one.begun_at:%Y-%m-%d %H:%M:%S} {one.purpose} {one.kind}: {status}{one.says}")
        out.print(f"  key {one.id}, Xero's id {one.xero_correlation_id or 'none'}", soft_wrap=True)
        if one.body_sha256:
            out.print(f"  body SHA-256 {one.body_sha256} {one.body}", soft_wrap=True)
        for part in one.parts:
            out.print(f"  {part.about}, attempt {part.attempt}, HMAC {part.hash} {part.standing}", soft_wrap=True)
            if part.came_of_it:
                out.print(f"    {part.came_of_it}", soft_wrap=True)
            if part.content is not None:
                out.print(f"    {part.content}", soft_wrap=True)


@contextmanager
def _progress(noun: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on standard error; only a terminal shows it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"))
    with Progress(*columns, console=console.errors(), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(noun, total=None)
        yield lambda reached, end: bar.update(task, completed=reached, total=end)
