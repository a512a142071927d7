"""Rate limits: fixed windows per organisation and per app, and how many calls may run at once."""

import hashlib
import threading
from dataclasses import dataclass

from adapters.simulator import errors
from adapters.simulator.clock import VirtualClock
from adapters.simulator.ledger.journal import Journal
from adapters.simulator.options import Behaviour
from adapters.simulator.wire.exchange import Response

DAY_MS = 86_400_000
APP_PROBLEM = "appminute"
APP = ""  # the key of the windows that belong to no organisation


@dataclass(slots=True)
class Window:
    """A fixed window: when it began, how long it is, how many calls it has seen."""

    begins_ms: int
    length_ms: int
    used: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """One limit that applies to a call: its name at Xero, its header, its window and how much fits in."""

    problem: str
    header: str
    window: Window
    limit: int

    @property
    def left(self) -> int:
        """Calls that are left."""
        return max(self.limit - self.window.used, 0)

    def retry_after(self, now_ms: int) -> int:
        """Whole seconds until the window ends."""
        return -(-(self.window.begins_ms + self.window.length_ms - now_ms) // 1000)


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
        """Count a call of a tenant (None: a call without one); refused calls use nothing up.

        Without limits nothing is counted, so the headers tell of a full allowance: a caller that steers by them must
        not stop.
        """
        with self._lock:
            now = self._clock.now_ms()
            allowances = self._allowances(tenant_id, behaviour, now)
            over = next((allowance for allowance in allowances if not allowance.left), None)
            crowded = tenant_id is not None and in_flight > behaviour.concurrent
            if behaviour.rate_limits and not over and not crowded:
                for allowance in allowances:
                    allowance.window.used += 1
            headers = tuple((allowance.header, str(allowance.left)) for allowance in allowances)
            if behaviour.rate_limits and over:
                problem = behaviour.app_limit_problem if over.problem == APP_PROBLEM else over.problem
                return Admission(headers, errors.too_many(problem, over.retry_after(now)), f"{over.problem}_limit")
            if behaviour.rate_limits and crowded:
                refusal = errors.too_many("concurrent", behaviour.concurrent_retry_after)
                return Admission(headers, refusal, "concurrent_limit")
            return Admission(headers)

    def _allowances(self, tenant_id: str | None, behaviour: Behaviour, now: int) -> list[Allowance]:
        """The limits that apply, the longest wait first."""
        minute_ms = round(behaviour.minute_seconds * 1000)
        app = self._window(APP, minute_ms, now)
        found = [Allowance(APP_PROBLEM, "X-AppMinLimit-Remaining", app, behaviour.app_per_minute)]
        if tenant_id is None:
            return found
        day, minute = self._window(tenant_id, DAY_MS, now), self._window(tenant_id, minute_ms, now)
        return [
            Allowance("day", "X-DayLimit-Remaining", day, behaviour.per_day),
            Allowance("minute", "X-MinLimit-Remaining", minute, behaviour.per_minute),
            *found,
        ]

    def _window(self, tenant_id: str, length: int, now: int) -> Window:
        # Each tenant's windows begin at their own moment, as at Xero; derived, so a restart finds the same ones.
        offset = int.from_bytes(hashlib.sha256(tenant_id.encode()).digest()[:4], "big") % length
        begins = (now - offset) // length * length + offset
        window = self._windows.get((tenant_id, length))
        if window is None or window.begins_ms != begins:
            used = self._journal.counted_since(begins, tenant_id or None)
            window = self._windows[tenant_id, length] = Window(begins, length, used)
        return window


def injected(problem: str, retry_after: int | str | None, headers: tuple[tuple[str, str], ...]) -> Response:
    """A 429 on demand, with headers that tell the same story."""
    empty = {
        "minute": "X-MinLimit-Remaining",
        "day": "X-DayLimit-Remaining",
        APP_PROBLEM: "X-AppMinLimit-Remaining",
    }.get(problem)
    told = tuple((name, "0" if name == empty else value) for name, value in headers)
    return errors.too_many(problem, retry_after).with_headers(*told)
