"""The form in which a Kyrios backend declares its tax sets: a JSON list of names and taxes."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from domain.money import NotAnAmount, parse_amount
from domain.refusals import Fault, InvalidInput
from domain.tax import DeclaredTaxSet, TaxComponent, TaxSet

HIGHEST_RATE: Final = Decimal(100)
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_KINDS: Final = {
    "str": "text", "int": "a number", "float": "a number", "bool": "true or false",
    "array": "a list", "object": "an object", "null": "null",
}  # fmt: skip


class _Tax(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    rate: str
    compound: bool = False


class _Declared(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    taxes: list[_Tax]
    xero_tax_type: str | None = None


def read_tax_sets(raw: bytes) -> list[tuple[DeclaredTaxSet, str | None]]:
    """The declared tax sets, each with the Xero tax type the file proposes for it, if it does.

    Raises InvalidInput with every fault of names, ids and rates, and for a set that is declared twice.
    """
    try:
        declared = msgspec.json.decode(raw, type=list[_Declared])
    except UnicodeDecodeError:
        raise InvalidInput(Fault("", "this is no list of tax sets: it is not UTF-8")) from None
    except msgspec.MsgspecError as error:
        raise InvalidInput(_misformed(str(error))) from None
    faults = list(_faults(declared))
    if faults:
        raise InvalidInput(*faults)
    return [(_tax_set(one), one.xero_tax_type) for one in declared]


def _faults(declared: list[_Declared]) -> Iterator[Fault]:
    if not declared:
        yield Fault("", "the list declares no tax set; Kyrios offers at least one, be it without a tax")
    first: dict[str, int] = {}
    for place, one in enumerate(declared):
        faults = [*_faults_of(one, f"/{place}")]
        yield from faults
        if not faults and (earlier := first.setdefault(_tax_set(one).tax_set.key, place)) != place:
            yield Fault(f"/{place}", f"is the same tax set as /{earlier}")


def _faults_of(one: _Declared, pointer: str) -> Iterator[Fault]:
    if not one.name.strip():
        yield Fault(f"{pointer}/name", "is empty")
    elif not one.name.isprintable():
        yield Fault(f"{pointer}/name", "must be printable characters on one line")
    for place, tax in enumerate(one.taxes):
        if not _ID.fullmatch(tax.id):
            yield Fault(f"{pointer}/taxes/{place}/id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -")
        try:
            rate = parse_amount(tax.rate)
        except NotAnAmount as error:
            yield Fault(f"{pointer}/taxes/{place}/rate", str(error))
        else:
            if not 0 <= rate <= HIGHEST_RATE:
                yield Fault(f"{pointer}/taxes/{place}/rate", "a tax rate is between 0 and 100 percent")


def _tax_set(one: _Declared) -> DeclaredTaxSet:
    components = tuple(
        TaxComponent(tax_id=tax.id, rate=parse_amount(tax.rate), compound=tax.compound) for tax in one.taxes
    )
    return DeclaredTaxSet(tax_set=TaxSet(components), name=one.name)


def _misformed(said: str) -> Fault:
    """What the decoder found, in the words and with the pointers of a fault."""
    words, _, path = said.partition(" - at `$")
    pointer = re.sub(r"\[(\d+)\]|\.", lambda step: f"/{step[1]}" if step[1] else "/", path.rstrip("`"))
    if found := re.fullmatch(r"Expected `(.+)`, got `(.+)`", words):
        place = "" if pointer else "the file "
        return Fault(pointer, f"{place}must be {_kind(found[1])}, not {_kind(found[2])}")
    if pointer:
        return Fault(pointer, words[0].lower() + words[1:].replace("`", ""))
    return Fault("", f"this is no JSON list of tax sets: {words}")


def _kind(types: str) -> str:
    return " or ".join(_KINDS.get(one, one) for one in types.split(" | "))
