"""The comparison of the file with Xero's ledger, and its result in one line or in every difference."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from services.demo.books.arithmetic import Sums, sum_by_currency
from services.demo.books.differences import (
    VOIDED,
    change_differences,
    fate_differences,
    foreign_differences,
    invoice_differences,
    line_differences,
)
from services.demo.books.outcome import Outcome
from services.demo.books.sources import (
    XeroInvoice,
    read_file,
    read_ledger,
    read_opening_numbers,
    read_voids,
    read_whole,
)


@dataclass(frozen=True)
class BooksCheck:
    """The result: counts, the sums that should and do stand in Xero, and every difference in plain words."""

    accepted: int
    in_xero: int
    waiting: int
    refused: int
    voided: int
    expected: Sums
    found: Sums
    differences: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the books agree in everything."""
        return not self.differences

    def __str__(self) -> str:
        """One line; below it every difference, if there is any."""
        parts = self.in_xero + self.waiting + self.refused + self.voided
        voided = f" + {self.voided:,} voided" if self.voided else ""
        line = (
            f"{self.accepted:,} accepted {_sign(self.accepted == parts)} {self.in_xero:,} in Xero"
            f" + {self.waiting:,} waiting + {self.refused:,} refused{voided};"
            f" {_shown(self.expected)} {_sign(self.expected == self.found)} {_shown(self.found)}"
        )
        return "\n".join([line, *(f"  - {difference}" for difference in self.differences)])


def check_books(
    outcome: Outcome,
    *,
    invoices: Path,
    control_url: str,
    changes: Path | None = None,
    later: Path | None = None,
    opening_books: Path | None = None,
    timeout: float = 10.0,
) -> BooksCheck:
    """Compare the NDJSON file `invoices` with the ledger at `control_url`, given what the engine says of the file.

    `changes` is a folder with the revisions and voids that Kyrios made afterwards, `later` a file of invoices it
    issued after them, all of which are to be accepted. `opening_books` is the seed file whose invoices stood in Xero
    before; any other is unexpected. `timeout` is in seconds. An invoice in Xero belongs to the one in the file whose
    link it carries; one voided there counts as gone. Raises BooksUnreadable.
    """
    lines = read_file(invoices)
    revised = read_whole(changes / "revisions.ndjson") if changes else {}
    voids = read_voids(changes / "voids.ndjson") if changes else set[str]()
    first = {invoice.invoice_id: invoice for invoice in lines.values() if invoice is not None}
    issued_later = read_whole(later) if later else {}
    file = (
        first
        | issued_later
        | {key: new for key, new in revised.items() if key in first and key not in outcome.unrevised}
    )
    own, foreign = _by_link(read_ledger(control_url, timeout), {invoice.url for invoice in file.values()})
    before = read_opening_numbers(opening_books) if opening_books else Counter[str]()
    due = [invoice for invoice in file.values() if invoice.invoice_id in outcome.due]
    found = [other for others in own.values() for other in others if other.status != VOIDED]
    return BooksCheck(
        accepted=len({*outcome.accepted}),
        in_xero=len(found),
        waiting=len({*outcome.waiting}),
        refused=len({*outcome.refused}),
        voided=len({*outcome.voided}),
        expected=sum_by_currency((invoice.currency, invoice.totals.total) for invoice in due),
        found=sum_by_currency((other.currency_code, other.total) for other in found),
        differences=(
            *line_differences(lines, outcome),
            *(f"{key} was issued later and not accepted" for key in issued_later if key not in outcome.accepted),
            *fate_differences(file.keys(), outcome),
            *change_differences(revised.keys(), voids, outcome),
            *(text for invoice in file.values() for text in invoice_differences(invoice, own[invoice.url], outcome)),
            *foreign_differences(foreign, before),
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


def _sign(equal: bool) -> str:
    return "=" if equal else "≠"


def _shown(sums: Sums) -> str:
    return " and ".join(f"{currency} {amount:,.2f}" for currency, amount in sorted(sums.items())) or "nothing"
