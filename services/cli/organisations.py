"""Commands about organisations: which ones a consent reaches, which one an account's invoices go to, what it is."""

import sys
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console

from adapters.xero.answers import XeroConnection
from domain.connection import Connection
from domain.connection_words import TOLD_BY_STATE, called, left_to_say
from domain.event import Actor
from domain.refusals import OrganisationInUse
from domain.streams import connection_id
from services.bootstrap import Engine
from services.cli import console
from services.cli.choosing_books import what_helps
from services.cli.older_invoices import older_invoices_wait
from services.contacts.import_standing import imports
from services.set_up.organisation import Choice
from services.views.organisation_status import OrganisationStatus, organisation_of

OWNER: Final = Actor("owner", "cli")
Account = Annotated[str, typer.Argument(help="the Kyrios account")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]

_PICKED: Final = {
    "organisation_changed": "waits to be confirmed",
    "organisation_in_use": "belongs to another account",
}
"""What became of the organisation that was picked last and is not used."""
LEFT_BEHIND: Final = (
    "These do not carry over: the chosen ledger accounts, the tax mappings, the links of customers to Xero contacts, "
    "and the contact directory. Invoices that are in {former} stay there; their updates, voids and payments wait for "
    "it and never go to another organisation. Invoices that are not in Xero yet go to {picked}, once it is set up. "
    "In Xero our access to {former} is removed."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the group of connections."""
    for command in (organisations, choose, show):
        app.command()(command)


def organisations(account: Account, as_json: AsJson = False) -> None:
    """List the organisations the present consent reaches."""
    with console.engine(console.settings_with_xero()) as engine:
        listed = engine.set_up.organisations(account)
        known = engine.set_up.connection(account)
        chosen = known.organisation_id
    if as_json:
        console.print_json(
            [
                {"organisation_id": o.organisation_id, "name": o.name, "chosen": o.organisation_id == chosen}
                for o in listed
            ]
        )
        return
    show_listed(account, listed, console.out(), chosen if known.xero_connection_id else None)


def choose(
    account: Account,
    organisation: Annotated[str, typer.Argument(help="its id")],
    start_afresh: Annotated[
        bool, typer.Option("--start-afresh", help="leave the organisation used so far for this one, without asking")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Choose the organisation whose books these are. Another one than before has to be confirmed."""
    with console.engine(console.settings_with_xero()) as engine:
        try:
            choice = engine.set_up.choose_organisation(account, organisation, OWNER, start_afresh=start_afresh)
        except OrganisationInUse as taken:
            console.end(f"{taken}{_goes_on(engine, account)}")
        if choice.former is not None and _confirmed(*_both(choice)):
            choice = engine.set_up.choose_organisation(account, organisation, OWNER, start_afresh=True)
        older = None if as_json or choice.former is not None else older_invoices_wait(engine, account)
        known = engine.set_up.connection(account)
    if choice.goes_on:
        former, picked = _both(choice)
        console.end(
            f"Nothing was changed: invoices of {account} go to {former}, as before. To start afresh with {picked}: "
            f"kyrios-xero connections choose {account} {organisation} --start-afresh"
        )
    if choice.former is not None:
        again = f"kyrios-xero connections choose {account}"
        former, picked = _both(choice)
        console.end(
            f"Nothing is sent until you decide. Start afresh with {picked}: {again} {organisation} --start-afresh. Or "
            f"go back to {former}: {again} {choice.former} (connect again and pick it in Xero, if this consent does "
            "not reach it)."
        )
    if as_json:
        console.print_json({**msgspec.structs.asdict(choice), "sync_from": known.sync_from})
    else:
        console.out().print(f"Invoices of {account} go to {choice.name} ({organisation}).", soft_wrap=True)
        console.out().print(_starts(known), soft_wrap=True)
        if older:
            console.out().print(f"\n{older}", soft_wrap=True)


def show(account: Account, as_json: AsJson = False) -> None:
    """Show the organisation an account's invoices go to, as Xero last described it."""
    with console.engine() as engine:
        found = organisation_of(engine.store, account)
        contacts = imports(engine.store, engine.read).get(connection_id(account))
        found = msgspec.structs.replace(found, contacts=contacts)
        helps = what_helps(engine.set_up.connection(account), [cause.code for cause in found.held_by])
    if as_json:
        console.print_json(found)
    else:
        _render(found, helps, console.out())


def show_listed(account: str, listed: Sequence[XeroConnection], out: Console, chosen: str | None = None) -> None:
    """The organisations to choose from, and how."""
    if not listed:
        out.print(f"This consent reaches no organisation; connect again: kyrios-xero connections connect {account}")
        return
    rows = [(o.organisation_id, o.name, "chosen" if o.organisation_id == chosen else "") for o in listed]
    console.show(console.table(["organisation", "name", ""], rows), out)
    if chosen is None:
        out.print(
            f"Choose whose books these are: kyrios-xero connections choose {account} ORGANISATION", soft_wrap=True
        )


def _starts(known: Connection) -> str:
    """From which day on invoices are synced, why that one, and how to take another."""
    if "sync_from" in known.settings:
        why = "as it was set"
    elif known.first_day is not None:
        why = "the day of the first connect in its time zone"
    else:
        why = "the day of the first connect by UTC, as its time zone is not known here"
    return (
        f"Invoices dated {known.sync_from} or later are synced, older ones wait ({why}). "
        f"Another day: kyrios-xero connections set {known.account_id} sync_from DAY"
    )


def _both(choice: Choice) -> tuple[str, str]:
    """The organisation used so far and the one that was picked, as people know them."""
    names = {choice.former or "": choice.former_name, choice.organisation_id: choice.name}
    return called(choice.former or "", names), called(choice.organisation_id, names)


def _confirmed(former: str, picked: str) -> bool:
    """Say what is left behind and ask; only a person at a terminal can say yes."""
    console.errors().print(LEFT_BEHIND.format(former=former, picked=picked), soft_wrap=True)
    return sys.stdin.isatty() and typer.confirm(f"Start afresh with {picked}?", default=False, err=True)


def _goes_on(engine: Engine, account: str) -> str:
    """What a refusal leaves as it was, of a connection that works."""
    known = organisation_of(engine.store, account)
    if not engine.set_up.connection(account).xero_connection_id or known.organisation_id is None:
        return ""
    there = called(known.organisation_id, {known.organisation_id: known.name})
    return f" Nothing was changed: invoices of {account} go to {there}, as before."


def _render(found: OrganisationStatus, helps: str, out: Console) -> None:
    names = {found.picked or "": found.picked_name}
    rows = [
        ("account", found.account_id),
        ("state", found.state),
        (
            "organisation",
            f"{found.name or 'not read yet'} ({found.organisation_id})" if found.organisation_id else "none",
        ),
        ("currency", found.currency),
        ("country", found.country),
        ("plan", found.plan),
        ("demo company", {True: "yes", False: "no", None: ""}[found.is_demo]),
        ("time zone", found.timezone),
        ("synced from", found.sync_from),
        ("lock date", found.period_lock_date),
        ("end of year lock date", found.end_of_year_lock_date),
        ("contacts", found.contacts.words if found.contacts else ""),
        ("rights missing", " ".join(found.missing_rights)),
        (_PICKED.get(found.withheld or "", "picked"), called(found.picked, names) if found.picked else ""),
        ("read from Xero", found.read_at.isoformat(timespec="seconds") if found.read_at else "not yet"),
    ]
    console.show(console.table(["", ""], [(name, value or "-") for name, value in rows]), out)
    said = found.words if found.state in TOLD_BY_STATE else ""
    if said:
        out.print(said, markup=False, soft_wrap=True)
    for cause in left_to_say(found.state, said, found.held_by):
        out.print(f"held back: {cause.words} ({', '.join(cause.who) or 'nobody'} must act)", soft_wrap=True)
    if helps:
        out.print(helps, markup=False, soft_wrap=True)
    for removal in found.removals:
        out.print(removal.words, soft_wrap=True)
