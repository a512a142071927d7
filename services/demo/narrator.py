"""The voice of the story: sentences with the seconds since it began, and bars for what takes a while."""

import time
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

INDENT: Final = " " * 10


class Narrator:
    """Tells on a console; `console` is for tables."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = time.monotonic()

    @property
    def took(self) -> float:
        """Seconds since the story began."""
        return time.monotonic() - self._began

    def say(self, sentence: str) -> None:
        """A sentence of the story, with its second."""
        self.console.print(f"[{self.took:5.1f} s] {sentence}")

    def add(self, line: str) -> None:
        """A line that belongs to the sentence before."""
        self.console.print(f"{INDENT}{line}")

    def quote(self, lines: Sequence[str]) -> None:
        """What somebody else wrote, such as a mail."""
        for line in lines:
            self.console.print(f"{INDENT}| {line}".rstrip())

    def progress(self) -> Progress:
        """A bar, shown on terminals only."""
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        return Progress(*columns, console=self.console, disable=not self.console.is_terminal)
