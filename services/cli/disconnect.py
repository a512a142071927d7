"""The command that ends a connection."""

from typing import Annotated

import typer

from domain.departing import is_kept_for
from domain.event import Actor
from domain.refusals import NotPossible
from services.bootstrap import Engine
from services.cli import console
from services.views.account_status import status_of
from services.views.organisation_status import organisation_of

OWNER = Actor("owner", "cli")


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    app.command()(disconnect)


def disconnect(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """End the connection, here and in Xero. Mappings, contact links and the queue are kept.

    One that ended by itself keeps its organisation reserved; this frees it for another account.
    """
    with console.engine() as engine:
        known, waiting = engine.set_up.connection(account), _waiting(engine, account)
        if known.grant_id is not None and not yes:
            where = f" from {_named(engine, account)}" if known.organisation_id else ""
            console.errors().print(
                f"Account {account} is disconnected{where}: nothing goes to Xero any more, the connection is removed "
                "there, and the tokens are destroyed.\nKept: settings, ledger accounts, tax mappings, contact links, "
                f"and the queue ({console.count(waiting, 'invoice')} not in Xero yet). Reconnecting goes on there.",
                soft_wrap=True,
            )
            console.confirm("Disconnect?")
        freed = _named(engine, account) if is_kept_for(known) else None
        if freed is not None and not yes:
            console.errors().print(
                f"Account {account} is disconnected already, not by its user, so {freed} is kept for it. Ended by its "
                "user, another account may take that one. Your choices are kept.",
                soft_wrap=True,
            )
            console.confirm("Free it?")
        ended = engine.set_up.disconnect(account, OWNER)
    if as_json:
        found = {"account": account, "disconnected": ended, "waiting": waiting}
        console.print_json(found | ({"freed": known.organisation_id} if freed is not None else {}))
    elif freed is not None:
        console.out().print(
            f"It was disconnected already. {freed[:1].upper()}{freed[1:]} is no longer kept for it: another account "
            "may take it now, or this one by connecting again. Your choices are kept.",
            markup=False,
            soft_wrap=True,
        )
    elif ended:
        kept = f"; {console.count(waiting, 'invoice')} not in Xero yet" if waiting else ""
        console.out().print(f"Disconnected; your choices are kept{kept}.")
    else:
        console.out().print("It was not connected.")


def _named(engine: Engine, account: str) -> str:
    """Its organisation as people know it."""
    found = organisation_of(engine.store, account)
    return f"{found.name} ({found.organisation_id})" if found.name else f"organisation {found.organisation_id}"


def _waiting(engine: Engine, account: str) -> int:
    """The account's invoices that are not in Xero and wait for it, as of the projections."""
    try:
        (status,) = status_of(engine.store.head(), engine.read, account).accounts
    except NotPossible:
        return 0
    return status.invoices.waiting + status.invoices.in_flight
