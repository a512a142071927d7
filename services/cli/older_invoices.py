"""The command about invoices from before the start of syncing: show them, send them, or leave them out."""

from datetime import date
from typing import Annotated

import typer
from rich.console import Console

from domain import connection as connections
from domain.event import Actor
from domain.money import Money
from domain.streams import connection_id
from services.bootstrap import Engine
from services.cli import console
from services.cli.days import day
from services.older_invoices import OlderPreview

OWNER = Actor("owner", "cli")


def register(app: typer.Typer) -> None:
    """Add the command to the group of invoices."""
    app.command()(backfill)


def backfill(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    earliest: Annotated[str | None, typer.Option("--from", help="only those dated on this day or later")] = None,
    latest: Annotated[str | None, typer.Option("--to", help="only those dated on this day or earlier")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="show what would be done, and change nothing")] = False,
    leave_out: Annotated[bool, typer.Option("--leave-out", help="leave them out instead of sending them")] = False,
    because: Annotated[str | None, typer.Option(help="why they are left out; kept")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do it without asking")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Send the invoices that wait because they are older than sync_from, or leave them out.

    All of them, or those of a range of dates. Repeating it does what is left to do.
    """
    if leave_out and because is None and not preview:
        console.end("Say why they are left out: --because TEXT.")
    with console.engine() as engine:
        first, last = day("--from", earliest), day("--to", latest)
        engine.projector.catch_up()
        found = engine.older_invoices.preview(account, first, last)
        if preview or not found.invoices:
            _show(found, as_json)
            return
        if not yes:
            show_preview(found, console.errors())
            console.confirm(f"{'Leave out' if leave_out else _send(found)} {console.count(found.invoices, 'invoice')}?")
        done = _carry_out(engine, account, first, last, because if leave_out else None)
    if as_json:
        console.print_json({"left_out" if leave_out else "released": done, "preview": found})
        return
    invoices = console.count(done, "invoice")
    console.out().print(
        f"{invoices} left out." if leave_out else f"{invoices} released. {_when(found)}", soft_wrap=True
    )


def confirm_what_goes(engine: Engine, account: str, start: date) -> None:
    """Ask before an earlier start of syncing sends invoices that wait as older ones; nothing to ask if none would."""
    known = engine.store.load(connection_id(account), connections.evolve)
    if known is None or known.sync_from is None or start >= known.sync_from:
        return
    engine.projector.catch_up()
    found = engine.older_invoices.preview(account, earliest=start)
    if found.invoices:
        show_preview(found, console.errors())
        console.confirm(f"{_send(found)} {console.count(found.invoices, 'invoice')}?")


def what_waits(number: int, start: date) -> str:
    """That a later start of syncing holds invoices back that would go otherwise."""
    more, they = ("invoice more waits", "it is") if number == 1 else ("invoices more wait", "they are")
    return f"With this {number:,} {more}, as {they} from before {start}."


def older_invoices_wait(engine: Engine, account: str) -> str | None:
    """The question set-up asks about older invoices that wait, with the commands that answer it; None if none do.

    None, too, before the first connect: no day is known yet before which an invoice would be older.
    """
    known = engine.store.load(connection_id(account), connections.evolve)
    if known is not None and known.sync_from is None:
        return None
    engine.projector.catch_up()
    found = engine.older_invoices.preview(account)
    if not found.invoices:
        return None
    wait = f"{console.count(found.invoices, 'older invoice')} {'waits' if found.invoices == 1 else 'wait'}"
    command = f"kyrios-xero invoices backfill {account}"
    return (
        f"{wait} from before {found.sync_from}: send or leave out?\n  {command} --preview\n"
        f"  {command} [--from DAY] [--to DAY]\n  {command} --leave-out --because REASON"
    )


def show_preview(found: OlderPreview, out: Console) -> None:
    """The invoices in question by currency, and when they would be in Xero."""
    if not found.invoices:
        out.print(f"No invoice from before {found.sync_from} waits.")
        return
    out.print(
        f"{console.count(found.invoices, 'invoice')} dated {found.earliest} to {found.latest}, from before "
        f"{found.sync_from}:",
        soft_wrap=True,
    )
    rows = [(one.currency, f"{one.invoices:,}", Money(one.total, one.currency)) for one in found.sums]
    console.show(console.table(["currency", "invoices", "total"], rows, numbers=["invoices", "total"]), out)
    out.print(_when(found), soft_wrap=True)


def _carry_out(engine: Engine, account: str, first: date | None, last: date | None, because: str | None) -> int:
    with console.counting("older invoices", "done") as progress:
        older = engine.older_invoices
        if because is None:
            return older.release(account, OWNER, first, last, progress)
        return older.leave_out(account, OWNER, because, first, last, progress)


def _show(found: OlderPreview, as_json: bool) -> None:
    if as_json:
        console.print_json(found)
    else:
        show_preview(found, console.out())


def _send(found: OlderPreview) -> str:
    """What is asked: those that wait for something else, too, are let go, and not sent yet."""
    return "Release" if found.also_held else "Send"


def _when(found: OlderPreview) -> str:
    """When those that go would be in Xero, and how many wait on."""
    return "\n".join(said for said in (_waiting_on(found), _sending(found)) if said)


def _waiting_on(found: OlderPreview) -> str:
    if not found.also_held:
        return ""
    wait, it, go = ("waits", "it", "goes") if found.also_held == 1 else ("wait", "they", "go")
    if found.go:
        return f"{found.also_held:,} of them {wait} for something else, too, and {go} once that is fixed."
    who = "It" if found.also_held == 1 else "All of them"
    return f"{who} {wait} for something else, too: nothing is sent now, and {it} {go} once that is fixed."


def _sending(found: OlderPreview) -> str:
    if not found.go:
        return ""
    first = "entry that goes first" if found.ahead == 1 else "entries that go first"
    behind = f", behind {found.ahead:,} {first}" if found.ahead else ""
    them = "the others" if found.also_held else "them"
    takes = f"Sending {them} takes {console.count(found.calls, 'call')} to Xero{behind}"
    if found.finished_at is None:
        return f"{takes}: about {_lasting(found.seconds)} once the connection may send."
    return f"{takes}; they are there at about {found.finished_at:%H:%M} UTC on {found.finished_at:%d %B %Y}."


def _lasting(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return console.count(minutes, "minute") if minutes < 120 else console.count(round(minutes / 60), "hour")
