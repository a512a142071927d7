"""Commands that need nothing but this machine: the demo, and an engine kept running beside a simulated Xero."""

import os
from pathlib import Path
from typing import Annotated

import httpx
import typer

from services import local_xero
from services.cli import console
from services.cli.complaints import EXIT_INTERRUPTED, EXIT_UNCLEAN
from services.cli.processes import check_complete
from services.cli.simulator import ControlPort, Port
from services.demo.books import BooksUnreadable
from services.demo.processes import CouldNotStart
from services.running import until_told
from services.settings import load_settings

PASSED_ON = ("KYRIOS_XERO_HOME", "KYRIOS_XERO_PG_BIN", "HOME", "XDG_DATA_HOME")
"""What the demo takes from the environment: where it may put its files. All else is the story's own."""

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
STORY_WIDTH = 100


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(demo)
    app.command()(serve)


def demo(
    examples: Annotated[Path, typer.Option(help="the folder of the story's files")] = EXAMPLES,
) -> None:
    """Tell the product's story: an answer is lost, a worker is killed, and the books still agree."""
    from services.demo.breaking_off import BreakingOff
    from services.demo.stage import set_stage
    from services.demo.story import tell_story

    out = console.out(piped_width=STORY_WIDTH)
    with console.explained():
        try:
            settings = load_settings({name: os.environ[name] for name in PASSED_ON if name in os.environ})
            out.print("A database and a simulated Xero are started for this story, and removed after it.")
            with BreakingOff() as breaking_off, set_stage(settings, examples, breaking_off) as stage:
                agreed = tell_story(stage, examples, out)
        except (CouldNotStart, TimeoutError, BooksUnreadable) as error:
            console.end(f"The demo stopped: {error}", EXIT_UNCLEAN)
        except httpx.HTTPError as error:
            console.end(f"The demo stopped: the simulated Xero does not answer ({type(error).__name__}).", EXIT_UNCLEAN)
        except KeyboardInterrupt:
            console.end("Stopped; everything is put away.", EXIT_INTERRUPTED)
    if not agreed:
        raise typer.Exit(EXIT_UNCLEAN)


def serve(port: Port = 8090, control_port: ControlPort = 8091) -> None:
    """Keep an engine running: database, workers and projections in one process, and a simulated Xero if none is set."""
    from services.serving import serving

    out = console.out()
    with console.explained(), until_told() as told:
        try:
            settings = console.settings_as_given()
            if not local_xero.is_wanted(settings):
                check_complete(settings)
            with serving(settings, EXAMPLES, (port, control_port)) as lines:
                for line in lines:
                    out.print(line)
                told.wait()
                out.print("Stopping ...")
        except CouldNotStart as error:
            console.end(str(error), EXIT_UNCLEAN)
