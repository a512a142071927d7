"""Commands for what people do with invoices: retry, dismiss, restore, reviewed, void; one, many, or all that fit."""

from typing import Annotated

import typer

from domain.event import Actor
from services.actions.action import Action
from services.actions.choice import Fitting, Named
from services.actions.leaving_out import BringBack, LeaveOut
from services.actions.report import Report
from services.actions.retry import Retry
from services.actions.settling import Settle
from services.actions.voiding import Void
from services.bootstrap import Engine
from services.cli import console
from services.cli.complaints import EXIT_UNCLEAN, sentence
from services.cli.days import day
from services.cli.reports import show_report

OWNER, BACKEND = Actor("owner", "cli"), Actor("backend", "cli")

Account = Annotated[str, typer.Argument(help="the Kyrios account")]
Invoices = Annotated[list[str] | None, typer.Argument(help="invoices, each by its Kyrios id or its number")]
Cause = Annotated[str | None, typer.Option(help="all with this cause, such as contact_missing")]
First = Annotated[str | None, typer.Option("--from", help="all dated on this day or later")]
Last = Annotated[str | None, typer.Option("--to", help="all dated on this day or earlier")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="show what would be done to which, and change nothing")]
Yes = Annotated[bool, typer.Option("--yes", help="do it without asking")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]


def register(app: typer.Typer) -> None:
    """Add the commands to the group of invoices."""
    for command in (retry, dismiss, restore, reviewed, void):
        app.command()(command)


def retry(
    account: Account,
    invoices: Invoices = None,
    cause: Cause = None,
    first: First = None,
    last: Last = None,
    all_failed: Annotated[bool, typer.Option("--all-failed", help="all that failed, and changes that did")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Try invoices again that failed or are blocked; everything is checked afresh. Fixed causes need no retry."""
    with console.engine() as engine:
        choice = _choice(invoices, cause, first, last, failed=all_failed)
        _carry_out(engine, account, choice, Retry(), OWNER, dry_run, yes, as_json)


def dismiss(
    account: Account,
    invoices: Invoices = None,
    reason: Annotated[str, typer.Option(help="why they are left out; kept")] = "",
    cause: Cause = None,
    first: First = None,
    last: Last = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Leave invoices out of Xero. They are kept, and can be brought back with restore."""
    with console.engine() as engine:
        choice = _choice(invoices, cause, first, last)
        _carry_out(engine, account, choice, LeaveOut(_given(reason)), OWNER, dry_run, yes, as_json)


def restore(
    account: Account,
    invoices: Invoices = None,
    reason: Annotated[str, typer.Option(help="why they go after all; kept")] = "",
    cause: Cause = None,
    first: First = None,
    last: Last = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Bring back invoices that were left out; everything is checked afresh."""
    with console.engine() as engine:
        choice = _choice(invoices, cause, first, last)
        _carry_out(engine, account, choice, BringBack(_given(reason)), OWNER, dry_run, yes, as_json)


def reviewed(
    account: Account,
    invoices: Invoices = None,
    reason: Annotated[str, typer.Option(help="what came of the look; kept")] = "",
    cause: Annotated[str | None, typer.Option(help="only reviews with this cause, such as edit_refused")] = None,
    first: First = None,
    last: Last = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Say that somebody has looked at invoices in Xero that needed it. Nothing is sent."""
    with console.engine() as engine:
        choice = Named(tuple(invoices)) if invoices and not (first or last) else _choice(invoices, cause, first, last)
        _carry_out(engine, account, choice, Settle(_given(reason), cause), OWNER, dry_run, yes, as_json)


def void(
    account: Account,
    invoices: Annotated[list[str], typer.Argument(help="invoices, each by its Kyrios id or its number")],
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Void invoices: they are not sent any more, or voided in Xero if they are there. Nothing brings them back."""
    with console.engine() as engine:
        _carry_out(engine, account, Named(tuple(invoices)), Void(), BACKEND, dry_run, yes, as_json)


def _choice(
    invoices: list[str] | None, cause: str | None, first: str | None, last: str | None, *, failed: bool = False
) -> Named | Fitting:
    fitting = Fitting(cause=cause, earliest=day("--from", first), latest=day("--to", last), failed=failed)
    if invoices and fitting != Fitting():
        console.end("Name the invoices, or say which are meant by options; not both.")
    if invoices:
        return Named(tuple(invoices))
    if fitting == Fitting():
        console.end("Say which invoices are meant: name them, or give --cause, --from or --to.")
    if failed and cause is not None:
        console.end("Give --cause or --all-failed, not both.")
    return fitting


def _given(reason: str) -> str:
    return reason or console.end("Say why: --reason TEXT.")


def _carry_out(
    engine: Engine,
    account: str,
    choice: Named | Fitting,
    action: Action,
    actor: Actor,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    engine.projector.catch_up()
    if dry_run:
        _tell(_done(engine, account, choice, action, actor, dry_run=True), choice, as_json)
        return
    for_ever = isinstance(action, Void)
    if (for_ever or isinstance(choice, Fitting)) and not yes:
        would = _done(engine, account, choice, action, actor, dry_run=True)
        if not would.how_many("done"):
            _tell(would, choice, as_json)
            return
        show_report(would, console.errors())
        lost = ", which cannot be undone" if for_ever else ""
        console.confirm(f"{console.count(would.how_many('done'), 'invoice')} to be {action.done}{lost}. Do it?")
    _tell(_done(engine, account, choice, action, actor, dry_run=False), choice, as_json)


def _done(
    engine: Engine, account: str, choice: Named | Fitting, action: Action, actor: Actor, *, dry_run: bool
) -> Report:
    with console.counting("looking at invoices" if dry_run else action.name, "invoices") as progress:
        return engine.actions(account, choice, action, actor, dry_run=dry_run, progress=progress)


def _tell(report: Report, choice: Named | Fitting, as_json: bool) -> None:
    refused, alone = report.how_many("refused"), isinstance(choice, Named) and len(report.invoices) == 1
    if alone and refused and not as_json:
        console.end(sentence(report.invoices[0].why))
    if as_json:
        console.print_json(report)
    elif alone:
        (one,) = report.invoices
        would = " would be" if report.dry_run and one.result == "done" else " is"
        console.out().print(f"{one.asked}{would} {one.why}.")
    else:
        show_report(report, console.out())
    if refused:
        raise typer.Exit(EXIT_UNCLEAN)
