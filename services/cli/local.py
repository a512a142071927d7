"""Commands that need nothing but this machine: the demo, and an engine kept running beside a simulated Xero."""

import os
from pathlib import Path
from typing import Annotated

import typer

from services.cli import console
from services.demo.processes import CouldNotStart
from services.running import until_told
from services.settings import SettingsError, load_settings

PASSED_ON = ("KYRIOS_XERO_HOME", "KYRIOS_XERO_PG_BIN", "HOME", "XDG_DATA_HOME")
"""What the demo takes from the environment: where it may put its files. All else is the story's own."""

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(demo)
    app.command()(serve)


def demo(
    examples: Annotated[Path, typer.Option(help="the folder of the story's files")] = EXAMPLES,
) -> None:
    """Tell the product's story: an answer is lost, a worker is killed, and the books still agree."""
    from services.demo.stage import set_stage
    from services.demo.story import Story

    out = console.out()
    try:
        settings = load_settings({name: os.environ[name] for name in PASSED_ON if name in os.environ})
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


def serve(
    port: Annotated[int, typer.Option(help="port of the simulated Xero's API, if it is wanted")] = 8090,
    control_port: Annotated[int, typer.Option(help="port of its control surface")] = 8091,
) -> None:
    """Keep an engine running: database, workers and projections in one process, and a simulated Xero if none is set."""
    from services.serving import serving

    out = console.out()
    with console.explained(), until_told() as told:
        try:
            with serving(console.settings(), EXAMPLES, (port, control_port)) as lines:
                for line in lines:
                    out.print(line, markup=False)
                told.wait()
                out.print("Stopping ...")
        except CouldNotStart as error:
            console.end(str(error), console.EXIT_UNCLEAN)
