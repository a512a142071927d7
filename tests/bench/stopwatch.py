"""A stopwatch that threads share: how long each named step took, how often."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Sums up seconds by name."""

    def __init__(self) -> None:
        self._laps: defaultdict[str, list[float]] = defaultdict(list)
        self._lock = threading.Lock()

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        """Time the block under this name."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - began)

    def add(self, name: str, seconds: float) -> None:
        """Count so many seconds under this name."""
        with self._lock:
            self._laps[name].append(seconds)

    def laps(self, name: str) -> list[float]:
        """The seconds of each time."""
        with self._lock:
            return list(self._laps[name])

    def mean(self, name: str) -> float:
        """Seconds per time; 0 if it never ran."""
        laps = self.laps(name)
        return sum(laps) / len(laps) if laps else 0.0


def at_rank(laps: list[float], share: float) -> float:
    """The lap that `share` of all laps do not exceed."""
    return sorted(laps)[min(len(laps) - 1, int(share * len(laps)))]
