"""Rings that a process answers itself, beside or instead of a broker: each connection waits once at a time."""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from time import monotonic
from typing import Final
from uuid import UUID

_END: Final = None


class OwnRings:
    """Answers rings of this very process, in threads of its own; one that was not started hears nothing."""

    def __init__(self, answer: Callable[[UUID], None]) -> None:
        self._answer = answer
        self._rings: SimpleQueue[UUID | None] = SimpleQueue()
        self._waiting: set[UUID] = set()
        self._threads: list[threading.Thread] = []

    def start(self, threads: int = 1) -> None:
        """Begin to answer."""
        self._threads = [threading.Thread(target=self._run, name="own rings", daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def ring(self, connection_id: UUID) -> None:
        """Have this connection looked at soon, unless that is about to happen anyway."""
        if self._threads and connection_id not in self._waiting:
            self._waiting.add(connection_id)
            self._rings.put(connection_id)

    def stop(self, timeout: float) -> None:
        """Finish the looks in hand, for at most `timeout` seconds, and begin no other."""
        threads, self._threads = self._threads, []
        for _ in threads:
            self._rings.put(_END)
        end = monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, end - monotonic()))

    def _run(self) -> None:
        while (connection_id := self._rings.get()) is not _END:
            # Before the look, not after it: what becomes due meanwhile deserves another one.
            self._waiting.discard(connection_id)
            if self._threads:
                self._answer(connection_id)
