"""The form in which a Kyrios backend declares its tax sets: a JSON list of names and taxes."""

from decimal import Decimal
from typing import Final

import msgspec

from domain.money import NotAnAmount, parse_amount
from domain.refusals import Fault, InvalidInput
from domain.tax import DeclaredTaxSet, TaxComponent, TaxSet

HIGHEST_RATE: Final = Decimal(100)


class _Tax(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    rate: str
    compound: bool = False


class _Declared(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    taxes: list[_Tax]
    xero_tax_type: str | None = None


def read_tax_sets(raw: bytes) -> list[tuple[DeclaredTaxSet, str | None]]:
    """The declared tax sets, each with the Xero tax type the file proposes for it, if it does."""
    try:
        declared = msgspec.json.decode(raw, type=list[_Declared])
    except msgspec.MsgspecError as error:
        raise InvalidInput(Fault("", f"this is no list of tax sets: {error}")) from None
    return [(_tax_set(one, f"/{place}"), one.xero_tax_type) for place, one in enumerate(declared)]


def _tax_set(one: _Declared, pointer: str) -> DeclaredTaxSet:
    taxes = (_component(tax, f"{pointer}/taxes/{place}") for place, tax in enumerate(one.taxes))
    return DeclaredTaxSet(tax_set=TaxSet(tuple(taxes)), name=one.name)


def _component(tax: _Tax, pointer: str) -> TaxComponent:
    try:
        rate = parse_amount(tax.rate)
    except NotAnAmount as error:
        raise InvalidInput(Fault(f"{pointer}/rate", str(error))) from None
    if not 0 <= rate <= HIGHEST_RATE:
        raise InvalidInput(Fault(f"{pointer}/rate", "a tax rate is between 0 and 100 percent"))
    return TaxComponent(tax_id=tax.id, rate=rate, compound=tax.compound)
