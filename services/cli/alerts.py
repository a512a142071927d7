"""Commands about mails: who gets them, which were sent, and one to try whether they arrive."""

from typing import Annotated, Final

import typer

from adapters.smtp.errors import MailTrouble
from domain.event import Actor
from services.cli import console
from services.cli.complaints import EXIT_UNCLEAN
from services.cli.given_options import named_in_faults
from services.mailing.alert_recipients import Recipient
from services.mailing.post_office import folder_of
from services.mailing.sent_alerts import AlertHistory

app = typer.Typer(help="The mails an account gets about its connection to Xero.", no_args_is_help=True)
OWNER: Final = Actor("owner", "cli")
Account = Annotated[str, typer.Argument(help="the Kyrios account")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]


@app.callback()
def _group() -> None:
    """The mails an account gets about its connection to Xero."""


@app.command()
def recipients(
    account: Account,
    add: Annotated[list[str] | None, typer.Option(help="an address that is to get the mails")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="an address that is not to get them any more")] = None,
    as_json: AsJson = False,
) -> None:
    """List who gets the account's mails, and add or remove addresses."""
    with console.engine() as engine:
        if add or remove:
            with named_in_faults(add=add, remove=remove):
                found = engine.alert_recipients.change(account, OWNER, add or (), remove or ())
        else:
            found = engine.alert_recipients.listed(account)
        copy = engine.store.is_copy
    if as_json:
        console.print_json(found)
    elif copy:
        console.out().print("A copy of a history knows no addresses, and tells nobody.")
    elif not found:
        console.out().print(f"Nobody gets the mails of {account}. Add somebody with --add ADDRESS.")
    else:
        console.show(
            console.table(["address", "mails"], [(one.address, _standing(one)) for one in found]), console.out()
        )


@app.command(name="list")
def list_sent(
    account: Account,
    months: Annotated[int, typer.Option(min=1, max=24, help="how many months back, this one being the first")] = 3,
    as_json: AsJson = False,
) -> None:
    """List the mails that were sent, the newest first, and those that have not arrived."""
    with console.engine() as engine:
        history = engine.sent_alerts.of(account, months)
    if as_json:
        console.print_json(history)
        return
    out = console.out()
    if history.paused_until is not None:
        out.print(f"No mail goes out before {history.paused_until:%H:%M} UTC: {history.paused_for}.\n")
    if not history.sent and not history.unsent:
        out.print(f"No mail was sent for {account}.")
        return
    console.show(console.table(["when", "about", "cause", "to"], _rows(history)), out)


@app.command(name="test")
def try_one(
    account: Account,
    to: Annotated[list[str] | None, typer.Option(help="an address; without it, everybody the account tells")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a mail now, to see whether mails arrive."""
    with console.engine() as engine:
        try:
            with named_in_faults(to=to):
                told = engine.try_mail(account, to or ())
        except MailTrouble as trouble:
            console.end(f"The mail server did not take it: {_in_words(trouble)} ({trouble.word}).", EXIT_UNCLEAN)
        folder = folder_of(engine.settings)
    if as_json:
        console.print_json({"sent_to": told, "kept_in": str(folder) if folder else None})
        return
    console.out().print(f"Sent to {', '.join(told)}.", markup=False)
    if folder:
        console.out().print(f"No mail server is set, so it lies in {folder}.", markup=False, soft_wrap=True)


def _standing(one: Recipient) -> str:
    return f"refused by their mail server for good ({one.refused_for})" if one.refused_for else "gets them"


def _rows(history: AlertHistory) -> list[tuple[str, str, str, str]]:
    waiting = [
        (f"{one.state.lower()}{f' ({one.why})' if one.why else ''}", one.kind, one.cause_code, one.to)
        for one in history.unsent
    ]
    sent = [(f"{one.sent_at:%Y-%m-%d %H:%M}", one.kind, one.cause_code, one.to) for one in history.sent]
    return waiting + sent


def _in_words(trouble: MailTrouble) -> str:
    said = {
        "ServerAway": "it is not reachable, or too busy",
        "SenderRefused": "it refuses us, our password, our sender, or cannot prove who it is",
        "RecipientRefused": "it knows no such address",
        "RelayRefused": "it passes no mail of ours on to there: look at our password, our sender and its rules",
        "OutcomeUnclear": "the connection broke, so it may have arrived all the same",
    }
    return said.get(type(trouble).__name__, "it may take it later")
