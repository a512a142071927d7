"""Dates as Xero writes and reads them."""

import re
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.simulator.clock import milliseconds, moment

_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(T00:00:00(\.0{1,7})?(Z|\+00:00)?)?", re.ASCII)
_MS = re.compile(r"/Date\((-?\d{1,15})([+-]\d{4})?\)/", re.ASCII)

# Xero names time zones its own way; those this simulator's seeds use.
ZONES = {
    "NEWZEALANDSTANDARDTIME": "Pacific/Auckland",
    "AUSEASTERNSTANDARDTIME": "Australia/Sydney",
    "GMTSTANDARDTIME": "Europe/London",
    "EASTERNSTANDARDTIME": "America/New_York",
    "PACIFICSTANDARDTIME": "America/Los_Angeles",
}


def read_date(text: str) -> date:
    """``2026-11-22``, ``2026-11-22T00:00:00`` or ``/Date(ms)/`` (always UTC, an offset is ignored); else ValueError."""
    ms = _MS.fullmatch(text)
    if ms:
        try:
            return moment(int(ms[1])).date()
        except OverflowError:
            raise ValueError(text) from None
    iso = _ISO.fullmatch(text)
    if iso is None:
        raise ValueError(text)
    return date.fromisoformat(iso[1])


def ms_of(day: date) -> int:
    """Midnight UTC of a day in milliseconds."""
    return milliseconds(datetime(day.year, day.month, day.day, tzinfo=UTC))


def ms_date(ms: int) -> str:
    """``/Date(1518685950940+0000)/``."""
    return f"/Date({ms}+0000)/"


def day_string(ms: int) -> str:
    """The companion of a day: ``2018-10-20T00:00:00``."""
    return moment(ms).strftime("%Y-%m-%dT00:00:00")


def instant_string(ms: int) -> str:
    """The companion of an instant: ``2019-11-14T18:10:38Z``."""
    return moment(ms).strftime("%Y-%m-%dT%H:%M:%SZ")


def spoken(day: date) -> str:
    """As in Xero's lock date messages: ``31-Jul-2013``."""
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}"


def zone(xero_name: str) -> tzinfo:
    """The time zone of an organisation; UTC when it is not one of ours or this machine has no zone data."""
    try:
        return ZoneInfo(ZONES[xero_name])
    except (KeyError, ZoneInfoNotFoundError):
        return UTC


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
