"""Commands about the keys that seal what is stored: which are needed, and moving everything to the first one.

No command shows a key, or anything that is sealed under one.
"""

import sys
from typing import Annotated

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from services.cli import console
from services.cli.complaints import EXIT_UNCLEAN
from services.key_rotation import KeyUse, Rotated

app = typer.Typer(help="The keys that seal tokens and personal data.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]


@app.callback()
def _group() -> None:
    """The keys that seal tokens and personal data."""


@app.command(name="show")
def show_keys(as_json: AsJson = False) -> None:
    """List the keys by their ids, and how many rows need each. Ends with 1 if one that is needed is not configured."""
    with console.engine() as engine:
        uses = engine.vault.rotation.uses()
    if as_json:
        console.print_json([{**msgspec.structs.asdict(use), "needed": use.needed} for use in uses])
    elif not uses:
        console.out().print("Nothing is sealed in this database, the copy of a history, so it needs no key.")
    else:
        sorts = list(uses[0].rows)
        rows = [(use.key_id, _role(use), *(f"{use.rows[sort]:,}" for sort in sorts)) for use in uses]
        console.show(console.table(["key", "is", *sorts], rows, numbers=sorts), console.out())
    if not all(use.configured for use in uses):
        raise typer.Exit(EXIT_UNCLEAN)


@app.command()
def rotate(as_json: AsJson = False) -> None:
    """Seal everything anew under the first key of KYRIOS_XERO_SECRET_KEYS, while the engine works.

    Stopped at any point, it goes on where it was when it is repeated. Ends with 1 if another key is still needed.
    """
    with console.engine() as engine, _progress() as progress:
        engine.vault.check()
        task = progress.add_task("rows sealed anew", total=None)
        rotated = engine.vault.rotation.rotate(
            lambda done, total: progress.update(task, completed=done, total=total or 1)
        )
    if as_json:
        console.print_json(rotated)
    else:
        _say(rotated)
    if rotated.unreadable or rotated.still_needed:
        raise typer.Exit(EXIT_UNCLEAN)


def _say(rotated: Rotated) -> None:
    out = console.out()
    out.print(f"{console.count(rotated.done, 'row')} sealed anew under {rotated.key_id}.")
    if rotated.unreadable:
        one = "row did not open under its own key and stays as it is."
        many = "rows did not open under their own key and stay as they are."
        out.print(console.count(rotated.unreadable, one, many))
    elif rotated.still_needed:
        held = " and ".join(f"{console.count(use.needed, 'row')} under {use.key_id}" for use in rotated.still_needed)
        out.print(
            f"There are {held} again: a process still seals with another key. Restart them all with "
            f"{rotated.key_id} first, then repeat this."
        )
    else:
        out.print("No other key is needed any more.")


def _role(use: KeyUse) -> str:
    if not use.configured:
        return "MISSING" if use.key_id else "damaged rows"
    if use.primary:
        return "seals and opens"
    return "opens" if use.needed else "opens, not needed"


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console.errors(), transient=True, disable=not sys.stderr.isatty())
