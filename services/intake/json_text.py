"""JSON text into plain values, without what JSON readers usually let slip by.

Repeated keys are kept in sight, numbers stay unread (a number of a million digits costs nothing, and an amount never
passes through a float), and NaN, foreign encodings and bottomless nesting end in a fault instead of a surprise.
"""

import codecs
import json
from collections import Counter
from dataclasses import dataclass
from typing import Final

from domain.refusals import Fault, InvalidInput

LONGEST: Final = 1024 * 1024
"""Bytes of the longest invoice that is read."""

LONGER_THAN_READ: Final = Fault("", "is longer than 1 MiB, the most one invoice may take")


class JsonObject(dict[str, object]):
    """A JSON object that remembers which of its keys stood in it more than once."""

    repeated: tuple[str, ...] = ()


@dataclass(frozen=True)
class JsonNumber:
    """A number as it was written, not yet read; NaN and Infinity, which JSON does not have, are among them."""

    written: str


def decode(raw: bytes) -> object:
    """The value that `raw` (UTF-8, a byte order mark is tolerated) says; raises InvalidInput if it says none."""
    if len(raw) > LONGEST:
        raise InvalidInput(LONGER_THAN_READ)
    try:
        text = raw.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(Fault("", f"is not UTF-8: byte {error.start + 1} fits no character")) from None
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=JsonNumber,
            parse_float=JsonNumber,
            parse_constant=JsonNumber,
        )
    except json.JSONDecodeError as error:
        raise InvalidInput(Fault("", f"is not JSON: {error.msg.lower()}, at character {error.pos + 1}")) from None
    except RecursionError:
        raise InvalidInput(Fault("", "is nested far deeper than an invoice")) from None


def kind_of(value: object) -> str:
    """What a decoded value is, in the words of a fault."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "text"
        case JsonNumber():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"


def _object(pairs: list[tuple[str, object]]) -> JsonObject:
    found = JsonObject(pairs)
    if len(found) < len(pairs):
        times = Counter(key for key, _ in pairs)
        found.repeated = tuple(key for key, count in times.items() if count > 1)
    return found
