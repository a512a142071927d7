"""Commands that connect an account to Xero and set it up, step by step."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.vault.secret import Secret
from domain.event import Actor
from domain.tax import plain
from services.cli import console
from services.tax_sets_file import read_tax_sets

app = typer.Typer(help="Connect an account to Xero and set it up.", no_args_is_help=True)
OWNER = Actor("owner", "cli")

Account = Annotated[str, typer.Argument(help="the Kyrios account")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]


@app.command()
def connect(
    account: Account,
    answer: Annotated[str | None, typer.Option(help="the address Xero sent the browser to")] = None,
) -> None:
    """Print the link to consent at Xero and take the address Xero sends the browser to."""
    with console.engine() as engine:
        if answer is None:
            console.out().print("Open this link, agree, and paste the address you are sent to:\n")
            console.out().print(engine.set_up.begin_connect(account), markup=False, soft_wrap=True)
            answer = typer.prompt("\nAddress", hide_input=True)
        listed = engine.set_up.finish_connect(account, Secret(answer), OWNER)
        rows = [(one.organisation_id, one.name) for one in listed]
        console.out().print(console.table(["organisation", "name"], rows, title="Connected. Choose one of:"))


@app.command()
def choose(account: Account, organisation: Annotated[str, typer.Argument(help="its id")]) -> None:
    """Choose the organisation whose books these are."""
    with console.engine() as engine:
        engine.set_up.choose_organisation(account, organisation, OWNER)
    console.out().print(f"Invoices of {account} go to organisation {organisation}.")


@app.command()
def accounts(
    account: Account,
    line: Annotated[str | None, typer.Option(help="code or id of the default account for lines")] = None,
    payment: Annotated[str | None, typer.Option(help="code or id of the default account for payments")] = None,
    also: Annotated[list[str] | None, typer.Option(help="further accounts a line may name")] = None,
    as_json: AsJson = False,
) -> None:
    """List Xero's ledger accounts and why some are not offered; with --line, choose."""
    with console.engine() as engine:
        if line is not None:
            engine.set_up.choose_accounts(account, line=line, payment=payment, also=also or [], actor=OWNER)
            console.out().print("The accounts are chosen.")
            return
        listed = engine.set_up.ledger_accounts(account)
    if as_json:
        console.print_json(listed)
        return
    rows = [(a.code, a.name, a.type, "yes" if a.offered else ", ".join(a.not_offered)) for a in listed]
    console.out().print(console.table(["code", "name", "type", "offered"], rows))


@app.command()
def taxes(
    account: Account,
    declare: Annotated[Path | None, typer.Option(help="JSON list of the tax sets Kyrios offers")] = None,
    map_to: Annotated[
        list[str] | None, typer.Option("--map", help="TAX_SET=XERO_TAX_TYPE, such as gst@15=OUTPUT2")
    ] = None,
) -> None:
    """Show, declare and map tax sets. While one has no Xero rate, nothing is sent."""
    with console.engine() as engine:
        if declare is not None:
            read = read_tax_sets(declare.read_bytes())
            engine.set_up.declare_taxes(account, [one for one, _ in read], OWNER)
        for pair in map_to or ():
            key, _, tax_type = pair.rpartition("=")
            known = engine.set_up.connection(account)
            wanted = next((d.tax_set for d in known.declared or () if d.tax_set.key == key), None)
            if wanted is None:
                console.end(f"{key or pair} is no declared tax set; write it as the table shows it, then =TAX_TYPE")
            engine.set_up.map_tax(account, wanted, tax_type, OWNER)
        known = engine.set_up.connection(account)
    rows = []
    for one in known.declared or ():
        mapping = known.mappings.get(one.tax_set.key)
        rate = f"{plain(one.tax_set.effective_rate)} %"
        rows.append((one.tax_set.key, one.name, rate, mapping.tax_type if mapping else "not mapped"))
    console.out().print(console.table(["tax set", "name", "rate", "Xero rate"], rows))


@app.command(name="set")
def change_setting(account: Account, name: str, value: str) -> None:
    """Change a setting of the account, such as sync_from."""
    with console.engine() as engine:
        engine.set_up.change_setting(account, name, value, OWNER)
    console.out().print(f"{name} is {value}.")


@app.command()
def disconnect(account: Account) -> None:
    """End the connection. Mappings, contact links and the queue are kept."""
    with console.engine() as engine:
        ended = engine.set_up.disconnect(account, OWNER)
    console.out().print("Disconnected; your choices are kept." if ended else "It was not connected.")
