"""Reading Xero's JSON with patience: numbers and booleans as texts, every form of date, either casing of keys.

Xero's samples show all of these; nothing here raises, what cannot be read is left out.
"""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from domain.foreign_text import one_line

Json = Mapping[str, Any]

_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?", re.ASCII)
_MS_DATE: Final = re.compile(r"/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/", re.ASCII)
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII
)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LONGEST_MESSAGE: Final = 1_000
_MOST_MESSAGES: Final = 50
_ZERO_ID: Final = "00000000-0000-0000-0000-000000000000"


def any_case(found: object, key: str) -> Any:
    """The value under `key` in whatever casing; None if there is none."""
    if not isinstance(found, Mapping):
        return None
    if key in found:
        return found[key]
    wanted = key.lower()
    return next((value for name, value in found.items() if isinstance(name, str) and name.lower() == wanted), None)


def text(found: Json, key: str) -> str:
    """A text, "" if it is missing, null or no text at all."""
    value = found.get(key)
    return value if isinstance(value, str) else ""


def line(found: Json, key: str) -> str:
    """A name or a word as it may stand in a sentence: on one line, not too long, without anything that steers."""
    return one_line(text(found, key))


def identifier(found: Json, key: str) -> str:
    """An id in lower case; "" for a missing one and for the zeros Xero puts where nothing was saved."""
    value = text(found, key).lower()
    return "" if value == _ZERO_ID else value


def flag(found: Json, key: str, default: bool = False) -> bool:
    """A boolean, also one written as text."""
    value = found.get(key)
    if isinstance(value, str):
        return value.strip().lower() == "true"
    return value if isinstance(value, bool) else default


def number(value: object) -> Decimal | None:
    """An exact number of at most 15 digits before and 10 after the point, also one written as text."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    if isinstance(value, Decimal) and not (value.is_finite() and abs(value.adjusted()) <= 15):
        return None
    if isinstance(value, int) and abs(value) >= 10**15:
        return None
    written = format(value, "f") if isinstance(value, Decimal) else str(value).strip()
    return Decimal(written) if _NUMBER.fullmatch(written) else None


def moment(value: object) -> dt.datetime | None:
    """An instant in UTC: `/Date(ms)/`, whose offset is only decoration, or ISO 8601, in UTC where it names no zone."""
    if not isinstance(value, str):
        return None
    try:
        if found := _MS_DATE.fullmatch(value):
            return _EPOCH + dt.timedelta(milliseconds=int(found[1]))
        if found := _ISO.fullmatch(value):
            return _iso(found)
    except (ValueError, OverflowError):
        return None
    return None


def day(found: Json, key: str) -> dt.date | None:
    """A calendar day, from the readable companion (`DateString`) where Xero sends one, else from the field itself."""
    read = moment(found.get(f"{key}String")) or moment(found.get(key))
    return read.date() if read else None


def objects(value: object) -> list[Json]:
    """The objects of a list; nothing if it is no list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def messages(found: Json, key: str) -> tuple[str, ...]:
    """The texts of a list of `{"Message": …}`: the first ones, and of each no more than anybody reads."""
    told = (text(item, "Message")[:_LONGEST_MESSAGE] for item in objects(found.get(key))[:_MOST_MESSAGES])
    return tuple(message for message in told if message)


def _iso(found: re.Match[str]) -> dt.datetime:
    year, month, of_month, hour, minute, second = (int(found[i] or 0) for i in range(1, 7))
    micro = int((found[7] or "0")[:6].ljust(6, "0"))
    read = dt.datetime(year, month, of_month, hour, minute, second, micro, tzinfo=dt.UTC)
    if not found[8]:
        return read
    offset = dt.timedelta(hours=int(found[9]), minutes=int(found[10]))
    return read - offset if found[8] == "+" else read + offset
