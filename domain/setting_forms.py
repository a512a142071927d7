"""The forms a setting's value may take: a word of a few, a date, a duration, days, kinds of mail. Pure.

Each form turns what a person writes into the one text that is stored, so that the same value again is no news.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from domain.refusals import Fault, InvalidInput

Form = Callable[[str], str]
"""Turns a value into the text that is stored; raises InvalidInput with the sentence that says what it takes."""

_DURATION: Final = re.compile(r"([1-9][0-9]{0,4}) ?(min|h)", re.ASCII)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
MINUTES_A_DAY: Final = 24 * 60
FIRST_DAY: Final = "1900-01-01"
LAST_DAY: Final = "2199-12-31"
"""What no invoice is older or younger than; days beside it can be computed with."""


def one_of(name: str, *words: str) -> Form:
    """One of a few words."""

    def form(value: str) -> str:
        if value not in words:
            raise _wrong(f"{name} is {' or '.join(words)}")
        return value

    return form


def a_date(name: str) -> Form:
    """A calendar day as 2026-04-01. The library also reads 20260401 and 2026-W14-3, the same day in other words."""

    def form(value: str) -> str:
        try:
            plain = date.fromisoformat(value).isoformat() == value
        except ValueError:
            plain = False
        if not plain:
            raise _wrong(f"{name} is a date such as 2026-04-01")
        if not FIRST_DAY <= value <= LAST_DAY:
            raise _wrong(f"{name} is a date from {FIRST_DAY} to {LAST_DAY}")
        return value

    return form


def minutes_of(text: str) -> int | None:
    """A duration such as `30 min` or `2 h` in minutes; None if it is none."""
    found = _DURATION.fullmatch(text)
    return None if found is None else int(found[1]) * (60 if found[2] == "h" else 1)


def a_duration(name: str, least: int, most: int) -> Form:
    """A duration between `least` and `most` minutes."""

    def form(value: str) -> str:
        minutes = minutes_of(value)
        if minutes is None or not least <= minutes <= most:
            raise _wrong(f"{name} is a time from {_said(least)} to {_said(most)}, such as 30 min or 2 h")
        return _said(minutes)

    return form


def a_number(name: str, least: int, most: int, unit: str) -> Form:
    """A whole number between `least` and `most`."""

    def form(value: str) -> str:
        if not _NUMBER.fullmatch(value) or not least <= int(value) <= most:
            raise _wrong(f"{name} is a whole number of {unit} from {least} to {most}")
        return value

    return form


def numbers(name: str, least: int, most: int, unit: str) -> Form:
    """Several whole numbers, the greatest first, each once: `14, 7, 1`."""

    def form(value: str) -> str:
        found = _parts(value)
        if not found or not all(_NUMBER.fullmatch(one) and least <= int(one) <= most for one in found):
            raise _wrong(f"{name} is one or more whole numbers of {unit} from {least} to {most}, such as 14, 7, 1")
        return ", ".join(str(one) for one in sorted({int(one) for one in found}, reverse=True))

    return form


def some_of(name: str, words: Sequence[str], never: str) -> Form:
    """Some of a few words in the order they are listed here, or `none`; `never` says what cannot be among them."""

    def form(value: str) -> str:
        found = _parts(value)
        if found == ["none"]:
            return "none"
        if not found or any(one not in words for one in found):
            raise _wrong(f"{name} is none, or some of {', '.join(words)}; {never}")
        return ", ".join(word for word in words if word in found)

    return form


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",")] if value.strip() else []


def _said(minutes: int) -> str:
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(Fault("/value", message))
