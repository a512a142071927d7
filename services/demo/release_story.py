"""The story of a tax that was forgotten: the invoices that bear it wait, and go by themselves once it is mapped."""

from collections.abc import Sequence

from domain.invoice import Invoice
from domain.invoice_payment import next_due
from services.demo.narrator import Narrator
from services.demo.simulated_owner import forgotten_taxes, map_forgotten_taxes
from services.demo.stage import Stage


class ReleaseStory:
    """Tells how one mapping releases all that waits for it."""

    def __init__(self, stage: Stage, narrator: Narrator) -> None:
        self._stage, self._engine, self._say = stage, stage.engine, narrator.say

    def tell(self, accepted: Sequence[str]) -> None:
        """All of it, about these invoices."""
        forgotten = forgotten_taxes(self._engine)
        keys, names = {one.tax_set.key for one in forgotten}, ", ".join(one.name for one in forgotten)
        waiting = [s.kyrios_invoice_id for s in self._stage.invoices(accepted) if _waits_for(s, keys)]
        self._say(f"{len(waiting)} invoices wait, as {names} has no rate in Xero. The owner maps it.")
        map_forgotten_taxes(self._engine)
        self._stage.until(lambda: all(_is_in_xero(state) for state in self._stage.invoices(waiting)))
        self._say(f"All {len(waiting)} are in Xero now, with their payments; nobody had to send them again.")


def _is_in_xero(state: Invoice) -> bool:
    return state.status == "synced" and next_due(state.payments) is None


def _waits_for(state: Invoice, tax_sets: set[str]) -> bool:
    return any(cause.code == "tax_set_unmapped" and cause.key in tax_sets for cause in state.causes)
