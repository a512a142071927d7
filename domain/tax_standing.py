"""How each tax set stands: mapped, unmapped or drifted, with its Xero rate as seen when mapped and as it is now. Pure.

Source: the article (tax mapping is mandatory; invoices do not sync while it is incomplete).
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from domain.causes import Cause, words
from domain.connection_state import Connection
from domain.counted import count
from domain.qualifying import against_mapping
from domain.references import References
from domain.tax import DeclaredTaxSet, TaxMapping, XeroTaxRate

Standing = Literal["mapped", "drifted", "unmapped", "untaxed"]


class TaxSetStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One tax set: `mapping` is its Xero rate as seen when it was mapped, `now` the same rate as Xero last said.

    A set that is mapped but no longer offered is listed, too (`declared` is False): older invoices may bear it.
    `reason` is what a person said when its rate was chosen although it is of other taxes; it is kept sealed, so that
    it is empty until somebody opens it.
    """

    one: DeclaredTaxSet
    declared: bool
    status: Standing
    mapping: TaxMapping | None = None
    now: XeroTaxRate | None = None
    cause: Cause | None = None
    reason: str = ""

    @property
    def why(self) -> str:
        """What is wrong with it, in the catalogue's words; empty if nothing is."""
        return words(self.cause) if self.cause else ""


def standings(state: Connection, references: References) -> list[TaxSetStanding]:
    """Every declared tax set in the order of its key, then those mapped but no longer declared."""
    declared = {one.tax_set.key: one for one in state.declared or ()}
    former = [
        DeclaredTaxSet(tax_set=mapping.tax_set, name=state.tax_set_name(mapping.tax_set))
        for key, mapping in sorted(state.mappings.items())
        if key not in declared
    ]
    return [_standing(one, state, references, declared=True) for one in declared.values()] + [
        _standing(one, state, references, declared=False) for one in former
    ]


class Completeness(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the tax sets on offer have a Xero rate; `missing` are the names of the others.

    `drifted` are the names of those whose rate does not fit any more; they are mapped still.
    """

    mapped: int
    of: int
    missing: tuple[str, ...]
    drifted: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = f"{self.mapped} of {count(self.of, 'tax set')} mapped"
        missing = f"; still missing: {', '.join(self.missing)}" if self.missing else ""
        drifted = f"; with a rate that no longer fits: {', '.join(self.drifted)}" if self.drifted else ""
        return f"{said}{missing}{drifted}."


def completeness(listed: Sequence[TaxSetStanding]) -> Completeness:
    """How complete the mapping is. Untaxed lines need none; a rate that drifted is mapped still, and named apart."""
    needed = [one for one in listed if one.declared and one.status != "untaxed"]
    missing = tuple(one.one.name for one in needed if one.status == "unmapped")
    drifted = tuple(one.one.name for one in listed if one.status == "drifted")
    return Completeness(mapped=len(needed) - len(missing), of=len(needed), missing=missing, drifted=drifted)


def _standing(one: DeclaredTaxSet, state: Connection, references: References, *, declared: bool) -> TaxSetStanding:
    mapping = state.mappings.get(one.tax_set.key)
    if mapping is None:
        status: Standing = "unmapped" if one.tax_set.components else "untaxed"
        return TaxSetStanding(one=one, declared=declared, status=status)
    causes = against_mapping(one.name, mapping, references)
    return TaxSetStanding(
        one=one,
        declared=declared,
        status="drifted" if causes else "mapped",
        mapping=mapping,
        now=(references.tax_rates or {}).get(mapping.tax_type),
        cause=causes[0] if causes else None,
    )
