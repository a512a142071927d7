"""Commands about what Xero says: read it again now, and see which of its rates might stand for a tax set."""

from typing import Annotated

import typer

from domain.causes import words
from services.bootstrap import Engine
from services.cli import console


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    app.command()(refresh)


def refresh(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Check again: read accounts, rates, currencies and lock dates now, and let go what is no longer held back."""
    with console.engine() as engine:
        engine.projector.catch_up()
        found = engine.references.refresh(account)
    said = [words(cause) for cause in found.drifted]
    if as_json:
        console.print_json({"released": found.released, "drifted": found.drifted, "words": said})
        return
    out = console.out()
    out.print("Xero was read again. " + ("Everything chosen qualifies." if not said else "Not everything qualifies:"))
    for sentence in said:
        out.print(f"  {sentence}", markup=False)
    count = found.released
    out.print(f"{count} invoice{'' if count == 1 else 's'} that waited for it {'is' if count == 1 else 'are'} queued.")


def show_suggestions(engine: Engine, account: str, as_json: bool) -> None:
    """Which Xero rate each declared tax set might be mapped to, and why; nothing is mapped."""
    found = engine.set_up.suggest_taxes(account)
    rows = [(one.tax_set.key or "none", one.name, made.tax_type or "none", made.reason) for one, made in found]
    if as_json:
        names = ("tax_set", "name", "suggested", "reason")
        console.print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        console.out().print(console.table(["tax set", "name", "suggested", "why"], rows))
