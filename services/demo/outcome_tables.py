"""Two tables at the end of the story: what Xero holds, and what it does not hold, by cause."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from rich.console import Console

from domain.causes import CATALOGUE
from domain.counted import count
from domain.explain import Explanation
from domain.invoice import Invoice
from services.cli.console import show, table

FIRST: Final = 4
LAST: Final = 4
NAMED: Final = 3
KINDS: Final = ("wait", "refused", "voided")


def show_held(states: Sequence[Invoice], console: Console) -> None:
    """The first and the last of the invoices in Xero."""
    shown = [*states[:FIRST], *states[-LAST:]] if len(states) > FIRST + LAST else states
    rows = [_held(state) for state in shown]
    if len(states) > len(shown):
        rows.insert(FIRST, ("…", "", "", f"{len(states) - len(shown)} more", ""))
    console.print()
    headings = ["number", "date", "", "total", "Xero's id"]
    show(table(headings, rows, title=f"In Xero: {len(states)} invoices", numbers=["total"]), console)


def show_held_back(states: Sequence[Invoice], reasons: Callable[[Invoice], Explanation], console: Console) -> None:
    """The invoices that are not in Xero, grouped by what keeps them out."""
    by_cause: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for state in states:
        answer = reasons(state)
        why = " ".join(cause.words for cause in answer.causes) or answer.sentence
        by_cause[_kind(answer), why, ", ".join(answer.who)].append(state.document.number)
    causes = sorted(by_cause.items(), key=lambda found: KINDS.index(found[0][0]))
    rows = [(len(numbers), kind, _named(numbers), why, who) for (kind, why, who), numbers in causes]
    console.print()
    title = f"Not in Xero: {count(len(states), 'invoice')}, by cause"
    show(table(["", "", "numbers", "why, and what to do", "who acts"], rows, title=title, numbers=[""]), console)


def _kind(answer: Explanation) -> str:
    if answer.status == "voided":
        return "voided"
    refused = any(CATALOGUE[cause.code].standing == "failed" for cause in answer.causes)
    return "refused" if refused else "wait"


def _held(state: Invoice) -> tuple[str, str, str, str, str]:
    """As Xero holds it, which may be an earlier revision than Kyrios has."""
    document = state.as_of(state.synced_revision).document
    total = f"{document.totals.total:,.2f}"
    return document.number, str(document.date), document.currency, total, state.xero_invoice_id or ""


def _named(numbers: Sequence[str]) -> str:
    more = [f"{len(numbers) - NAMED} more"] if len(numbers) > NAMED else []
    return ", ".join([*numbers[:NAMED], *more])
