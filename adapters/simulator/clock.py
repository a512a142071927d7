"""The simulator's one clock. It runs with real time, may be shifted, or stands still where a test puts it."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def _real_now() -> datetime:
    return datetime.now(UTC)


class VirtualClock:
    """Time as this Xero sees it (UTC). Everything in the simulator that expires asks here."""

    def __init__(self, remembered: str | None = None, real: Callable[[], datetime] = _real_now) -> None:
        """Begin in real time, or as ``remembered`` (what ``setting`` said when the simulator last ran)."""
        self._real = real
        self._lock = threading.Lock()
        self._shift = timedelta()
        self._standing: datetime | None = None
        if remembered and remembered.startswith("shift "):
            self._shift = timedelta(seconds=float(remembered[6:]))
        elif remembered and remembered.startswith("standing "):
            self._standing = datetime.fromisoformat(remembered[9:])

    def now(self) -> datetime:
        """The present moment, UTC."""
        with self._lock:
            return self._standing or self._real() + self._shift

    def now_ms(self) -> int:
        """The present moment in milliseconds since 1970."""
        return milliseconds(self.now())

    def stand_at(self, moment: datetime) -> None:
        """Stop at this moment; only ``advance`` moves it then."""
        with self._lock:
            self._standing = moment.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Jump by so many seconds (negative: back); a running clock keeps running from there."""
        with self._lock:
            if self._standing is not None:
                self._standing += timedelta(seconds=seconds)
            else:
                self._shift += timedelta(seconds=seconds)

    def run_real(self) -> None:
        """Back to real time."""
        with self._lock:
            self._standing, self._shift = None, timedelta()

    def setting(self) -> str:
        """How the clock is set, as one line that the constructor understands."""
        with self._lock:
            if self._standing is not None:
                return f"standing {self._standing.isoformat()}"
            return f"shift {self._shift.total_seconds()}" if self._shift else "real"


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 (UTC), exactly."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def moment(ms: int) -> datetime:
    """The UTC time of so many milliseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
