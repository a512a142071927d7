"""The commands about an account's settings: list them with their defaults, and change one."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

import typer

from domain.account_settings import SETTINGS, what_it_does
from domain.causes import words
from domain.event import Actor
from domain.foreseen import Foreseen
from services.bootstrap import Engine
from services.cli import console
from services.cli.older_invoices import confirm_what_goes, older_invoices_wait, what_waits

OWNER = Actor("owner", "cli")


def register(app: typer.Typer) -> None:
    """Add the commands to the group of connections."""
    app.command()(settings)
    app.command(name="set")(change_setting)


def settings(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """List the account's settings: the value each has, its default, and what it does."""
    with console.engine() as engine:
        known = engine.set_up.connection(account)
        older = None if as_json else older_invoices_wait(engine, account)
    rows = [
        {"name": name, "value": known.setting(name), "default": default, "does": what_it_does(name)}
        for name, default in SETTINGS.items()
    ]
    if as_json:
        console.print_json(rows)
    else:
        made = console.table(["setting", "value", "default", "what it does"], [tuple(row.values()) for row in rows])
        console.show(made, console.out())
        if older:
            console.out().print(f"\n{older}", soft_wrap=True)


def change_setting(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    name: Annotated[str, typer.Argument(help="such as sync_from; `connections settings` lists all")],
    value: Annotated[str, typer.Argument(help="what it is to be, such as 2026-04-01")],
    yes: Annotated[bool, typer.Option("--yes", help="do it without asking")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Change a setting of the account, such as sync_from.

    What that sends to Xero at once, or stops, is shown and asked first.
    """
    with console.engine() as engine:
        before = engine.set_up.foreseen_of_setting(account, name, value, OWNER)
        start = date.fromisoformat(value) if name == "sync_from" else None
        if start and not yes:
            confirm_what_goes(engine, account, start)
        held_back = _held_back(engine, account, start) if start else 0
        stops = [*_stops(account, before), *_ways_out(account, before)]
        if start and held_back:
            stops.append(what_waits(held_back, start))
        if stops and not yes:
            console.errors().print("\n".join(stops), soft_wrap=True)
            console.confirm(f"Set {name} to {value} all the same?")
        former = engine.set_up.connection(account).setting(name)
        engine.set_up.change_setting(account, name, value, OWNER)
        now = engine.set_up.connection(account).setting(name)
        older = older_invoices_wait(engine, account) if start else None
    if as_json:
        console.print_json({"name": name, "value": now, "stops": before, "invoices_held_back": held_back})
        return
    console.out().print(f"{name} is {now}.", markup=False)
    if stops:
        ways = [*stops, f"Set it back: kyrios-xero connections set {account} {name} {former}"]
        console.out().print("\n".join(ways), soft_wrap=True)
    if older:
        console.out().print(older, soft_wrap=True)


def _held_back(engine: Engine, account: str, start: date) -> int:
    engine.projector.catch_up()
    return engine.older_invoices.stopped_by(account, start)


def _stops(account: str, found: Foreseen) -> list[str]:
    """What a value stops, in sentences; none if it stops nothing."""
    all_of_it = [f"With this nothing of {account} is sent: {words(cause)}" for cause in found.holds_all]
    return [*all_of_it, *(f"With this, invoices that use it wait: {words(cause)}" for cause in found.holds_some)]


def _ways_out(account: str, found: Foreseen) -> Iterator[str]:
    codes = {cause.code for cause in found.holds_all}
    if codes & {"account_not_payment_enabled", "account_archived", "account_is_bank"}:
        yield f"Another account: kyrios-xero connections accounts {account} --line ACCOUNT"
    if "permission_missing" in codes:
        yield f"Then give consent again, which asks for it: kyrios-xero connections connect {account}"
    if "tax_mapping_incomplete" in codes:
        yield f"Map what has no rate: kyrios-xero taxes confirm {account}"
