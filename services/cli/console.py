"""How commands talk: tables and sentences for people, JSON for programs, one clear line for what went wrong."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from adapters.embedded_postgres import PostgresUnavailable
from adapters.xero.errors import XeroError
from domain.refusals import InvalidInput, Refusal
from services import local_xero
from services.bootstrap import Engine, open_engine
from services.migrations import SchemaBehind
from services.settings import Settings, SettingsError, load_settings

EXIT_REFUSED = 2
EXIT_UNCLEAN = 1
EXIT_CONFIGURATION = 78


def out() -> Console:
    """Standard output; plain text when it is no terminal."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], title: str | None = None) -> Table:
    """A table of rows."""
    made = Table(*headings, title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    return made


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")


def end(message: str, code: int = EXIT_REFUSED) -> NoReturn:
    """End the command with one clear sentence on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(message, markup=False)
    raise typer.Exit(code)


def settings() -> Settings:
    """The settings of this process, pointed at the simulated Xero of this home if they leave Xero to us."""
    try:
        loaded = load_settings(os.environ)
        local = local_xero.found(loaded.home) if local_xero.is_wanted(loaded) else None
        return local_xero.pointed_at(loaded, local) if local else loaded
    except SettingsError as error:
        end("\n".join(error.problems), EXIT_CONFIGURATION)


@contextmanager
def engine() -> Iterator[Engine]:
    """An engine for one command; refusals and trouble with the database end it with a sentence, never a traceback."""
    with explained(), open_engine(settings()) as opened:
        yield opened


@contextmanager
def explained() -> Iterator[None]:
    """Turn what can go wrong into a sentence and an exit code."""
    try:
        yield
    except InvalidInput as error:
        end("\n".join(str(fault) for fault in error.faults))
    except Refusal as error:
        end(str(error))
    except XeroError as error:
        end(f"Xero did not do it: {error}")
    except SettingsError as error:
        end("\n".join(error.problems), EXIT_CONFIGURATION)
    except (PostgresUnavailable, SchemaBehind) as error:
        end(str(error), EXIT_CONFIGURATION)
