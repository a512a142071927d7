"""Which rings are answered already: a look that began after a ring was sent has seen all that the ring stands for.

So a thousand commands, or a lane that keeps ringing for itself, cost one look, and whoever rings after them waits for
no more than that. Both times are the broker library's; where the clocks of two machines disagree, a ring may be dropped
that should not have been, and a sweeper makes it good. A look that began in the future, by a clock that was set back
since, answers none.
"""

import threading
from collections.abc import Callable
from typing import Final
from uuid import UUID

from dramatiq.common import current_millis

MOST_REMEMBERED: Final = 100_000


class Answered:
    """When the last look at each lane began in this process."""

    def __init__(self, milliseconds: Callable[[], int] = current_millis) -> None:
        self._milliseconds = milliseconds
        self._began: dict[UUID, int] = {}
        self._lock = threading.Lock()

    def begin(self, connection_id: UUID, rung_at: int) -> bool:
        """Begin a look for a ring of that moment; False if one that began later has answered it."""
        with self._lock:
            now = self._milliseconds()
            if rung_at < self._began.get(connection_id, -1) <= now:
                return False
            if len(self._began) >= MOST_REMEMBERED:
                self._began.clear()
            self._began[connection_id] = now
            return True
