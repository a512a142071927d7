"""How answers look: numbers end at the same column, nothing is cut, a pipe gets one row per line."""

import os
import pty
import re
import subprocess
import sys
from io import StringIO

import pytest
from rich.console import Console

from services.cli import console

ROWS = [("a" * 36, "NZD 1.00", "short"), ("b", "NZD 1,234.00", "a long reason that says what is wrong and what to do")]


def shown(width: int, *, terminal: bool) -> list[str]:
    file = StringIO()
    to = Console(file=file, width=width, force_terminal=terminal, color_system=None, markup=False, emoji=False)
    console.show(console.table(["id", "total", "why"], ROWS, numbers=["total"]), to)
    return file.getvalue().splitlines()


def test_numbers_end_at_the_same_column() -> None:
    lines = shown(200, terminal=False)
    assert {line.index("00  ") for line in lines[1:]} == {lines[0].index("total") + len("total") - 2}


def test_a_pipe_gets_one_row_per_line_and_no_blanks_at_the_end() -> None:
    lines = shown(console.UNBOUNDED, terminal=False)
    assert len(lines) == 3
    assert all(line == line.rstrip() for line in lines)


def test_a_narrow_terminal_folds_cells_and_cuts_none() -> None:
    lines = shown(50, terminal=True)
    assert all(len(line) <= 50 for line in lines)
    assert sum(line.count("a") for line in lines if set(line.split()[0]) == {"a"}) >= 36
    assert "…" not in "".join(lines)


def test_what_looks_like_markup_is_shown_as_it_is() -> None:
    file = StringIO()
    to = Console(file=file, width=80, markup=False, emoji=False)
    console.show(console.table(["id"], [("[bold]x[/bold] :smile: [/",)]), to)
    assert "[bold]x[/bold] :smile: [/" in file.getvalue()


def test_a_cell_is_one_line_or_a_list_of_lines() -> None:
    file = StringIO()
    to = Console(file=file, width=80, markup=False, emoji=False)
    console.show(console.table(["name", "why"], [("Vine\r\nAll is well", ["one\ntwo", "three"]), ("x\u2028y", [])]), to)
    assert file.getvalue().splitlines() == [
        "name              why",
        "Vine All is well  one two",
        "                  three",
        "x y",
    ]


@pytest.mark.parametrize(("number", "words"), [(0, "0 lines"), (1, "1 line"), (1234, "1,234 lines")])
def test_a_noun_follows_its_number(number: int, words: str) -> None:
    assert console.count(number, "line") == words


def test_no_line_is_wider_than_the_terminal_that_is_said_to_be_narrow() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        subprocess.run(
            [sys.executable, "-m", "services.program", "config", "show"],
            env={**os.environ, "COLUMNS": "60", "TERM": "xterm", "KYRIOS_XERO_HOME": "/" + "very-long-name/" * 12},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            check=True,
            timeout=30,
        )
        os.close(theirs)
        lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.read(65_536).decode()).splitlines()
    assert len(lines) > 20
    assert max(len(line) for line in lines) <= 60


def test_text_of_others_does_nothing_to_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    to = console.out()
    to.print("Account \x1b[2J\u202ecalled\x07 so\nand on")
    console.show(console.table(["name"], [["Cash\x1b]0;owned\x07\u2066"]], title="\x1b[1Atitle"), to)
    printed = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e", "\u2066"} & set(printed)
    assert "so\nand on" in printed
    assert "title" in printed
