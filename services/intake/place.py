"""A place in the input: its value, the JSON pointer (RFC 6901) that leads there, and where its faults are noted.

Reading goes on after a fault so that the sender learns everything at once. So a reader that notes a fault returns a
stand-in of the right type; whatever is built from stand-ins is thrown away, since the faults are raised in the end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from domain.refusals import Fault, InvalidInput
from services.intake.json_text import JsonObject, kind_of

_MOST_FAULTS: Final = 200
_LONGEST_KEY: Final = 64


class _Absent(Enum):
    ABSENT = "absent"


class Faults:
    """What is wrong with one input, in the order found; beyond 200 only their number is kept."""

    def __init__(self) -> None:
        self._noted: list[Fault] = []
        self.count = 0

    def note(self, pointer: str, message: str) -> None:
        """Add one fault."""
        self.count += 1
        if self.count <= _MOST_FAULTS:
            self._noted.append(Fault(pointer, message))

    def raise_any(self) -> None:
        """Raise InvalidInput with everything noted, if anything was."""
        if self.count > _MOST_FAULTS:
            raise InvalidInput(*self._noted, Fault("", f"and {self.count - _MOST_FAULTS} faults more"))
        if self._noted:
            raise InvalidInput(*self._noted)


@dataclass(frozen=True)
class Place:
    """Where a value stands, or would stand if it were there."""

    value: object
    pointer: str
    faults: Faults

    @property
    def absent(self) -> bool:
        """Whether nothing stands here; if it had to, that is noted already."""
        return self.value is _Absent.ABSENT

    def refuse(self, message: str) -> None:
        """Note what is wrong here, in words that continue the pointer."""
        self.faults.note(self.pointer, message)

    def refuse_kind(self, wanted: str) -> None:
        """Note that another kind of value stands here than `wanted`."""
        self.refuse(f"must be {wanted}, not {kind_of(self.value)}")

    def items(self) -> list["Place"]:
        """The places of a list's items; none if nothing or no list stands here."""
        if self.absent:
            return []
        if not isinstance(self.value, list):
            self.refuse_kind("a list")
            return []
        return [self._below(str(index), item) for index, item in enumerate(self.value)]

    def fields(self, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, "Place"]:
        """The places of an object's fields, there or not; notes what is missing, unknown or repeated."""
        found = self._object()
        if found is not None:
            for name in required:
                if name not in found:
                    self._below(name, None).refuse("is missing")
            for key in found:
                if key not in required and key not in optional:
                    self._below(key, None).refuse("is no field of this format")
            for key in found.repeated:
                self._below(key, None).refuse("stands here more than once")
        present: dict[str, object] = found or {}
        return {name: self._below(name, present.get(name, _Absent.ABSENT)) for name in (*required, *optional)}

    def _object(self) -> JsonObject | None:
        if self.absent:
            return None
        if not isinstance(self.value, JsonObject):
            self.refuse_kind("an object")
            return None
        return self.value

    def _below(self, token: str, value: object) -> "Place":
        return Place(value, f"{self.pointer}/{_escaped(token)}", self.faults)


def _escaped(token: str) -> str:
    """A key as a pointer's token, short and printable whatever the key is."""
    shown = token if len(token) <= _LONGEST_KEY else token[:_LONGEST_KEY] + "…"
    return "".join(_printable(shown)).replace("~", "~0").replace("/", "~1")


def _printable(text: str) -> Iterator[str]:
    for character in text:
        yield character if character.isprintable() else f"\\u{ord(character):04x}"
