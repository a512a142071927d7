"""What comparing both books came to: sums by month and currency, every difference in words, the answer in one line."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, Literal

import msgspec

from domain.money import Money

Kind = Literal["not_in_xero", "gone_in_xero", "differs", "still_stands", "twice", "unknown_here"]
MOST_DIFFERENCES: Final = 1_000
NOT_TO_BE_THERE: Final = ("voided", "dismissed")
"""States in which an invoice need not be in Xero."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A number of invoices and their total in one currency."""

    invoices: int = 0
    total: Decimal = Decimal(0)

    def plus(self, amount: Decimal) -> "Counted":
        """With one more invoice."""
        return Counted(invoices=self.invoices + 1, total=self.total + amount)


class MonthSum(msgspec.Struct, frozen=True, kw_only=True):
    """One month and currency, by the dates of Kyrios's invoices.

    `accepted` are all of Kyrios's, also by their state in `by_status`; `expected` those of them that should be in
    Xero, `in_xero` those of them that stand there, with Xero's own totals.
    """

    month: str
    currency: str
    accepted: Counted
    by_status: dict[str, Counted]
    expected: Counted
    in_xero: Counted


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One invoice that is not in Xero as it is in Kyrios. `kyrios_invoice_id` is None where Kyrios knows of none."""

    kind: Kind
    month: str
    kyrios_invoice_id: str | None
    number: str
    currency: str
    total: Decimal | None
    status: str | None
    causes: tuple[str, ...]
    xero_invoice_id: str | None
    says: str


class BooksReport(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `found` counts all differences, of which the first thousand are kept; `as_of` is the log's position.

    `calls` were made to Xero for it.
    """

    account_id: str
    everything_in_xero: bool
    answer: str
    as_of: int
    months: tuple[MonthSum, ...]
    found: int
    differences: tuple[Difference, ...]
    calls: int


def answered(
    account_id: str, as_of: int, span: str, months: Sequence[MonthSum], found: dict[Kind, int],
    differences: Sequence[Difference], calls: int,
) -> BooksReport:  # fmt: skip
    """The report with its answer."""
    return BooksReport(
        account_id=account_id,
        everything_in_xero=not sum(found.values()),
        answer=_answer(span, months, found),
        as_of=as_of,
        months=tuple(months),
        found=sum(found.values()),
        differences=tuple(differences),
        calls=calls,
    )


def span_of(first: dt.date, last: dt.date) -> str:
    """The months from one to another in words: March 2026, March–May 2026, November 2025–March 2026."""
    if (first.year, first.month) == (last.year, last.month):
        return f"{last:%B %Y}"
    return f"{first:%B}–{last:%B %Y}" if first.year == last.year else f"{first:%B %Y}–{last:%B %Y}"


def _answer(span: str, months: Sequence[MonthSum], found: dict[Kind, int]) -> str:
    expected = sum(month.expected.invoices for month in months)
    beside = _beside(months)
    if not sum(found.values()):
        if not expected:
            return f"Yes: Kyrios has no invoice of {span} that should be in Xero{beside}."
        return f"Yes: {_all(expected)} of {span} {_is(expected)} in Xero, {_money(months, 'in_xero')}{beside}."
    wrong: dict[Kind, str] = {"not_in_xero": "not there", "gone_in_xero": "gone there", "differs": "not the same there"}
    more: dict[Kind, str] = {
        "still_stands": "voided in Kyrios that still stand in Xero",
        "twice": "there twice",
        "unknown_here": "there that Kyrios does not know",
    }
    if found.get("still_stands") == 1:
        more["still_stands"] = "voided in Kyrios that still stands in Xero"
    said = [f"{number:,} {words}" for kind, words in (wrong | more).items() if (number := found.get(kind, 0))]
    if not expected:
        return f"No: Kyrios has no invoice of {span} that should be in Xero; {', '.join(said)}{beside}."
    there = f"{_money(months, 'in_xero')} of {_money(months, 'expected')}"
    return f"No: of {expected:,} {_noun(expected)} of {span}, {', '.join(said)}; {there} is in Xero{beside}."


def _beside(months: Sequence[MonthSum]) -> str:
    """What need not be in Xero."""
    numbers = {
        status: sum(month.by_status.get(status, Counted()).invoices for month in months) for status in NOT_TO_BE_THERE
    }
    words = {"voided": "voided", "dismissed": "left out by a person"}
    said = " and ".join(f"{number:,} {words[status]}" for status, number in numbers.items() if number)
    return f" (beside {said})" if said else ""


def _money(months: Sequence[MonthSum], side: Literal["expected", "in_xero"]) -> str:
    """The sums by currency, of those in which an invoice is; if in none is one, that of the only one to be there."""
    sums = {month.currency: Decimal(0) for month in months if getattr(month, side).invoices}
    if not sums:
        due = {month.currency for month in months if month.expected.invoices}
        return str(Money(Decimal(0), *due)) if len(due) == 1 else "nothing"
    for month in months:
        if month.currency in sums:
            sums[month.currency] += getattr(month, side).total
    return _listed(str(Money(total, code)) for code, total in sorted(sums.items()))


def _listed(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _all(number: int) -> str:
    return f"all {number:,} invoices" if number > 1 else "the one invoice"


def _noun(number: int) -> str:
    return "invoice" if number == 1 else "invoices"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
