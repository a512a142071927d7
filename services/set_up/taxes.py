"""Map taxes: which tax sets Kyrios offers, the Xero rate each stands for, and how each stands."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from adapters.event_store.store import NOTHING
from adapters.event_store.writes import Writes
from adapters.vault.account_keys import AccountKeys
from domain import connection as connections
from domain.connection import Connection
from domain.event import Actor, Event, Moment
from domain.refusals import NotPossible
from domain.streams import connection_id
from domain.tax import DeclaredTaxSet, TaxSet, XeroTaxRate, same_components
from domain.tax_standing import TaxSetStanding, standings
from domain.tax_suggestions import Suggestion, suggest
from services.reasons import SealedReasons, Words, checked_reason
from services.set_up.ground import Ground

TaxPair = tuple[TaxSet, str]
"""A tax set and the code of the Xero rate it is to stand for."""


class MapTaxes:
    """Declares tax sets, suggests rates for them, maps them and takes mappings back."""

    def __init__(self, ground: Ground, keys: AccountKeys, said: Words, new_id: Callable[[], UUID]) -> None:
        """`said` opens the reasons people gave."""
        self._ground, self._said, self._reasons = ground, said, SealedReasons(keys, new_id)

    def declare(self, account_id: str, tax_sets: Sequence[DeclaredTaxSet], actor: Actor) -> None:
        """Say which tax sets Kyrios offers on its lines; at any time, connected or not."""
        unknown = Connection(account_id=account_id)
        self._ground.change(
            account_id, lambda state, at: connections.declare_taxes(state or unknown, tax_sets, at), actor
        )

    def rates(self, account_id: str) -> tuple[XeroTaxRate, ...]:
        """All tax rates as Xero has them now."""
        known, organisation_id = self._ground.chosen(account_id)
        rates = self._ground.ask(known, "tax_rates", lambda session: session.tax_rates())
        self._ground.keep(account_id, organisation_id, "tax_rates", rates)
        self._ground.follow(account_id)
        return rates

    def standings(self, account_id: str) -> list[TaxSetStanding]:
        """How each tax set stands by what Xero last said, with people's reasons opened; Xero is not asked."""
        return [self._with_reason(account_id, one) for one in self._standings(account_id)]

    def suggest(self, account_id: str) -> list[tuple[DeclaredTaxSet, Suggestion]]:
        """The Xero rate each declared tax set might be mapped to, with the reason in words."""
        rates = self.rates(account_id)
        declared = self._ground.connection(account_id).declared or ()
        return [(one, suggest(one.tax_set, rates)) for one in declared]

    def left(self, account_id: str) -> list[tuple[DeclaredTaxSet, Suggestion]] | None:
        """The sets on offer without a fitting rate, each with what might stand for it by what Xero last said.

        None if Xero was never asked for its rates. Xero is not asked now.
        """
        rates = self._ground.references(account_id).tax_rates
        return None if rates is None else self._left(account_id, rates.values())

    def unambiguous(self, account_id: str) -> list[tuple[DeclaredTaxSet, Suggestion]]:
        """The suggestions a person may confirm together: tax sets without a fitting rate, and one with the same taxes.

        A rate that only charges the same in all is not among them: taking it needs a reason of its own.
        """
        left = self._left(account_id, self.rates(account_id))
        return [(one, made) for one, made in left if made.how == "components"]

    def _left(self, account_id: str, rates: Iterable[XeroTaxRate]) -> list[tuple[DeclaredTaxSet, Suggestion]]:
        known, open_ones = list(rates), ("unmapped", "drifted")
        waiting = [one.one for one in self._standings(account_id) if one.declared and one.status in open_ones]
        return [(one, suggest(one.tax_set, known)) for one in waiting]

    def _standings(self, account_id: str) -> list[TaxSetStanding]:
        known = self._ground.connection(account_id)
        return standings(known, self._ground.said(known))

    def _with_reason(self, account_id: str, one: TaxSetStanding) -> TaxSetStanding:
        kept = one.mapping.reason_ref if one.mapping else None
        return msgspec.structs.replace(one, reason=self._said(kept, account_id)) if kept else one

    def map(self, account_id: str, tax_set: TaxSet, tax_type: str, actor: Actor, *, reason: str | None = None) -> None:
        """Let a tax set stand for one of Xero's rates; one of other taxes at an equal rate takes a reason."""
        self.map_all(account_id, [(tax_set, tax_type)], actor, reason=reason)

    def map_all(self, account_id: str, pairs: Sequence[TaxPair], actor: Actor, *, reason: str | None = None) -> None:
        """Map several tax sets, all or none; the reason is kept for those whose rate has other taxes.

        Another reason for the same rate takes the place of the one before, which the history keeps.
        """
        _each_once(tax_set for tax_set, _ in pairs)
        rates = {rate.tax_type: rate for rate in self.rates(account_id)}
        wanted = [(tax_set, _known(tax_type, rates)) for tax_set, tax_type in pairs]
        others = [tax_set.key for tax_set, rate in wanted if not same_components(tax_set.components, rate.components)]
        refs, writes = self._kept(account_id, others, reason)
        self._ground.change(account_id, lambda state, at: _mapped(state, wanted, refs, at), actor, writes)

    def _kept(self, account_id: str, others: Sequence[str], reason: str | None) -> tuple[dict[str, UUID], Writes]:
        """Where the reason for each of these sets is kept, and what is still to be written; said before, it is kept."""
        if reason is None:
            return {}, NOTHING
        said, mappings = checked_reason(reason), self._ground.connection(account_id).mappings
        if not others:
            raise NotPossible(_NO_REASON_NEEDED)
        before = {key: mappings[key].reason_ref for key in others if key in mappings}
        refs = {key: ref for key, ref in before.items() if ref and self._said(ref, account_id) == said}
        stream = connection_id(account_id)
        new = {key: self._reasons.seal(account_id, stream, said) for key in others if key not in refs}
        return refs | {key: sealed.answer_id for key, sealed in new.items()}, self._reasons.writes(new.values())

    def unmap(self, account_id: str, tax_set: TaxSet, actor: Actor) -> bool:
        """Take a tax set's Xero rate away. False if it had none."""
        return bool(self._ground.change(account_id, lambda state, at: connections.unmap_tax(state, tax_set, at), actor))


_NO_REASON_NEEDED: Final = (
    "a reason is kept where a rate of other taxes is taken, and none of these is; map them without one"
)


def _each_once(tax_sets: Iterable[TaxSet]) -> None:
    keys = Counter(tax_set.key for tax_set in tax_sets)
    if twice := [key for key, times in keys.items() if times > 1]:
        raise NotPossible(f"{twice[0] or 'no tax'} is named more than once; a tax set stands for one Xero rate")


def _mapped(
    state: Connection | None, wanted: Sequence[tuple[TaxSet, XeroTaxRate]], reasons: dict[str, UUID], at: Moment
) -> list[Event]:
    events: list[Event] = []
    for tax_set, rate in wanted:
        decided = connections.map_tax(state, tax_set, rate, at, reason_ref=reasons.get(tax_set.key))
        for event in decided:
            state = connections.evolve(state, event)
        events += decided
    return events


def _known(tax_type: str, rates: dict[str, XeroTaxRate]) -> XeroTaxRate:
    if tax_type not in rates:
        raise NotPossible(f"Xero has no tax rate {tax_type}; it has: {', '.join(sorted(rates)) or 'none'}")
    return rates[tax_type]
