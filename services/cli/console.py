"""How commands talk: tables and sentences for people, JSON for programs, one clear line for what went wrong."""

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from domain.counted import count as count
from domain.foreign_text import without_steering
from services import local_xero
from services.bootstrap import Engine, open_engine
from services.cli.complaints import EXIT_CONFIGURATION, EXIT_INTERRUPTED, EXIT_REFUSED, EXPLAINED, complaint
from services.settings import Settings, SettingsError, load_settings

UNBOUNDED: Final = 100_000
"""Columns of a pipe: whoever reads it expects one row on one line."""


def out(piped_width: int = UNBOUNDED) -> Console:
    """Standard output; plain text when it is no terminal, then so wide, unless COLUMNS says otherwise."""
    return _console(sys.stdout.isatty(), piped_width)


def errors() -> Console:
    """Standard error: what went wrong, and progress, so that standard output holds nothing but the answer."""
    return _console(sys.stderr.isatty(), UNBOUNDED, stderr=True)


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    title: str | None = None,
    numbers: Collection[str] = (),
) -> Table:
    """A table of rows; the columns headed as in `numbers` are aligned to the right. No cell is ever cut.

    A cell is one line, whatever breaks the text of others has, or a list of lines.
    """
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        made.add_column(heading, justify="right" if heading in numbers else "left", overflow="fold")
    for row in rows:
        made.add_row(*("\n".join(map(_line, cell if isinstance(cell, list) else [cell])) for cell in row))
    return made


def _line(cell: object) -> str:
    return " ".join(str(cell).splitlines())


def show(made: Table, to: Console) -> None:
    """Print a table; on a pipe without the blanks that fill its last column."""
    if to.is_terminal:
        to.print(made)
        return
    with to.capture() as kept:
        to.print(made)
    to.print("\n".join(line.rstrip() for line in kept.get().splitlines()), soft_wrap=True)


@contextmanager
def counting(done: str, noun: str) -> Iterator[Callable[[int], None]]:
    """A line on standard error that counts up while something takes its time; only a terminal shows it."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn(f"{{task.completed:,}} {noun}"))
    with Progress(*columns, console=errors(), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(done, total=None)
        yield lambda so_far: progress.update(task, completed=so_far)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")


def print_lines(values: Iterable[Any]) -> None:
    """One JSON document per line on standard output."""
    for value in values:
        sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


def end(message: str, code: int = EXIT_REFUSED) -> NoReturn:
    """End the command with one clear sentence on standard error."""
    errors().print(message, soft_wrap=True)
    raise typer.Exit(code)


def confirm(question: str) -> None:
    """Ask on standard error; end the command unless the answer is yes. Where nobody answers, --yes is the answer."""
    errors().print(f"{question} [y/N] ", end="")
    answer = sys.stdin.readline()
    if not answer:
        end("\nNobody answered; nothing was changed. Repeat it with --yes.")
    if answer.strip().lower() not in ("y", "yes"):
        end("Nothing was changed.")


def settings() -> Settings:
    """The settings of this process, pointed at the simulated Xero of this home if they leave Xero to us."""
    loaded = settings_as_given()
    local = local_xero.found(loaded.home) if local_xero.is_wanted(loaded) else None
    return local_xero.pointed_at(loaded, local) if local else loaded


def settings_as_given() -> Settings:
    """The settings of this process, whatever else runs on this machine."""
    try:
        return load_settings(os.environ)
    except SettingsError as error:
        end(*complaint(error))


def settings_with_xero() -> Settings:
    """The settings of a command that talks to Xero."""
    loaded = settings()
    check_xero(loaded)
    return loaded


def check_xero(of: Settings) -> None:
    """End with a sentence if these settings have no client id, without which Xero does not talk to us."""
    if of.client_id is None:
        if not of.embedded:
            with engine(of) as opened:
                opened.store.must_be_the_original()
        serve = "start kyrios-xero serve, or " if of.embedded else ""
        end(f"No Xero is set: {serve}set KYRIOS_XERO_CLIENT_ID and KYRIOS_XERO_CLIENT_SECRET.", EXIT_CONFIGURATION)


@contextmanager
def engine(of: Settings | None = None) -> Iterator[Engine]:
    """An engine for one command; refusals and trouble with the database end it with a sentence, never a traceback."""
    with explained(), open_engine(of or settings()) as opened:
        yield opened


@contextmanager
def explained() -> Iterator[None]:
    """Turn what can go wrong into a sentence and an exit code."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read our output has seen enough; the program ends silently
    except EXPLAINED as error:
        end(*complaint(error))
    except KeyboardInterrupt:
        end("Stopped.", EXIT_INTERRUPTED)


class _Plain(Console):
    """A console on which no text of others can do anything but be read: our own lines are broken, nothing else."""

    def render_str(self, text: str, **how: Any) -> Text:
        """Every text that is printed, also in tables."""
        return super().render_str(without_steering(text, keep="\n"), **how)


def _console(terminal: bool, piped_width: int, *, stderr: bool = False) -> Console:
    width = None if terminal or "COLUMNS" in os.environ else piped_width
    return _Plain(stderr=stderr, width=width, highlight=False, markup=False, emoji=False, soft_wrap=not terminal)
