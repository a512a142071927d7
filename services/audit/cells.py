"""Cells of a CSV file that no spreadsheet takes for a formula. Plain amounts stay numbers."""

import re
from typing import Final

_PLAIN: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_SIGNS: Final = ("=", "+", "-", "@")
_CONTROLS: Final = ("\t", "\r", "\n", "\0")
_INVISIBLE: Final = re.compile(r"^[\s\0\ufeff\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069]+")


def cell(value: object) -> str:
    """A value as a cell; one that could be taken for a formula is put behind an apostrophe.

    Spreadsheets skip what cannot be seen at the beginning, and know full-width signs, too.
    """
    text = "" if value is None else str(value)
    if _PLAIN.fullmatch(text):
        return text
    seen = _INVISIBLE.sub("", text)
    begins, before = seen[:1].translate(_NARROW), text[: len(text) - len(seen)]
    formula = begins in _SIGNS or any(control in before for control in _CONTROLS)
    return f"'{text}" if text and formula else text


_NARROW: Final = str.maketrans("＝＋－＠", "=+-@")
