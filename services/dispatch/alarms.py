"""Alarms: ring for a lane at the very moment its next call may start. One thread per worker process.

Nothing depends on them but time: what is lost with the process is found by a sweeper.
"""

import heapq
import threading
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

FURTHEST: Final = 600.0
"""Seconds; what is further ahead is left to the sweeper."""
MOST: Final = 100_000
_SLACK: Final = 0.005
"""Seconds an alarm rings late, so that the moment it is set for has surely come in the database too."""


class Alarms:
    """Rings once per lane, at the earliest moment it was set for."""

    def __init__(self, ring: Callable[[UUID], object], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ring, self._monotonic = ring, monotonic
        self._changed = threading.Condition()
        self._at: dict[UUID, float] = {}
        self._queue: list[tuple[float, UUID]] = []

    def set(self, connection_id: UUID, seconds: float) -> None:
        """Ring for this lane in so many seconds, unless it is rung for earlier anyway."""
        at = self._monotonic() + max(0.0, seconds) + _SLACK
        with self._changed:
            known = self._at.get(connection_id)
            if seconds > FURTHEST or len(self._at) >= MOST or (known is not None and known <= at):
                return
            self._at[connection_id] = at
            heapq.heappush(self._queue, (at, connection_id))
            self._changed.notify()

    def due(self) -> list[UUID]:
        """The lanes whose moment has come; each is told once."""
        with self._changed:
            return self._due()

    def run(self, stop: threading.Event) -> None:
        """Ring until told to stop."""
        while not stop.is_set():
            with self._changed:
                found = self._due()
                if not found:
                    self._changed.wait(self._next())
            for connection_id in found:
                self._ring(connection_id)

    def _due(self) -> list[UUID]:
        found, now = [], self._monotonic()
        while self._queue and self._queue[0][0] <= now:
            at, connection_id = heapq.heappop(self._queue)
            if self._at.get(connection_id) == at:
                del self._at[connection_id]
                found.append(connection_id)
        return found

    def _next(self) -> float:
        """Seconds until the next alarm; a look at `stop` once in a while costs nothing."""
        return min(0.5, max(0.0, self._queue[0][0] - self._monotonic())) if self._queue else 0.5
