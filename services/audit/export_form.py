"""The form of an export: one JSON document per line; first what it is, then the events, last their number and digest.

Every event is there byte for byte as it was stored. What is sealed beside the events is not: where there is such a
text, the line says `[sealed]`.
"""

import datetime as dt
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

FORMAT: Final = "kyrios-xero audit export"
VERSION: Final = 1
SEALED: Final = "[sealed]"
_POINTERS: Final = {
    "text_hash": "text",
    "answer_ref": "answer",
    "reason_ref": "reason",
    "override_reason_ref": "reason",
}
"""Fields of events that point at something sealed, and what that is."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was chosen of an account's events; everything, if nothing is set. Positions are those of the log."""

    after: int = 0
    events: tuple[str, ...] = ()
    invoices: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether it is the whole history, from its beginning."""
        return self == Chosen()


class Head(msgspec.Struct, frozen=True, kw_only=True, tag="head"):
    """The first line: of which account, up to which position, what was chosen, and the form and schema it has."""

    format: str = FORMAT
    version: int = VERSION
    account_id: str
    exported_at: dt.datetime
    until: int
    chosen: Chosen
    schema: str


class Line(msgspec.Struct, frozen=True, kw_only=True, tag="event"):
    """One event: its place in the log, and its body as it is stored."""

    position: int
    recorded_at: dt.datetime
    topic: str
    stream_id: UUID
    version: int
    body: msgspec.Raw
    sealed: dict[str, str] = {}


class End(msgspec.Struct, frozen=True, kw_only=True, tag="end"):
    """The last line: how many events by type, the first and last position, SHA-256 of all lines before it."""

    events: int
    by_type: dict[str, int]
    first: int
    last: int
    sha256: str


AnyLine = Head | Line | End


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What an export came to."""

    account_id: str
    file: str
    format: Literal["ndjson", "csv"]
    events: int
    first: int
    last: int
    until: int
    sha256: str


def pointers(body: dict[str, Any]) -> dict[str, str]:
    """What is sealed beside an event."""
    return {what: SEALED for field, what in _POINTERS.items() if body.get(field)}
