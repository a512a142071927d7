"""What became of the invoices an action was asked for, one by one and counted."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

import msgspec

Result = Literal["done", "already", "refused"]


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """One invoice: `asked` as it was named, its Kyrios id and number if it exists, what became of it, and why."""

    asked: str
    invoice_id: str = ""
    number: str = ""
    result: Result
    why: str

    @property
    def words(self) -> str:
        """Why, to be read beside the invoice's name."""
        return self.why.removeprefix(f"invoice {self.invoice_id} ")

    @property
    def kind(self) -> str:
        """Why, without any name, so that like is counted with like."""
        unnamed = self.words.removesuffix(f" {self.asked}")
        return self.words if unnamed == self.words else f"{unnamed} asked for"


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many invoices ended alike."""

    result: Result
    why: str
    invoices: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What an action did to which invoices, in their order; with `dry_run`, what it would do: nothing is changed."""

    account_id: str
    action: str
    dry_run: bool
    counts: tuple[Count, ...]
    invoices: tuple[Handled, ...]

    def how_many(self, result: Result) -> int:
        """The number of invoices with this result."""
        return sum(count.invoices for count in self.counts if count.result == result)


def reported(account_id: str, action: str, handled: Iterable[Handled], *, dry_run: bool) -> Report:
    """The report on these invoices; what was done comes first in the counts, what was refused last."""
    every = tuple(handled)
    counted = Counter((one.result, one.kind) for one in every)
    order: tuple[Result, ...] = ("done", "already", "refused")
    counts = tuple(
        Count(result=result, why=why, invoices=number)
        for (result, why), number in sorted(counted.items(), key=lambda item: (order.index(item[0][0]), -item[1]))
    )
    return Report(account_id=account_id, action=action, dry_run=dry_run, counts=counts, invoices=every)
