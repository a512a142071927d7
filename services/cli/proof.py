"""Commands that prove or renew: the tables against the log."""

import sys
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from projections.recorded import BadEvent
from services.cli import console
from services.cli.complaints import EXIT_UNCLEAN
from services.proof.rebuild import RebuildRefused
from services.proof.rebuild import rebuild as rebuild_projections
from services.proof.verify import Verified
from services.proof.verify import verify as verify_tables


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (verify, rebuild):
        app.command()(command)


def verify(as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False) -> None:
    """Replay the log and compare: conservation, open entries, gates, every row. Ends with 1 if anything differs."""
    with console.engine() as engine:
        verified = verify_tables(engine.read)
    if as_json:
        console.print_json(verified)
    else:
        _render(verified)
    if not verified.clean:
        raise typer.Exit(EXIT_UNCLEAN)


def rebuild(as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False) -> None:
    """Fold the log anew into fresh tables and put them in the place of the old ones."""
    with console.engine() as engine, _progress() as progress:
        task = progress.add_task("events", total=None)
        try:
            done = rebuild_projections(
                engine.read, lambda reached, end: progress.update(task, completed=reached, total=end)
            )
        except (BadEvent, RebuildRefused) as error:
            console.end(f"Nothing was changed: {error}")
    if as_json:
        console.print_json(done)
        return
    made = ", ".join(f"{name} {number}" for name, number in done.rows.items())
    rate = done.events / done.seconds
    console.out().print(f"{console.count(done.events, 'event')} in {done.seconds:.1f} s ({rate:,.0f}/s): {made}.")
    console.out().print(f"As of position {done.position}.")


def _render(verified: Verified) -> None:
    out = console.out()
    for place in verified.conservation:
        out.print(f"{place.account_id}: {place}")
    for finding in verified.findings:
        out.print(f"  {finding}")
    if verified.found > len(verified.findings):
        out.print(f"  … and {verified.found - len(verified.findings)} more")
    if verified.head > verified.position:
        out.print(f"The projections are at position {verified.position}, the log at {verified.head}.")
    out.print(verified.summary() if verified.clean else f"Not clean: {verified.found} found.")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    return Progress(*columns, console=console.errors(), transient=True, disable=not sys.stderr.isatty())
