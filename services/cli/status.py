"""The command that says where accounts stand."""

from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from domain.connection_words import TOLD_BY_STATE, left_to_say
from domain.money import Money
from domain.streams import connection_id
from services.cli import console
from services.cli.nobody_told import nobody_told
from services.contacts.import_standing import imports
from services.mailing.reach import reach_of
from services.views.account_status import AccountStatus, StatusAnswer, status_of
from services.views.organisation_names import organisation_names
from services.views.quiet_times import quiet_times


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(
    account: Annotated[str | None, typer.Argument(help="the Kyrios account; all if left out")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Show where each account's connection and invoices stand."""
    with console.engine() as engine:
        contacts = imports(engine.store, engine.read)
        quiet = quiet_times(engine.store, engine.read, None if account is None else [connection_id(account)])
        # A copy of a history knows no addresses, and tells nobody.
        mails = None if engine.store.is_copy else reach_of(engine.store)
        names = partial(organisation_names, engine.store)
        answer = status_of(engine.store.head(), engine.read, account, contacts, quiet, mails, names)
    if as_json:
        console.print_json(answer)
        return
    _render(answer, console.out())


def _render(answer: StatusAnswer, out: Console) -> None:
    if not answer.accounts:
        out.print("No account is known yet.")
    for account in answer.accounts:
        _render_account(account, out)
    behind = f"; the log is at {answer.head}" if answer.head > answer.as_of else ""
    out.print(f"As of position {answer.as_of}{behind}.")


def _render_account(account: AccountStatus, out: Console) -> None:
    named = f"{account.organisation} ({account.organisation_id})" if account.organisation else account.organisation_id
    organisation = f", organisation {named}" if account.organisation_id else ""
    out.print(f"{account.account_id}: {account.status}{organisation}", markup=False, soft_wrap=True)
    said = account.words if account.status in TOLD_BY_STATE else ""
    if said:
        out.print(f"  {said}", markup=False, soft_wrap=True)
    for cause in left_to_say(account.status, said, account.held_by):
        out.print(f"  held back: {cause.words} ({', '.join(cause.who) or 'nobody'} must act)")
    if account.mails and account.connected_at and (nobody := nobody_told(account.account_id, account.mails)):
        out.print(f"  {nobody}")
    if account.quiet:
        out.print(f"  {account.quiet.words}")
    if account.contacts:
        out.print(f"  contacts: {account.contacts.words}")
    out.print(f"  {account.invoices}")
    if account.sums:
        rows = [("", s.status, f"{s.invoices:,}", Money(s.total, s.currency)) for s in account.sums]
        console.show(console.table(["", "status", "invoices", "total"], rows, numbers=["invoices", "total"]), out)
    out.print()
