"""How large a trial is, and its times. They are short, so that leases run out and quiet periods pass in seconds."""

from typing import Final

import msgspec

READ_TIMEOUT: Final = 1.0
LEASE: Final = 3.0
QUIET: Final = 2.0
LATEST_COMMIT: Final = 0.8
"""Seconds until a late commit is done: less than the quiet period, so that assumption A1 holds by construction."""

TOKEN_LEASE: Final = 3.0
MINUTE: Final = 6.0
"""Seconds of Xero's minute, in which it allows 60 calls: a trial lasts for a minute, not for a day."""

RECOVERY: Final = LEASE + 5.0
"""Seconds from a repair to the next call, at most, in 99 of 100 cases."""


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """One trial: `seconds` under fire, then at most `patience` seconds until nothing is live any more."""

    seed: int = 1
    organisations: int = 3
    invoices: int = 1_000
    seconds: float = 60.0
    patience: float = 120.0
    workers: int = 3
    tickers: int = 2
    strike_every: tuple[float, float] = (0.5, 4.0)
    broker: bool = True
    planted: int = 1
    """How many invoices of the first organisation kill every worker that makes them ready; as many are damaged."""
    unique_numbers: bool | None = None
    """Whether Xero refuses a number it holds; None lets the seed decide."""

    @property
    def numbers_are_unique(self) -> bool:
        """Every other seed takes Xero's own fence away."""
        return self.seed % 2 == 0 if self.unique_numbers is None else self.unique_numbers


QUICK: Final = Scale(
    organisations=2, invoices=150, seconds=15.0, patience=60.0, workers=2, tickers=2, strike_every=(0.5, 2.0), planted=0
)
"""For every build: about a minute with all that belongs to it, which has no room for workers that die for so long."""
