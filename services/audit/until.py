"""Until when: a moment or a position of the log, as people write it and as the log knows it."""

import datetime as dt
import re
from typing import Any, Final

import msgspec
from psycopg import Cursor

from adapters.event_store import log, recorded_events
from domain.refusals import Fault, InvalidInput

_POSITION: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Until(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the log: its position, when the last event up to it was recorded (UTC), and the log's end."""

    position: int
    recorded_at: dt.datetime | None
    head: int


def find(cursor: Cursor[dict[str, Any]], text: str | None, option: str = "--until") -> Until:
    """Where in the log this is: a position, a day (to its end), or a moment; UTC unless it names a zone; None is now.

    Everything recorded at the moment itself belongs to it. Raises InvalidInput.
    """
    head = log.head(cursor)
    position = head if text is None else min(head, _position(cursor, text, option))
    return Until(position=position, recorded_at=recorded_events.recorded_at(cursor, position), head=head)


def moment(text: str, option: str) -> dt.datetime:
    """The moment a day ends, or that is written out; InvalidInput if it is neither."""
    try:
        if _DAY.fullmatch(text):
            return dt.datetime.combine(dt.date.fromisoformat(text), dt.time.max, dt.UTC)
        read = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(Fault(option, f"{text} is no day, moment or position; such as 2026-03-31, "
                                 "2026-03-31T17:00:00+13:00 or 1042")) from None  # fmt: skip
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)


def _position(cursor: Cursor[dict[str, Any]], text: str, option: str) -> int:
    if _POSITION.fullmatch(text):
        return int(text)
    return recorded_events.last_recorded(cursor, moment(text, option))
