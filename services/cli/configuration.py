"""Commands about the configuration."""

from typing import Annotated

import typer

from services.cli import console

app = typer.Typer(help="The settings of this process.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The settings of this process."""


@app.command()
def show(as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False) -> None:
    """Show every setting; what may hold a secret is masked."""
    shown = console.settings().redacted()
    if as_json:
        console.print_json(shown)
    else:
        console.show(console.table(["variable", "value"], list(shown.items())), console.out())
