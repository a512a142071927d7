"""Since when Xero's window of the whole app has surely lasted, by what answers in this process said was left of it.

One per process. Who hears nothing for a while knows nothing, and assumes that a window has just begun.
"""

import threading
import time
from collections.abc import Callable

from domain.budget import may_have_begun


class AppWindow:
    """Hears what every answer says is left for the app; `window` in seconds."""

    def __init__(self, window: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._window, self._monotonic = window, monotonic
        self._lock = threading.Lock()
        self._most = 0
        self._heard = self._since = float("-inf")

    def lasted(self, left: int) -> float:
        """Seconds for which the window that this answer was counted in has surely lasted, once it is heard."""
        with self._lock:
            now = self._monotonic()
            self._most = max(self._most, left)
            new = may_have_begun(left, self._most, now - self._heard, self._window)
            if new or now - self._since >= self._window:
                self._since = now
            self._heard = now
            return now - self._since
