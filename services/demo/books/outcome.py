"""What the engine says became of the file: the claim that the check holds against Xero's ledger."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Invoice ids, and the numbers of the lines the engine reported as bad.

    `unrevised` are those whose revision Xero refused, so that it holds them as they were.
    """

    accepted: Collection[str]
    waiting: Collection[str] = ()
    refused: Collection[str] = ()
    voided: Collection[str] = ()
    unrevised: Collection[str] = ()
    rejected_lines: Collection[int] = ()

    @property
    def due(self) -> set[str]:
        """The ids of the invoices that should be in Xero."""
        return {*self.accepted} - {*self.waiting, *self.refused, *self.voided}
