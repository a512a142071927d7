"""Duties: what one process at a time does for all, while others stand by and take over within seconds.

Each duty has an advisory lock of its own, so several processes may share them. Whoever cannot be sure of its locks any
more ends what it does; that another may have begun by then is harmless, as every duty bears a rival for a moment.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Final

import msgspec
import psycopg

from adapters.advisory_locks import AdvisoryLocks, advisory_locks
from services.loop import ENDS_WITHIN, Loop, Run, looping

LOG: Final = logging.getLogger(__name__)
LOOKS_EVERY: Final = 1.0
"""Seconds between two looks at the locks: how long a duty is left undone when its holder dies."""


class Duty(msgspec.Struct, frozen=True):
    """A loop that only one process at a time is to run; its name is its lock."""

    name: str
    run: Run


class Watch:
    """Takes what duties it can get, and runs them."""

    def __init__(self, database_url: str, duties: Sequence[Duty], looks_every: float = LOOKS_EVERY) -> None:
        self._database_url, self._duties, self._looks_every = database_url, duties, looks_every
        self._loops: dict[str, Loop] = {}

    def run(self, stop: threading.Event) -> None:
        """Stand by until told to stop. A lost session ends what was done under its locks, and is made anew."""
        standing = True
        while not stop.is_set():
            try:
                with advisory_locks(self._database_url) as locks:
                    standing = True
                    self._stand(locks, stop)
            except psycopg.Error as lost:
                if standing:
                    LOG.warning("the locks of this process are lost (%s); it stands by anew", type(lost).__name__)
                standing = False
            finally:
                self._end_all()
            stop.wait(self._looks_every)
        self._wait_for_all()

    def _stand(self, locks: AdvisoryLocks, stop: threading.Event) -> None:
        held: set[str] = set()
        while True:
            locks.check()
            for duty in self._duties:
                # One that has not ended since its lock was lost must not be begun a second time.
                if duty.name not in held and not self._runs(duty) and locks.take(duty.name):
                    LOG.info("this process now does: %s", duty.name)
                    held.add(duty.name)
                    self._loops[duty.name] = Loop(duty.name, duty.run)
            if stop.wait(self._looks_every):
                self._end_all()
                self._wait_for_all()
                return

    def _runs(self, duty: Duty) -> bool:
        return duty.name in self._loops and self._loops[duty.name].runs()

    def _end_all(self) -> None:
        for loop in self._loops.values():
            loop.tell()

    def _wait_for_all(self) -> None:
        end = monotonic() + ENDS_WITHIN
        for loop in self._loops.values():
            loop.join(max(0.0, end - monotonic()))


@contextmanager
def standing_by(database_url: str, duties: Sequence[Duty]) -> Iterator[None]:
    """Stand by for these duties for as long as the block; at its end they are finished first, then given up."""
    with looping("watch", Watch(database_url, duties).run):
        yield
