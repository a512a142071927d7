"""How long a pile of work takes within Xero's limits: calls, and seconds. Pure arithmetic, for people to plan by."""

import msgspec


class Pile(msgspec.Struct, frozen=True, kw_only=True):
    """Work to be sent: invoices and payments, up to `at_once` of a kind in one call (Xero's page on limits: 50)."""

    invoices: int
    payments: int
    at_once: int

    @property
    def calls(self) -> int:
        """How many calls it takes."""
        return -(-self.invoices // self.at_once) + -(-self.payments // self.at_once)


def seconds_for(calls: int, *, burst: float, per_minute: float) -> float:
    """How many seconds that many calls take for one organisation: a burst goes at once, the rest at the steady rate."""
    return max(0.0, calls - burst) * 60 / per_minute
