"""The end of a story that is broken off: by Ctrl-C or SIGTERM, at whatever moment that comes.

An interrupt is raised between any two steps of the interpreter. A library it meets may swallow it, or raise something
else while it unwinds; that changes nothing here. What is put away is put away in peace: signals are only noted then.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Final, Self

SIGNS: Final = (signal.SIGINT, signal.SIGTERM)


class BreakingOff:
    """Raises KeyboardInterrupt for the first signal within its block, and out of it whatever became of that."""

    def __init__(self) -> None:
        self._told = self._in_peace = self._at_its_end = False
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal came: the one that came may have been swallowed."""
        if self._told:
            raise KeyboardInterrupt

    @contextmanager
    def at_its_end(self) -> Iterator[None]:
        """A signal within this block interrupts at its end: what is begun in it is known to whoever puts it away."""
        self._at_its_end = True
        try:
            yield
        finally:
            self._at_its_end = False
        if not self._in_peace:
            self.check()

    def leave_in_peace(self) -> None:
        """From now on only note signals: everything is put away in any case."""
        self._in_peace = True

    def __enter__(self) -> Self:
        self._before = {sign: signal.signal(sign, self._tell) for sign in SIGNS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sign, handler in self._before.items():
            signal.signal(sign, handler)
        if self._told and not isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt from error

    def _tell(self, _signal: int, _frame: FrameType | None) -> None:
        first, self._told = not self._told, True
        if first and not self._in_peace and not self._at_its_end:
            raise KeyboardInterrupt
