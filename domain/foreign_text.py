"""Text of others (Xero's words, names, reasons) as it may stand on a screen or in a mail. Pure.

Whoever writes into a ledger also writes into what its owner reads: nothing there may steer a terminal, turn the line
around, hide, or push everything else off the page. Markup is escaped where markup is made.
"""

import unicodedata
from typing import Final

LONGEST_LINE: Final = 500
"""Characters of one sentence or name."""
_STEERING: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of control, format (such as the ones that turn text around), surrogates and separators."""


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """The text on one line of at most so many characters, without anything that steers."""
    said = " ".join(without_steering(text).split())
    return said if len(said) <= longest else f"{said[: longest - 1]}…"


def without_steering(text: str, keep: str = "") -> str:
    """The text with a blank for each character that steers, but for those to keep."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if unicodedata.category(c) in _STEERING and c not in keep else c for c in text)
