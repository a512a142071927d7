"""A loop in a thread of its own: begun again when it fails, ended when it is told to."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

LOG: Final = logging.getLogger(__name__)
BEGUN_AGAIN_AFTER: Final = 2.0
"""Seconds. A thread that died silently would leave a process that looks alive and does half of its work."""
ENDS_WITHIN: Final = 30.0

Run = Callable[[threading.Event], object]
"""Works until the event is set, and looks at it at least every few seconds."""


class Loop:
    """One thread that runs `run`; it begins when the object is made."""

    def __init__(self, name: str, run: Run) -> None:
        self.name, self._run, self._stop = name, run, threading.Event()
        self._thread = threading.Thread(target=self._run_on, name=name, daemon=True)
        self._thread.start()

    def tell(self) -> None:
        """Have it end as soon as it can."""
        self._stop.set()

    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    def join(self, timeout: float) -> None:
        """Wait for its end, for so many seconds."""
        self._thread.join(timeout)

    def _run_on(self) -> None:
        while not self._stop.is_set():
            try:
                self._run(self._stop)
            except Exception as error:
                LOG.critical("the %s ended in %s and begins again", self.name, type(error).__name__, exc_info=True)
                self._stop.wait(BEGUN_AGAIN_AFTER)


@contextmanager
def looping(name: str, run: Run) -> Iterator[None]:
    """Run a loop for as long as the block."""
    loop = Loop(name, run)
    try:
        yield
    finally:
        loop.tell()
        loop.join(ENDS_WITHIN)
