"""Lock dates: the days up to which the books are closed."""

from collections.abc import Mapping
from datetime import date

from adapters.simulator.accounting.dates import spoken
from adapters.simulator.clock import moment
from adapters.simulator.options import Behaviour

_NAMES = (("PeriodLockDate", "period"), ("EndOfYearLockDate", "end of year"))


class LockDates:
    """The lock dates of one organisation.

    XERO-UNVERIFIED XU-18: the later lock date is named; a document on the lock date itself is refused.
    """

    def __init__(self, organisation: Mapping[str, object], behaviour: Behaviour) -> None:
        set_dates = [
            (moment(ms).date(), spoken_name)
            for key, spoken_name in _NAMES
            if isinstance(ms := organisation.get(key), int)
        ]
        self._lock = max(set_dates, key=lambda pair: pair[0]) if set_dates else None
        self._inclusive = behaviour.lock_date_inclusive

    def refusals(self, *days: date) -> list[str]:
        """The message, once, if one of the days is locked."""
        if self._lock is None:
            return []
        lock, name = self._lock
        if not any(day < lock or (day == lock and self._inclusive) for day in days):
            return []
        return [f"The document date cannot be before the {name} lock date, currently set at {spoken(lock)}"]
