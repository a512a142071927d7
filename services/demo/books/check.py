"""The comparison of the file with Xero's ledger, and its result in one line or in every difference."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.demo.books.arithmetic import Sums, is_as_its_lines_say, recompute, sum_by_currency
from services.demo.books.sources import FileInvoice, XeroInvoice, read_file, read_ledger, read_opening_numbers


@dataclass(frozen=True)
class Outcome:
    """What the engine says became of the file: invoice ids, and the numbers of the lines it reported as bad."""

    accepted: Collection[str]
    waiting: Collection[str] = ()
    refused: Collection[str] = ()
    rejected_lines: Collection[int] = ()

    @property
    def due(self) -> set[str]:
        """The ids of the invoices that should be in Xero."""
        return {*self.accepted} - {*self.waiting, *self.refused}


@dataclass(frozen=True)
class BooksCheck:
    """The result: counts, the sums that should and do stand in Xero, and every difference in plain words."""

    accepted: int
    in_xero: int
    waiting: int
    refused: int
    expected: Sums
    found: Sums
    differences: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the books agree in everything."""
        return not self.differences

    def __str__(self) -> str:
        """One line; below it every difference, if there is any."""
        parts = self.in_xero + self.waiting + self.refused
        line = (
            f"{self.accepted:,} accepted {_sign(self.accepted == parts)} {self.in_xero:,} in Xero"
            f" + {self.waiting:,} waiting + {self.refused:,} refused;"
            f" {_shown(self.expected)} {_sign(self.expected == self.found)} {_shown(self.found)}"
        )
        return "\n".join([line, *(f"  - {difference}" for difference in self.differences)])


def check_books(
    outcome: Outcome, *, invoices: Path, control_url: str, opening_books: Path | None = None, timeout: float = 10.0
) -> BooksCheck:
    """Compare the NDJSON file `invoices` with the ledger at `control_url`, given what the engine says of the file.

    `opening_books` is the seed file whose invoices stood in Xero before; any other is unexpected. `timeout` is in
    seconds. An invoice in Xero belongs to the one in the file whose link it carries. Raises BooksUnreadable.
    """
    lines = read_file(invoices)
    file = {invoice.invoice_id: invoice for invoice in lines.values() if invoice is not None}
    own, foreign = _by_link(read_ledger(control_url, timeout), {invoice.url for invoice in file.values()})
    before = read_opening_numbers(opening_books) if opening_books else Counter[str]()
    due = [invoice for invoice in file.values() if invoice.invoice_id in outcome.due]
    found = [other for others in own.values() for other in others]
    return BooksCheck(
        accepted=len({*outcome.accepted}),
        in_xero=len(found),
        waiting=len({*outcome.waiting}),
        refused=len({*outcome.refused}),
        expected=sum_by_currency((invoice.currency, invoice.totals.total) for invoice in due),
        found=sum_by_currency((other.currency_code, other.total) for other in found),
        differences=(
            *_line_differences(lines, outcome),
            *_count_differences(file, outcome),
            *(text for invoice in file.values() for text in _invoice_differences(invoice, own[invoice.url], outcome)),
            *_foreign_differences(foreign, before),
        ),
    )


def _by_link(
    ledger: list[XeroInvoice], links: Collection[str]
) -> tuple[defaultdict[str, list[XeroInvoice]], list[XeroInvoice]]:
    """The ledger's invoices by link, and those whose link is not in the file."""
    own: defaultdict[str, list[XeroInvoice]] = defaultdict(list)
    foreign = []
    for invoice in ledger:
        if invoice.url in links:
            own[invoice.url].append(invoice)
        else:
            foreign.append(invoice)
    return own, foreign


def _line_differences(lines: Mapping[int, FileInvoice | None], outcome: Outcome) -> Iterator[str]:
    """Every line was either accepted or reported as bad."""
    for number, invoice in lines.items():
        accepted = invoice is not None and invoice.invoice_id in outcome.accepted
        reported = number in outcome.rejected_lines
        if accepted and reported:
            yield f"line {number} was accepted and yet reported as bad"
        if not accepted and not reported:
            yield f"line {number} was neither accepted nor reported as bad"


def _count_differences(file: Mapping[str, FileInvoice], outcome: Outcome) -> Iterator[str]:
    """Nothing was accepted that is not in the file, and every accepted invoice has one fate."""
    for invoice_id in sorted({*outcome.accepted} - file.keys()):
        yield f"{invoice_id} was accepted but is not in the file"
    for invoice_id in sorted({*outcome.waiting, *outcome.refused} - {*outcome.accepted}):
        yield f"{invoice_id} waits or was refused but was never accepted"
    for invoice_id in sorted({*outcome.waiting} & {*outcome.refused}):
        yield f"{invoice_id} both waits and was refused"


def _invoice_differences(invoice: FileInvoice, found: list[XeroInvoice], outcome: Outcome) -> Iterator[str]:
    due = invoice.invoice_id in outcome.due
    if due and not is_as_its_lines_say(invoice):
        yield f"{invoice.number}: the file says {invoice.totals}, its lines make {recompute(invoice)}"
    if due and not found:
        yield f"{invoice.number} is missing in Xero"
    if found and not due:
        yield f"{invoice.number} is in Xero, though it waits, was refused or was never accepted"
    if len(found) > 1:
        yield f"{invoice.number} is in Xero {len(found)} times"
    for other in found:
        yield from _pair_differences(invoice, other)


def _pair_differences(invoice: FileInvoice, other: XeroInvoice) -> Iterator[str]:
    if other.totals != invoice.totals:
        yield f"{invoice.number} has a wrong total: {other.totals} in Xero, {invoice.totals} in the file"
    elif other.amount_due != invoice.owing:
        yield f"{invoice.number} has {other.amount_due:.2f} owing in Xero, {invoice.owing:.2f} by its payments"
    if other.currency_code != invoice.currency:
        yield f"{invoice.number} is in {other.currency_code} in Xero, not in {invoice.currency}"
    if other.invoice_number != invoice.number:
        yield f"{invoice.number} has the number {other.invoice_number} in Xero"
    if other.status not in {"AUTHORISED", "PAID"}:
        yield f"{invoice.number} is {other.status} in Xero"


def _foreign_differences(foreign: list[XeroInvoice], before: Counter[str]) -> Iterator[str]:
    others = Counter(invoice.invoice_number for invoice in foreign)
    for number in sorted((others - before).elements()):
        yield f"{number} in Xero is unexpected: neither from the file nor there before"
    for number in sorted((before - others).elements()):
        yield f"{number} stood in Xero before and is gone"


def _sign(equal: bool) -> str:
    return "=" if equal else "≠"


def _shown(sums: Sums) -> str:
    return " and ".join(f"{currency} {amount:,.2f}" for currency, amount in sorted(sums.items())) or "nothing"
