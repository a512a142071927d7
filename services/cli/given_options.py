"""Options as whoever typed them knows them: a fault names the option and what was given, not a place in a list."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from domain.foreign_text import one_line
from domain.refusals import Fault, InvalidInput

LONGEST_SHOWN: Final = 80
"""Characters of a given value that are repeated."""


@contextmanager
def named_in_faults(**given: Sequence[str] | None) -> Iterator[None]:
    """Say `--add nobody` where the use case says `/add/0`, for the values that were given to these options."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(*(_named(fault, given) for fault in error.faults)) from error


def _named(fault: Fault, given: Mapping[str, Sequence[str] | None]) -> Fault:
    option, _, position = fault.pointer.removeprefix("/").partition("/")
    values = given.get(option) or ()
    if not (position or "0").isdecimal() or int(position or "0") >= len(values):
        return fault
    value = one_line(values[int(position or "0")], LONGEST_SHOWN)
    return Fault(f"--{option} {value or repr(value)}", fault.message)
