"""The group of commands about taxes: show, declare, suggest, map and unmap the tax sets of an account."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from domain.event import Actor
from domain.gate import holds_all
from domain.refusals import NotPossible
from domain.tax import DeclaredTaxSet, TaxSet, in_figures, plain, same_key
from domain.tax_standing import TaxSetStanding, completeness
from domain.tax_suggestions import Suggestion
from services.bootstrap import Engine
from services.cli import console
from services.cli.older_invoices import older_invoices_wait
from services.cli.tax_steps import Left, key, mapping_commands
from services.tax_sets_file import read_tax_sets

app = typer.Typer(help="Taxes: which Xero rate stands for each Kyrios tax set.", no_args_is_help=True)
OWNER = Actor("owner", "cli")
BACKEND = Actor("backend", "cli")

Account = Annotated[str, typer.Argument(help="the Kyrios account")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]
Yes = Annotated[bool, typer.Option("--yes", help="do it without asking")]


@app.command(name="list")
def show_list(account: Account, as_json: AsJson = False) -> None:
    """Show each tax set, its Xero rate as seen when it was mapped and as it is now, and what is still missing."""
    with console.engine() as engine:
        listed, left = engine.set_up.tax_standings(account), engine.set_up.taxes_left(account)
    _show(account, listed, left, as_json)


@app.command()
def declare(
    account: Account,
    file: Annotated[Path, typer.Argument(help="JSON list of the tax sets Kyrios offers on its lines")],
    as_json: AsJson = False,
) -> None:
    """Say which tax sets Kyrios offers; what was declared before and is not in the file is offered no longer."""
    with console.engine() as engine:
        engine.set_up.declare_taxes(account, [one for one, _ in read_tax_sets(file.read_bytes())], BACKEND)
        listed, left = engine.set_up.tax_standings(account), engine.set_up.taxes_left(account)
    _show(account, listed, left, as_json)


@app.command()
def suggest(account: Account, as_json: AsJson = False) -> None:
    """Show which Xero rate might stand for each tax set, and why. Nothing is mapped."""
    with console.engine(console.settings_with_xero()) as engine:
        found = engine.set_up.suggest_taxes(account)
        left = engine.set_up.taxes_left(account)
    _show_suggestions(found, as_json)
    if not as_json:
        _show_commands(account, left)


@app.command(name="map")
def map_pairs(
    account: Account,
    pairs: Annotated[list[str], typer.Argument(help="TAX_SET=XERO_TAX_TYPE, such as gst@15=OUTPUT2")],
    because: Annotated[str | None, typer.Option(help="why a rate of other taxes is taken; kept")] = None,
    as_json: AsJson = False,
) -> None:
    """Map tax sets to Xero rates that charge the same: all that are named, or none."""
    with console.engine(console.settings_with_xero()) as engine:
        declared = engine.set_up.connection(account).declared or ()
        wanted = [_pair(one, declared) for one in pairs]
        engine.set_up.map_taxes(account, wanted, OWNER, reason=because)
        listed, left = engine.set_up.tax_standings(account), engine.set_up.taxes_left(account)
        older = None if as_json else older_invoices_wait(engine, account)
    _show(account, listed, left, as_json, older)


@app.command()
def confirm(account: Account, yes: Yes = False, as_json: AsJson = False) -> None:
    """Map every tax set for which exactly one Xero rate has the same taxes, after showing them."""
    with console.engine(console.settings_with_xero()) as engine:
        found = engine.set_up.unambiguous_taxes(account)
        if found and not yes:
            _show_suggestions(found, as_json=False, to_errors=True)
            console.confirm(f"Map {console.count(len(found), 'tax set')} like this?")
        pairs = [(one.tax_set, made.tax_type or "") for one, made in found]
        if pairs:
            engine.set_up.map_taxes(account, pairs, OWNER)
        listed, left = engine.set_up.tax_standings(account), engine.set_up.taxes_left(account)
        older = None if as_json else older_invoices_wait(engine, account)
    if not pairs and not as_json:
        console.out().print(_nothing_to_confirm(account, listed), soft_wrap=True)
    _show(account, listed, left, as_json, older)


def _nothing_to_confirm(account: str, listed: Sequence[TaxSetStanding]) -> str:
    """Why nothing was mapped, and what else helps."""
    if all(one.status in ("mapped", "untaxed") or not one.declared for one in listed):
        return "Nothing is left to confirm."
    return f"No rate fits one of them beyond doubt; what might, and why: kyrios-xero taxes suggest {account}"


@app.command()
def unmap(
    account: Account,
    tax_set: Annotated[str, typer.Argument(help="its key, such as gst@15")],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take a tax set's Xero rate away. What uses it waits until it has one again."""
    with console.engine() as engine:
        listed = engine.set_up.tax_standings(account)
        found = next((one for one in listed if same_key(key(one.one.tax_set), tax_set)), None)
        if found is None or found.mapping is None:
            keys = ", ".join(key(one.one.tax_set) for one in listed if one.mapping) or "none"
            raise NotPossible(f"{tax_set or repr(tax_set)} has no Xero rate; mapped are: {keys}")
        if not yes:
            console.errors().print(_held_back(engine, account, found), soft_wrap=True)
            console.confirm(f"Take the rate of {found.one.name} away?")
        engine.set_up.unmap_tax(account, found.one.tax_set, OWNER)
        listed, left = engine.set_up.tax_standings(account), engine.set_up.taxes_left(account)
    _show(account, listed, left, as_json)


def _held_back(engine: Engine, account: str, one: TaxSetStanding) -> str:
    """What taking this rate away will hold back."""
    if holds_all(engine.set_up.connection(account), one.one.tax_set):
        return f"Without a rate for {one.one.name} nothing of {account} is sent, whatever taxes it bears."
    return f"Invoices with {one.one.name} will wait until it has a rate again; all others are sent."


def _show(
    account: str, listed: Sequence[TaxSetStanding], left: Left | None, as_json: bool, older: str | None = None
) -> None:
    """A table of the tax sets, what is missing, and what maps that; `older` is what is left to ask after it."""
    whole = completeness(listed)
    if as_json:
        console.print_json({"tax_sets": [_as_json(one) for one in listed], "completeness": whole})
        return
    out = console.out()
    if not listed:
        out.print("No tax set is declared yet: kyrios-xero taxes declare ACCOUNT FILE")
        return
    headings = ["tax set", "name", "rate", "status", "Xero rate", "as mapped", "now"]
    console.show(console.table(headings, [_row(one) for one in listed], numbers=["rate"]), out)
    for one in listed:
        if one.why:
            out.print(one.why, soft_wrap=True)
        if one.reason and one.mapping:
            out.print(f"{one.one.name} is mapped to {one.mapping.tax_type} for a reason: {one.reason}", soft_wrap=True)
    out.print(str(whole), soft_wrap=True)
    _show_commands(account, left)
    if older:
        out.print(f"\n{older}", soft_wrap=True)


def _show_commands(account: str, left: Left | None) -> None:
    """The commands that map what is left, by what Xero last said of its rates."""
    for command in mapping_commands(account, left or ()):
        console.out().print(f"  {command}", soft_wrap=True)


def _row(one: TaxSetStanding) -> tuple[str, ...]:
    tax_set, mapping, now = one.one.tax_set, one.mapping, one.now
    return (
        key(tax_set),
        one.one.name if one.declared else f"{one.one.name} (offered no longer)",
        f"{plain(tax_set.effective_rate)} %",
        f"{one.status}, of other taxes" if mapping and mapping.reason_ref else one.status,
        mapping.tax_type if mapping else "",
        in_figures(mapping.components) if mapping else "",
        in_figures(now.components) if now and now.status.upper() == "ACTIVE" else now.status.lower() if now else "",
    )


def _as_json(one: TaxSetStanding) -> dict[str, object]:
    return {
        "tax_set": key(one.one.tax_set),
        "name": one.one.name,
        "declared": one.declared,
        "rate": plain(one.one.tax_set.effective_rate),
        "status": one.status,
        "xero_rate": one.mapping.tax_type if one.mapping else None,
        "as_mapped": one.mapping.components if one.mapping else None,
        "now": one.now,
        "why": one.why or None,
        "of_other_taxes": bool(one.mapping and one.mapping.reason_ref),
        "reason": one.reason or None,
    }


def _show_suggestions(
    found: Iterable[tuple[DeclaredTaxSet, Suggestion]], as_json: bool, *, to_errors: bool = False
) -> None:
    rows = [(key(one.tax_set), one.name, made.tax_type or "none", made.reason) for one, made in found]
    if as_json:
        names = ("tax_set", "name", "suggested", "reason")
        among = [{"among": made.among, "of_other_taxes": made.of_other_taxes} for _, made in found]
        console.print_json([dict(zip(names, row, strict=True)) | more for row, more in zip(rows, among, strict=True)])
    else:
        headings = ["tax set", "name", "suggested", "why"]
        console.show(console.table(headings, rows), console.errors() if to_errors else console.out())


def _pair(text: str, declared: Iterable[DeclaredTaxSet]) -> tuple[TaxSet, str]:
    wanted, _, tax_type = text.rpartition("=")
    found = next((one for one in declared if same_key(key(one.tax_set), wanted)), None)
    if found is None or not tax_type:
        keys = ", ".join(key(one.tax_set) for one in declared) or "none yet"
        raise NotPossible(f"{text} names no declared tax set; write TAX_SET=XERO_TAX_TYPE. Declared: {keys}")
    return found.tax_set, tax_type
