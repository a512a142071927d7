"""Taxes: the tax set Kyrios puts on a line, and the Xero rate it is mapped to.

A Xero line takes exactly one tax rate, so what is mapped is the whole set of Kyrios taxes on a line. Their order is
none of ours: simple taxes are added and compound ones charged on top of all others, so that it changes no figure.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Final
from uuid import UUID

import msgspec

from domain.money import half_up
from domain.refusals import NotPossible

_RATE_STEP: Final = Decimal("0.0001")


class TaxComponent(msgspec.Struct, frozen=True, kw_only=True):
    """One Kyrios tax in a set: its id, its rate in percent, and whether it is charged on top of the others."""

    tax_id: str
    rate: Decimal
    compound: bool = False

    def __str__(self) -> str:
        return f"{self.tax_id}@{plain(self.rate)}{'c' if self.compound else ''}"


class TaxSet(msgspec.Struct, frozen=True, dict=True):
    """The taxes of a line as Kyrios listed them; empty for an untaxed line.

    In whatever order they come, they are the same set. Its key is asked for at every step, and kept.
    """

    components: tuple[TaxComponent, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TaxSet) and self._in_order == other._in_order

    def __hash__(self) -> int:
        return hash(self._in_order)

    @cached_property
    def key(self) -> str:
        """The stable text by which a tax set is mapped and looked up, such as `gst@15` or `gst@5+qst@9.975c`."""
        return "+".join(map(str, self._in_order))

    @cached_property
    def _in_order(self) -> tuple[TaxComponent, ...]:
        """Simple taxes first, of those the higher rate first, then by their ids."""
        return tuple(sorted(self.components, key=lambda c: (c.compound, -c.rate, c.tax_id)))

    @property
    def in_words(self) -> str:
        """The set as people read it where it has no name: `gst 5% and qst 9.975% compound`."""
        return " and ".join(f"{c.tax_id} {plain(c.rate)}%{' compound' if c.compound else ''}" for c in self._in_order)

    @property
    def effective_rate(self) -> Decimal:
        """Percent of the net amount, to four decimals: simple rates added, compound ones charged on top.

        XERO-UNVERIFIED XU-13: that Xero computes EffectiveRate of compound rates as (1 + simple)(1 + compound) - 1.
        """
        simple = sum((c.rate for c in self._in_order if not c.compound), Decimal(0))
        factor = 1 + simple / 100
        for component in self._in_order:
            if component.compound:
                factor *= 1 + component.rate / 100
        return half_up((factor - 1) * 100, _RATE_STEP)


def same_key(one: str, other: str) -> bool:
    """Whether two keys name the same tax set, in whatever order a person wrote its taxes."""
    return sorted(one.split("+")) == sorted(other.split("+"))


class DeclaredTaxSet(msgspec.Struct, frozen=True, kw_only=True):
    """A tax set Kyrios offers on its lines, with the name people know it by."""

    tax_set: TaxSet
    name: str


class XeroTaxComponent(msgspec.Struct, frozen=True, kw_only=True):
    """One component of a Xero rate as Xero reports it; `rate` in percent."""

    name: str
    rate: Decimal
    compound: bool = False


Component = TaxComponent | XeroTaxComponent


class XeroTaxRate(msgspec.Struct, frozen=True, kw_only=True):
    """A tax rate as Xero last reported it; `tax_type` is the code a line names, `effective_rate` in percent.

    `barred_from` names the classes of accounts (REVENUE, EXPENSE, …) on which Xero does not allow it.
    """

    tax_type: str
    name: str
    status: str
    effective_rate: Decimal
    components: tuple[XeroTaxComponent, ...] = ()
    barred_from: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} ({self.tax_type})" if self.name else self.tax_type

    @property
    def applies_to_revenue(self) -> bool:
        """Whether it may stand on a sale."""
        return "REVENUE" not in self.barred_from


class TaxMapping(msgspec.Struct, frozen=True, kw_only=True):
    """Which Xero rate stands for a tax set, with its components as seen when it was chosen, and the version.

    `reason_ref` is set if those are other taxes at an equal rate: it points at the sealed reason.
    """

    tax_set: TaxSet
    tax_type: str
    effective_rate: Decimal
    components: tuple[XeroTaxComponent, ...]
    version: int
    reason_ref: UUID | None = None


def same_effective_rate(tax_set: TaxSet, rate: XeroTaxRate) -> bool:
    """Whether a Xero rate charges what the tax set charges, to four decimals; names play no part."""
    return tax_set.effective_rate == to_four_decimals(rate.effective_rate)


def same_components(one: Iterable[Component], other: Iterable[Component]) -> bool:
    """Whether both charge the same taxes, each as often, in whatever order and under whatever names."""
    return Counter((c.rate, c.compound) for c in one) == Counter((c.rate, c.compound) for c in other)


def to_four_decimals(rate: Decimal) -> Decimal:
    """A percentage as rates are compared."""
    return half_up(rate, _RATE_STEP)


def check_rate(name: str, tax_set: TaxSet, rate: XeroTaxRate, *, other_taxes: bool = False) -> None:
    """Raise NotPossible unless this Xero rate may stand for the tax set, which people know as `name`.

    `other_taxes` says that somebody has a reason to take a rate that charges the same in all, but of other taxes.
    """
    if rate.status.upper() != "ACTIVE":
        raise NotPossible(f"Xero's rate {rate.tax_type} is {rate.status.lower()}; {name} needs one that is active")
    if not rate.applies_to_revenue:
        raise NotPossible(f"Xero's rate {rate.tax_type} is not for sales; map {name} to another one")
    if not same_effective_rate(tax_set, rate):
        raise NotPossible(
            f"{name} is {plain(tax_set.effective_rate)}% but Xero's {rate.tax_type} is {plain(rate.effective_rate)}%; "
            "a tax is only ever mapped to a rate that charges the same"
        )
    if tax_set.components and not other_taxes and not same_components(tax_set.components, rate.components):
        raise NotPossible(
            f"{name} consists of {in_figures(tax_set.components)} but Xero's {rate.tax_type} of "
            f"{in_figures(rate.components)}; to map it all the same, give a reason, which is kept"
        )


def in_figures(components: Iterable[Component]) -> str:
    """The rates of some components in percent: `5 + 9.975 compound`."""
    return " + ".join(f"{plain(c.rate)}{' compound' if c.compound else ''}" for c in components) or "nothing"


def plain(number: Decimal) -> str:
    """A decimal as its shortest plain text: `15`, `9.975`, never an exponent."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
