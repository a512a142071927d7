"""Reading the body of a write: JSON values by type, objects by a table of the elements Xero has, and nothing else.

Numbers and booleans may be written as text, as in Xero's own examples. The tables are in ``elements``.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from adapters.simulator import errors
from adapters.simulator.accounting.dates import read_date
from adapters.simulator.ledger.documents import Document, NotJson, decode

_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)
_LARGEST_EXPONENT = 15

Reader: TypeAlias = Callable[[Any], Any]
"""Turns a JSON value into ours or raises ValueError saying what was expected."""


def text(value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise ValueError("a string")
    return value


def number(value: Any) -> Decimal:
    """A finite number of sane size, also as plain text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("a number")
    found = Decimal(value)
    if not found.is_finite() or found.adjusted() > _LARGEST_EXPONENT:
        raise ValueError("a number of at most 16 digits")
    return found


def flag(value: Any) -> bool:
    """A boolean, also as text."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise ValueError("a boolean")
    return value


def day(value: Any) -> Any:
    """A date in one of Xero's three input forms."""
    if not isinstance(value, str):
        raise ValueError("a date")
    try:
        return read_date(value)
    except ValueError:
        raise ValueError("a date") from None


def guid(value: Any) -> str:
    """A GUID, in lower case."""
    try:
        return str(uuid.UUID(text(value)))
    except ValueError:
        raise ValueError("a GUID") from None


def ignored(value: Any) -> Any:
    """A read-only element that clients echo; what is in it does not matter."""
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A type of object: its name at Xero and a reader for each element it may hold."""

    name: str
    readers: Mapping[str, Reader]


def shape(name: str, readers: Mapping[Reader, str], echoed: str = "") -> Shape:
    """A shape from element names by reader; ``echoed`` ones are read-only at Xero: accepted, never looked at."""
    named = {element: reader for reader, elements in readers.items() for element in elements.split()}
    return Shape(name, dict.fromkeys(echoed.split(), ignored) | named)


def objects(of: Shape) -> Reader:
    """A list of objects of a shape."""
    return lambda value: [_object(item, of) for item in value] if isinstance(value, list) else _expected("a list")


def an_object(of: Shape) -> Reader:
    """One object of a shape."""
    return lambda value: _object(value, of)


def read_objects(body: bytes, wrapper: str, of: Shape) -> list[Document]:
    """The objects of a body: ``{"Invoices": [..]}`` (the wrapper) or one bare object. Raises errors.Refusal."""
    try:
        found = decode(body)
    except NotJson as error:
        raise errors.post_data(f"The body is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise errors.post_data("The body must be an object")
    wrapped = found.get(wrapper, [found]) if set(found) <= {wrapper} else [found]
    if not isinstance(wrapped, list) or not wrapped:
        raise errors.post_data(f"{wrapper} must be a list with at least one element")
    try:
        return [_object(item, of, f"{wrapper}[{n}]") for n, item in enumerate(wrapped)]
    except ValueError as error:
        raise errors.post_data(str(error)) from None


def _object(value: Any, of: Shape, path: str = "") -> Document:
    if not isinstance(value, dict):
        raise ValueError(f"{path or of.name} must be an object")
    result = dict[str, Any]()
    for key, held in value.items():
        reader = of.readers.get(key)
        if reader is None:
            raise ValueError(f"{path or of.name}: there is no element {key!r} on {of.name}")
        if held is not None and reader is not ignored:
            try:
                result[key] = reader(held)
            except ValueError as error:
                inner = str(error)
                raise ValueError(
                    f"{path or of.name}.{key}: {inner}" if ":" in inner else f"{path or of.name}.{key} must be {inner}"
                ) from None
    return result


def _expected(what: str) -> Any:
    raise ValueError(what)
