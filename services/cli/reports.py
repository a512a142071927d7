"""How a report on an action is shown: what happened to how many, and which invoices were refused."""

from typing import Final

from rich.console import Console

from services.actions.report import Handled, Report, Result
from services.cli import console

MOST_SHOWN: Final = 20
"""Invoices a person is shown one by one; --json lists all."""

_RESULT: Final[dict[Result, str]] = {"done": "done", "already": "nothing to do", "refused": "refused"}


def show_report(report: Report, out: Console) -> None:
    """Counts by what happened and why; then the invoices, those of a dry run, else those that were refused."""
    if not report.invoices:
        out.print("No invoice fits; nothing is to be done." if report.dry_run else "No invoice fits; nothing was done.")
        return
    if report.dry_run:
        out.print("This is what would be done; nothing was changed.")
    rows = [(_RESULT[count.result], count.why, f"{count.invoices:,}") for count in report.counts]
    console.show(console.table(["what", "why", "invoices"], rows, numbers=["invoices"]), out)
    told = [one for one in report.invoices if report.dry_run or one.result == "refused"]
    if not told:
        return
    out.print()
    console.show(console.table(["invoice", "number", "what", "why"], [_row(one) for one in told[:MOST_SHOWN]]), out)
    if len(told) > MOST_SHOWN:
        out.print(f"… and {len(told) - MOST_SHOWN:,} more; --json lists all.")


def _row(one: Handled) -> tuple[object, ...]:
    return one.invoice_id or one.asked, one.number, _RESULT[one.result], one.words
