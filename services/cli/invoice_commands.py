"""Commands that take invoices on, and revisions of them."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from domain.event import Actor
from services.bootstrap import Engine
from services.cli import console
from services.cli.complaints import EXIT_INTERRUPTED, EXIT_UNCLEAN
from services.import_invoices import ImportReport, import_invoices
from services.queue_invoices import Take

BACKEND = Actor("backend", "cli")
MOST_SHOWN: Final = 20
"""Lines that were not taken that a person is shown; --json lists all."""
NO_ACCOUNT: Final = "/account_id: is missing"


def register(app: typer.Typer) -> None:
    """Add the commands to the group of invoices."""
    app.command(name="import")(import_file)
    app.command()(revise)


def import_file(
    file: Annotated[Path, typer.Argument(help="NDJSON, one invoice per line; - for standard input")],
    account: Annotated[str | None, typer.Option(help="the Kyrios account of lines that name none")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Take on a file of invoices. A bad line is reported with its number and reason and does not stop the rest."""
    with _engine(file) as (stream, engine):
        _take_on(stream, account, engine.queue_invoices, as_json)


def revise(
    file: Annotated[Path, typer.Argument(help="NDJSON, one whole invoice with its revision per line; - for input")],
    account: Annotated[str | None, typer.Option(help="the Kyrios account of lines that name none")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would be taken on, and change nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Take on newer revisions of invoices that were taken on before; each replaces the whole invoice."""
    with _engine(file) as (stream, engine):
        take = engine.revise_invoices.rehearsal() if dry_run else engine.revise_invoices
        _take_on(stream, account, take, as_json, dry_run=dry_run)


@contextmanager
def _engine(file: Path) -> Iterator[tuple[BinaryIO, Engine]]:
    with console.explained(), _opened(file) as stream, console.engine() as engine:
        yield stream, engine


def _take_on(stream: BinaryIO, account: str | None, take: Take, as_json: bool, *, dry_run: bool = False) -> None:
    with _progress() as progress:
        task = progress.add_task("reading", total=None, lines=0)
        try:
            report = import_invoices(
                stream, account, take, BACKEND, lambda so_far: progress.update(task, lines=so_far.lines)
            )
        except KeyboardInterrupt:
            kept = (
                "Nothing was changed." if dry_run else "What was taken on is kept; import the file again for the rest."
            )
            console.end(f"Stopped. {kept}", EXIT_INTERRUPTED)
    report.dry_run = dry_run
    if as_json:
        console.print_json(report)
    else:
        _show(report, account)
    if report.not_taken:
        raise typer.Exit(EXIT_UNCLEAN)


def _show(report: ImportReport, account: str | None) -> None:
    out = console.out()
    if not report.lines:
        out.print("The file holds no line, so nothing was taken on.")
        return
    if report.dry_run:
        out.print("This is what would be done; nothing was changed.")
    would = "would be " if report.dry_run else ""
    out.print(
        f"{console.count(report.lines, 'line')}: {len(report.accepted):,} {would}accepted, {len(report.known):,} known "
        f"already, {len(report.not_taken):,} not taken."
    )
    if not report.not_taken:
        return
    rows = [(one.line, one.invoice_id or "", list(one.reasons)) for one in report.not_taken[:MOST_SHOWN]]
    console.show(console.table(["line", "invoice", "why it was not taken"], rows, numbers=["line"]), out)
    if len(report.not_taken) > MOST_SHOWN:
        out.print(f"… and {len(report.not_taken) - MOST_SHOWN:,} more; --json lists all.")
    if account is None and any(NO_ACCOUNT in one.reasons for one in report.not_taken):
        out.print("Lines that name no account are taken with --account ACCOUNT.")
    if not report.accepted and not report.known and not report.dry_run:
        out.print("Nothing was taken on. A file of invoices has one JSON object on each line.")


def _opened(file: Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb")


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[lines]:,} lines"))
    return Progress(*columns, console=console.errors(), transient=True, disable=not sys.stderr.isatty())
