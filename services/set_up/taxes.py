"""Map taxes: which tax sets Kyrios offers, and the Xero rate each stands for."""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from adapters.event_store.store import NOTHING
from adapters.event_store.writes import SealedAnswer, Writes
from adapters.vault.account_keys import AccountKeys
from domain import connection as connections
from domain.event import Actor
from domain.refusals import Fault, InvalidInput, NotPossible
from domain.streams import connection_id
from domain.tax import DeclaredTaxSet, TaxSet, XeroTaxRate, same_components
from domain.tax_suggestions import Suggestion, suggest
from services.set_up.ground import Ground

LONGEST_REASON: Final = 500


class MapTaxes:
    """Declares tax sets, suggests rates for them and maps them."""

    def __init__(self, ground: Ground, keys: AccountKeys, new_id: Callable[[], UUID]) -> None:
        self._ground, self._keys, self._new_id = ground, keys, new_id

    def declare(self, account_id: str, tax_sets: Sequence[DeclaredTaxSet], actor: Actor) -> None:
        """Say which tax sets Kyrios offers on its lines."""
        self._ground.change(account_id, lambda state, at: connections.declare_taxes(state, tax_sets, at), actor)

    def rates(self, account_id: str) -> tuple[XeroTaxRate, ...]:
        """All tax rates as Xero has them now."""
        known, organisation_id = self._ground.chosen(account_id)
        rates = self._ground.session_of(known).tax_rates()
        self._ground.keep(account_id, organisation_id, "tax_rates", rates)
        self._ground.follow(account_id)
        return rates

    def suggest(self, account_id: str) -> list[tuple[DeclaredTaxSet, Suggestion]]:
        """The Xero rate each declared tax set might be mapped to, with the reason in words."""
        rates = self.rates(account_id)
        declared = self._ground.connection(account_id).declared or ()
        return [(one, suggest(one.tax_set, rates)) for one in declared]

    def map(self, account_id: str, tax_set: TaxSet, tax_type: str, actor: Actor, *, reason: str | None = None) -> None:
        """Let a tax set stand for one of Xero's rates; one of other taxes at an equal rate takes a reason."""
        rates = {rate.tax_type: rate for rate in self.rates(account_id)}
        if tax_type not in rates:
            raise NotPossible(f"Xero has no tax rate {tax_type}; it has: {', '.join(sorted(rates))}")
        rate, kept = rates[tax_type], None
        if reason is not None and not same_components(tax_set.components, rate.components):
            kept = self._sealed(account_id, checked_reason(reason))
        self._ground.change(
            account_id,
            lambda state, at: connections.map_tax(
                state, tax_set, rate, at, reason_ref=kept.answer_id if kept else None
            ),
            actor,
            Writes(answers=[kept]) if kept else NOTHING,
        )

    def _sealed(self, account_id: str, reason: str) -> SealedAnswer:
        """A reason as it is kept, where Xero's own words are kept too: an event holds no free text."""
        reason_id = self._new_id()
        sealed = self._keys.get(account_id).seal("answer_text", str(reason_id), 1, msgspec.json.encode([reason]))
        stream = connection_id(account_id)
        return SealedAnswer(answer_id=reason_id, stream_id=stream, account_id=account_id, sealed=sealed)


def checked_reason(reason: str) -> str:
    """A reason a person gave, without outer blanks; InvalidInput if it says nothing or does not end."""
    said = reason.strip()
    if not 1 <= len(said) <= LONGEST_REASON or not said.isprintable():
        raise InvalidInput(Fault("/reason", f"a reason is 1 to {LONGEST_REASON} printable characters on one line"))
    return said
