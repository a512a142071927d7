"""Xero's ``where`` and ``order`` parameters, as far as conditions joined by AND and OR, without brackets."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from adapters.simulator import errors
from adapters.simulator.accounting.dates import ms_of
from adapters.simulator.ledger.documents import Document

# XERO-UNVERIFIED XU-27: everything that does not fit this grammar is a QueryParseException.
_CONDITION = re.compile(
    r"""\s*(?P<path>[A-Za-z]\w*(\.[A-Za-z]\w*)*)\s*(?P<op>==|!=|<>|>=|<=|=|>|<)\s*
    (?P<value>"[^"]*"|guid\("[^"]*"\)|DateTime\(\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\)|-?\d+(\.\d+)?|true|false|null)\s*""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
_AND = re.compile(r"(AND\b|&&)", re.IGNORECASE)
_OR = re.compile(r"(OR\b|\|\|)", re.IGNORECASE)
_ORDER = re.compile(r"\s*([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)(?:\s+(ASC|DESC))?\s*", re.IGNORECASE | re.ASCII)

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: bool(a == b),
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<>": lambda a, b: bool(a != b),
    ">=": lambda a, b: bool(a >= b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    "<": lambda a, b: bool(a < b),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a property with a constant."""

    path: tuple[str, ...]
    operator: str
    value: Any

    def holds(self, document: Document) -> bool:
        """Compare; a missing property equals only null."""
        found = _plain(property_of(document, self.path))
        if found is None or self.value is None:
            return _COMPARE[self.operator](found, self.value) if self.operator in ("==", "=", "!=", "<>") else False
        if type(found) is not type(self.value):
            return self.operator in ("!=", "<>")
        return _COMPARE[self.operator](found, self.value)


@dataclass(frozen=True, slots=True)
class Either:
    """Groups of conditions, of which one has to hold as a whole."""

    groups: list[list[Condition]]

    def holds(self, document: Document) -> bool:
        """Whether all conditions of any group hold."""
        return any(all(condition.holds(document) for condition in group) for group in self.groups)


def parse_where(text: str) -> list[Condition | Either]:
    """Read a filter, in which AND binds closer than OR; raises errors.Refusal (QueryParseException).

    XERO-UNVERIFIED XU-31: that conditions may be joined by OR.
    """
    groups, rest = [list[Condition]()], text
    while True:
        found = _CONDITION.match(rest)
        if found is None:
            raise errors.query(f"The where clause cannot be read at: {rest[:40]}")
        groups[-1].append(Condition(tuple(found["path"].split(".")), found["op"], _constant(found["value"])))
        rest = rest[found.end() :]
        if not rest:
            return [*groups[0]] if len(groups) == 1 else [Either(groups)]
        joint = _AND.match(rest) or _OR.match(rest)
        if joint is None:
            raise errors.query(f"The where clause cannot be read at: {rest[:40]}")
        if _OR.match(rest):
            groups.append([])
        rest = rest[joint.end() :]


def ordered(documents: Sequence[Document], text: str) -> list[Document]:
    """Sort by the ``order`` parameter; raises errors.Refusal."""
    result = list(documents)
    for part in reversed(text.split(",")):
        found = _ORDER.fullmatch(part)
        if found is None:
            raise errors.query(f"The order clause cannot be read: {text[:40]}")
        path, descending = tuple(found[1].split(".")), (found[2] or "").upper() == "DESC"
        result.sort(key=lambda document: _sortable(_plain(property_of(document, path))), reverse=descending)
    return result


def property_of(document: Document, path: tuple[str, ...]) -> Any:
    """A property by its dotted path, names in any case; None when it is missing."""
    value: Any = document
    for name in path:
        if not isinstance(value, dict):
            return None
        value = next((held for key, held in value.items() if key.lower() == name.lower()), None)
    return value


def _plain(value: Any) -> Any:
    """Text compares without case and accents; every number as Decimal."""
    if isinstance(value, str):
        ms = re.fullmatch(r"/Date\((-?\d+)(\+0000)?\)/", value)
        if ms:
            return Decimal(ms[1])
        decomposed = unicodedata.normalize("NFKD", value)
        return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return Decimal(value)


def _constant(text: str) -> Any:
    lowered = text.lower()
    if lowered in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[lowered]
    if text.startswith('"'):
        return _plain(text[1:-1])
    if lowered.startswith("guid"):
        return _plain(text[6:-2])
    if lowered.startswith("datetime"):
        try:
            return Decimal(ms_of(date(*(int(part) for part in text[9:-1].split(",")))))
        except ValueError:
            raise errors.query(f"{text} is no date") from None
    return Decimal(text)


def _sortable(value: Any) -> tuple[int, Any]:
    return (0, 0) if value is None else (1, str(value)) if isinstance(value, str | bool) else (2, value)
