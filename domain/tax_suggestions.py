"""Which Xero rate a tax set might be mapped to: suggested with the reason in words, for a person to confirm. Pure.

A suggestion is the one rate with exactly the same components, else the one rate that charges the same in all, else
none. Names play no part: they can be edited on both sides. Source: the article (rates align for tax filing).
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from domain.tax import TaxSet, XeroTaxRate, plain, same_components, same_effective_rate

How = Literal["components", "effective_rate", "untaxed", "none"]


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is suggested: a tax type and how it was found, or none (`tax_type` is None), and why.

    One found by its effective rate has other components, so mapping it takes a reason that is kept. Where several
    rates fit equally well, a person picks one `among` them, and says why if they are `of_other_taxes`.
    """

    tax_type: str | None
    how: How
    reason: str
    among: tuple[str, ...] = ()
    of_other_taxes: bool = False

    @property
    def fitting(self) -> tuple[str, ...]:
        """The tax types it may be mapped to: the one suggested, or those to pick from."""
        return (self.tax_type,) if self.tax_type is not None else self.among


def suggest(tax_set: TaxSet, rates: Iterable[XeroTaxRate]) -> Suggestion:
    """The suggestion for a tax set among all rates Xero has."""
    if not tax_set.components:
        return _none("Lines without a tax need no mapping.", how="untaxed")
    equal = [rate for rate in rates if same_effective_rate(tax_set, rate)]
    usable = [rate for rate in equal if not _unfit(rate)]
    exact = [rate for rate in usable if same_components(rate.components, tax_set.components)]
    percent = f"{plain(tax_set.effective_rate)}%"
    if len(exact) == 1:
        return Suggestion(
            tax_type=exact[0].tax_type, how="components", reason=f"{_named(exact[0])} has exactly the same taxes."
        )
    if len(exact) > 1:
        return _pick(exact, "have exactly the same taxes; pick one.")
    if len(usable) == 1:
        reason = f"{_named(usable[0])} charges {percent} too, but of other taxes; mapping it takes a reason."
        return Suggestion(tax_type=usable[0].tax_type, how="effective_rate", reason=reason, of_other_taxes=True)
    if usable:
        return _pick(usable, f"charge {percent} too, but of other taxes; pick one and say why.", of_other_taxes=True)
    if equal:
        unfit = "; ".join(f"{_named(rate)} would, but it {_unfit(rate)}" for rate in equal)
        return _none(f"No rate that may be used on sales charges {percent}: {unfit}.")
    return _none(f"No rate in Xero charges {percent}. Add one there, or correct the tax.")


def _unfit(rate: XeroTaxRate) -> str:
    if rate.status.upper() != "ACTIVE":
        return f"is {rate.status.lower()}"
    return "" if rate.applies_to_revenue else "must not be used on sales"


def _named(rate: XeroTaxRate) -> str:
    return f"{rate.tax_type} ({rate.name})" if rate.name else rate.tax_type


def _listed(rates: Sequence[XeroTaxRate]) -> str:
    names = [_named(rate) for rate in sorted(rates, key=lambda rate: rate.tax_type)]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _pick(fitting: Sequence[XeroTaxRate], why: str, *, of_other_taxes: bool = False) -> Suggestion:
    among = tuple(sorted(rate.tax_type for rate in fitting))
    reason = f"{_listed(fitting)} {why}"
    return Suggestion(tax_type=None, how="none", reason=reason, among=among, of_other_taxes=of_other_taxes)


def _none(reason: str, how: How = "none") -> Suggestion:
    return Suggestion(tax_type=None, how=how, reason=reason)
