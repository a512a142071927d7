"""Commands that take invoices on, and try them again."""

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import BarColumn, Progress, TextColumn

from domain.event import Actor
from services.cli import console
from services.import_invoices import ImportReport, import_invoices

BACKEND = Actor("backend", "cli")
OWNER = Actor("owner", "cli")


def register(app: typer.Typer) -> None:
    """Add the commands to the group of invoices."""
    app.command(name="import")(import_file)
    app.command()(retry)


def import_file(
    file: Annotated[Path, typer.Argument(help="NDJSON, one invoice per line; - for standard input")],
    account: Annotated[str | None, typer.Option(help="the Kyrios account of lines that name none")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Take on a file of invoices. A bad line is reported with its number and reason and does not stop the rest."""
    if str(file) != "-" and not file.is_file():
        console.end(f"There is no file {file}.")
    with console.engine() as engine, _opened(file) as stream, _progress() as progress:
        task = progress.add_task("invoices", total=None, taken=0)

        def show(report: ImportReport) -> None:
            progress.update(task, taken=report.lines)

        report = import_invoices(stream, account, engine.queue_invoices, BACKEND, show)
    if as_json:
        console.print_json(report)
    else:
        _show(report)
    if report.not_taken:
        raise typer.Exit(console.EXIT_UNCLEAN)


def retry(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    invoice: Annotated[str, typer.Argument(help="the Kyrios invoice's id")],
) -> None:
    """Try a failed or blocked invoice again; everything is checked afresh."""
    with console.engine() as engine:
        queued = engine.retry_invoice(account, invoice, OWNER)
    console.out().print(f"{invoice} is queued again." if queued else f"{invoice} is queued already.")


def _show(report: ImportReport) -> None:
    out = console.out()
    out.print(
        f"{report.lines} lines: {len(report.accepted)} accepted, {len(report.known)} known already, "
        f"{len(report.not_taken)} not taken."
    )
    if report.not_taken:
        rows = [(one.line, one.invoice_id or "", "\n".join(one.reasons)) for one in report.not_taken]
        out.print(console.table(["line", "invoice", "why it was not taken"], rows))


def _opened(file: Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[taken]} lines"))
    return Progress(*columns, console=console.out(), transient=True, disable=not sys.stdout.isatty())
