"""Rate limits: fixed windows per organisation and per app, and how many calls may run at once."""

import hashlib
import threading
from dataclasses import dataclass

from adapters.simulator import errors
from adapters.simulator.clock import VirtualClock
from adapters.simulator.ledger.journal import Journal
from adapters.simulator.options import Behaviour
from adapters.simulator.wire.exchange import Response

MINUTE_MS = 60_000
DAY_MS = 86_400_000
APP = ""  # the key of the windows that belong to no organisation


@dataclass(slots=True)
class Window:
    """A fixed window: when it began, how many calls it has seen."""

    begins_ms: int
    used: int


@dataclass(frozen=True, slots=True)
class Admission:
    """The outcome at the limits: headers for every answer, and the 429 when the call may not pass."""

    headers: tuple[tuple[str, str], ...]
    refusal: Response | None = None
    rule: str = ""


class Limits:
    """Counts calls. Windows are rebuilt from the journal, so a restarted simulator is no fresh allowance."""

    def __init__(self, clock: VirtualClock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, int], Window] = {}

    def admit(self, tenant_id: str | None, in_flight: int, behaviour: Behaviour) -> Admission:
        """Count a call of a tenant (None: a call without one); refused calls use nothing up."""
        with self._lock:
            now = self._clock.now_ms()
            app = self._window(APP, MINUTE_MS, now)
            kept = [("appminute", "X-AppMinLimit-Remaining", app, behaviour.app_per_minute, MINUTE_MS)]
            if tenant_id is not None:
                minute, day = self._window(tenant_id, MINUTE_MS, now), self._window(tenant_id, DAY_MS, now)
                kept.append(("minute", "X-MinLimit-Remaining", minute, behaviour.per_minute, MINUTE_MS))
                kept.append(("day", "X-DayLimit-Remaining", day, behaviour.per_day, DAY_MS))
            over = (
                next((row for row in reversed(kept) if row[2].used >= row[3]), None) if behaviour.rate_limits else None
            )
            crowded = behaviour.rate_limits and tenant_id is not None and in_flight > behaviour.concurrent
            if over is None and not crowded:
                for row in kept:
                    row[2].used += 1
            # Without limits the headers tell of an untouched allowance: a caller that steers by them must not stop.
            headers = tuple((row[1], str(max(row[3] - row[2].used * behaviour.rate_limits, 0))) for row in kept)
            if over is not None:
                retry_after = -(-(over[2].begins_ms + over[4] - now) // 1000)
                problem = behaviour.app_limit_problem if over[0] == "appminute" else over[0]
                return Admission(headers, errors.too_many(problem, retry_after), f"{over[0]}_limit")
            if crowded:
                return Admission(
                    headers, errors.too_many("concurrent", behaviour.concurrent_retry_after), "concurrent_limit"
                )
            return Admission(headers)

    def _window(self, tenant_id: str, length: int, now: int) -> Window:
        # Each tenant's windows begin at their own moment, as at Xero; derived, so a restart finds the same ones.
        offset = int.from_bytes(hashlib.sha256(tenant_id.encode()).digest()[:4], "big") % length
        begins = (now - offset) // length * length + offset
        window = self._windows.get((tenant_id, length))
        if window is None or window.begins_ms != begins:
            used = self._journal.counted_since(begins, tenant_id or None)
            window = self._windows[tenant_id, length] = Window(begins, used)
        return window


def injected(problem: str, retry_after: int | None, headers: tuple[tuple[str, str], ...]) -> Response:
    """A 429 on demand, with headers that tell the same story."""
    empty = {"minute": "X-MinLimit-Remaining", "day": "X-DayLimit-Remaining"}.get(problem)
    told = tuple((name, "0" if name == empty else value) for name, value in headers)
    return errors.too_many(problem, retry_after).with_headers(*told)
