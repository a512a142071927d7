"""The command that answers whether everything is in Xero."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from domain.money import Money
from domain.refusals import Fault, InvalidInput
from services.cli import console
from services.cli.complaints import EXIT_UNCLEAN
from services.completeness.books import Progress as Told
from services.completeness.report import BooksReport, Counted, Difference, MonthSum

MOST_SHOWN: Final = 50
"""Differences a person is shown; --json lists up to a thousand."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(books)


def books(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    first: Annotated[str | None, typer.Option("--from", help="the first month, such as 2026-03")] = None,
    last: Annotated[str | None, typer.Option("--to", help="the last month")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Is everything in Xero? Compare every invoice with Xero's books, by number, total, date and state.

    The answer is the first line; then sums by month, and every difference in words. Nothing is changed, neither here
    nor in Xero. Ends with 1 if the answer is no.
    """
    with console.engine(console.settings_with_xero()) as engine, _progress() as told:
        months = _month("--from", first), _month("--to", last)
        engine.projector.catch_up()
        report = engine.books(account, *months, told)
    if as_json:
        console.print_json(report)
    else:
        _show(report, console.out())
    if not report.everything_in_xero:
        raise typer.Exit(EXIT_UNCLEAN)


def _show(report: BooksReport, out: Console) -> None:
    out.print(report.answer, soft_wrap=True)
    if report.months:
        headings = ["month", "in Kyrios", "to be in Xero", "total", "in Xero", "total in Xero", ""]
        numbers = ["in Kyrios", "to be in Xero", "total", "in Xero", "total in Xero"]
        out.print()
        console.show(console.table(headings, [_row(month) for month in report.months], numbers=numbers), out)
    if report.differences:
        headings = ["invoice", "number", "total", "why"]
        out.print()
        rows = [_different(one) for one in report.differences[:MOST_SHOWN]]
        console.show(console.table(headings, rows, numbers=["total"]), out)
    if report.found > MOST_SHOWN:
        out.print(f"… and {report.found - MOST_SHOWN:,} more; --json lists up to a thousand.")
    out.print(f"\nAs of position {report.as_of}; {console.count(report.calls, 'call')} to Xero.")


def _row(month: MonthSum) -> tuple[object, ...]:
    same = month.expected == month.in_xero
    return (
        month.month,
        f"{month.accepted.invoices:,}",
        f"{month.expected.invoices:,}",
        _money(month.expected, month.currency),
        f"{month.in_xero.invoices:,}",
        _money(month.in_xero, month.currency),
        "" if same else _lacking(month),
    )


def _lacking(month: MonthSum) -> str:
    difference = month.expected.total - month.in_xero.total
    return f"differs by {Money(difference, month.currency)}"


def _different(one: Difference) -> tuple[object, ...]:
    total = "" if one.total is None else Money(one.total, one.currency)
    return one.kyrios_invoice_id or f"in Xero: {one.xero_invoice_id}", one.number, total, one.says


def _money(counted: Counted, currency: str) -> Money:
    return Money(counted.total, currency)


def _month(option: str, text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        month = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        month = None
    if month is None or f"{month:%Y-%m}" != text:
        raise InvalidInput(Fault(option, f"{text} is no month such as 2026-03"))
    return month


@contextmanager
def _progress() -> Iterator[Told]:
    """A line on standard error that tells the month at hand; only a terminal shows it."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,} seen in Xero"),
    )
    with Progress(*columns, console=console.errors(), transient=True, disable=not console.errors().is_terminal) as bar:
        task = bar.add_task("months", total=None)
        yield lambda month, shown: bar.update(task, description=month, completed=shown)
