"""Rings that a process answers itself because no broker carries them: one thread, each connection once at a time."""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final
from uuid import UUID

_END: Final = None


class OwnRings:
    """Answers rings of this very process, in a thread of its own; one that was not started hears nothing."""

    def __init__(self, answer: Callable[[UUID], None]) -> None:
        self._answer = answer
        self._rings: SimpleQueue[UUID | None] = SimpleQueue()
        self._waiting: set[UUID] = set()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to answer."""
        self._thread = threading.Thread(target=self._run, name="own rings", daemon=True)
        self._thread.start()

    def ring(self, connection_id: UUID) -> None:
        """Have this connection looked at soon, unless that is about to happen anyway."""
        if self._thread is not None and connection_id not in self._waiting:
            self._waiting.add(connection_id)
            self._rings.put(connection_id)

    def stop(self, timeout: float) -> None:
        """Finish the look in hand, for at most `timeout` seconds, and begin no other."""
        if self._thread is not None:
            thread, self._thread = self._thread, None
            self._rings.put(_END)
            thread.join(timeout)

    def _run(self) -> None:
        while (connection_id := self._rings.get()) is not _END:
            # Before the look, not after it: what becomes due meanwhile deserves another one.
            self._waiting.discard(connection_id)
            if self._thread is not None:
                self._answer(connection_id)
