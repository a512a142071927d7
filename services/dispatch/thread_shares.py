"""Which connections this process's threads are at work for, so that none of them keeps all threads.

A connection that may not have a further thread is not forgotten: whoever ends a look at it is told to ring again.
"""

import threading
from collections import Counter
from uuid import UUID

from domain.thread_share import may_take


class ThreadShares:
    """The threads in hand, by connection."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._held = Counter[UUID]()
        self._turned_away = set[UUID]()
        self._lock = threading.Lock()

    def take(self, connection_id: UUID) -> bool:
        """Take this thread for a connection; False if it has its share."""
        with self._lock:
            if not self.may_take(self._held[connection_id], self._held.total(), self._threads):
                self._turned_away.add(connection_id)
                return False
            self._held[connection_id] += 1
            return True

    def give_back(self, connection_id: UUID) -> bool:
        """The thread is free again; whether the connection was turned away meanwhile, and is to be looked at again."""
        with self._lock:
            self._held[connection_id] -= 1
            if not self._held[connection_id]:
                del self._held[connection_id]
            turned_away = connection_id in self._turned_away
            self._turned_away.discard(connection_id)
            return turned_away

    def may_take(self, held: int, taken: int, threads: int) -> bool:
        """The rule."""
        return may_take(held, taken, threads)
