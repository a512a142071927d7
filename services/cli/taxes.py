"""The command that shows, declares and maps an account's tax sets."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from domain.connection import Connection
from domain.event import Actor
from domain.refusals import NotPossible
from domain.tax import DeclaredTaxSet, TaxSet, check_rate, plain
from services.bootstrap import Engine
from services.cli import console, references
from services.tax_sets_file import read_tax_sets

OWNER = Actor("owner", "cli")
BACKEND = Actor("backend", "cli")
UNTAXED = "none"
"""How the tax set without a tax, whose key is empty, is written here; no other key lacks its @."""


class _Pair(NamedTuple):
    declared: DeclaredTaxSet
    tax_type: str


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    app.command()(taxes)


def taxes(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    declare: Annotated[Path | None, typer.Option(help="JSON list of the tax sets Kyrios offers")] = None,
    map_to: Annotated[
        list[str] | None, typer.Option("--map", help="TAX_SET=XERO_TAX_TYPE, such as gst@15=OUTPUT2; may be repeated")
    ] = None,
    because: Annotated[str | None, typer.Option(help="why a rate of other taxes is taken; kept")] = None,
    suggest: Annotated[bool, typer.Option(help="show which Xero rate might stand for each tax set, and why")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Show, declare and map tax sets. While one has no Xero rate, nothing is sent."""
    with console.engine(console.settings_with_xero() if map_to or suggest else None) as engine:
        known = engine.set_up.connection(account)
        read = [one for one, _ in read_tax_sets(declare.read_bytes())] if declare is not None else None
        pairs = [_pair(one, known.declared or () if read is None else read) for one in map_to or ()]
        _check(engine, account, pairs, other_taxes=because is not None)
        if read is not None:
            engine.set_up.declare_taxes(account, read, BACKEND)
        for one, tax_type in pairs:
            engine.set_up.map_tax(account, one.tax_set, tax_type, OWNER, reason=because)
        if suggest:
            references.show_suggestions(engine, account, as_json)
            return
        known = engine.set_up.connection(account)
    rows = [_row(one, known) for one in known.declared or ()]
    if as_json:
        console.print_json(rows)
    else:
        shown = [(*list(row.values())[:3], row["xero_rate"] or "not mapped") for row in rows]
        console.show(console.table(["tax set", "name", "rate", "Xero rate"], shown, numbers=["rate"]), console.out())


def _pair(text: str, declared: Iterable[DeclaredTaxSet]) -> _Pair:
    key, _, tax_type = text.rpartition("=")
    found = next((one for one in declared if _key(one.tax_set) == key), None)
    if found is None or not tax_type:
        keys = ", ".join(_key(one.tax_set) for one in declared) or "none yet"
        raise NotPossible(f"--map {text} names no declared tax set; write TAX_SET=XERO_TAX_TYPE. Declared: {keys}")
    return _Pair(found, tax_type)


def _check(engine: Engine, account: str, pairs: Sequence[_Pair], *, other_taxes: bool) -> None:
    """Refuse what cannot be mapped before anything is changed."""
    rates = {rate.tax_type: rate for rate in engine.set_up.tax_rates(account)} if pairs else {}
    for one, tax_type in pairs:
        if tax_type not in rates:
            raise NotPossible(f"Xero has no tax rate {tax_type}; it has: {', '.join(sorted(rates))}")
        check_rate(one.name, one.tax_set, rates[tax_type], other_taxes=other_taxes)


def _row(one: DeclaredTaxSet, known: Connection) -> dict[str, str | None]:
    mapping = known.mappings.get(one.tax_set.key)
    return {
        "tax_set": _key(one.tax_set),
        "name": one.name,
        "rate": f"{plain(one.tax_set.effective_rate)} %",
        "xero_rate": mapping.tax_type if mapping else None,
    }


def _key(tax_set: TaxSet) -> str:
    return tax_set.key or UNTAXED
