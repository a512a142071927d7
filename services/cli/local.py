"""Commands that need nothing but this machine: the demo, and an engine kept running beside a simulated Xero."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from services import local_xero
from services.cli import console
from services.demo.processes import CouldNotStart, simulated_xero
from services.settings import SettingsError, load_settings

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(demo)
    app.command()(serve)


def demo(
    examples: Annotated[Path, typer.Option(help="the folder of the story's files")] = EXAMPLES,
) -> None:
    """Tell the product's story: invoices go to a simulated Xero, an answer is lost, a worker killed, the books agree."""
    from services.demo.stage import set_stage
    from services.demo.story import Story

    _end_on_sigterm()
    out = console.out()
    try:
        settings = load_settings({k: v for k, v in os.environ.items() if k in ("KYRIOS_XERO_HOME", "KYRIOS_XERO_PG_BIN", "HOME", "XDG_DATA_HOME")})
        with console.explained(), set_stage(settings, examples) as stage:
            agreed = Story(stage, examples, out).tell()
    except SettingsError as error:
        console.end("\n".join(error.problems), console.EXIT_CONFIGURATION)
    except (CouldNotStart, TimeoutError) as error:
        console.end(f"The demo stopped: {error}", console.EXIT_UNCLEAN)
    except KeyboardInterrupt:
        console.end("Stopped; everything is put away.", 130)
    if not agreed:
        raise typer.Exit(console.EXIT_UNCLEAN)


def _end_on_sigterm() -> None:
    """Let SIGTERM unwind as Ctrl-C does, so that nothing is left running."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
