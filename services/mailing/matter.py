"""What one mail is about: facts for a letter, all plain text. How they look is the letter's business."""

import unicodedata
from typing import Final

import msgspec

from domain.causes import Who

LONGEST_LINE: Final = 500
"""Characters of any one sentence or name, Xero's own words among them."""


class Listed(msgspec.Struct, frozen=True):
    """One invoice in a mail: its number, its total, and what is said of it alone, if anything."""

    number: str
    total: str
    says: str = ""


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """What to tell: subject, the matter in a sentence, what it asks for, the invoices, who acts, what happens then.

    `link` is the one address in the mail.
    """

    subject: str
    opening: str
    sentences: tuple[str, ...] = ()
    invoices: tuple[Listed, ...] = ()
    more: int = 0
    who: tuple[Who, ...] = ()
    then: str = ""
    link: str
    link_says: str


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """Text as it may stand anywhere in a mail: one line, nothing that steers a terminal or a header, not too long."""
    plain = "".join(" " if unicodedata.category(c) in _STEERING else c for c in text)
    said = " ".join(plain.split())
    return said if len(said) <= longest else f"{said[: longest - 1]}…"


_STEERING: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of control, format (such as the ones that turn text around), surrogates and separators."""


def count(number: int, one: str, many: str) -> str:
    """A number with what is counted: 1 invoice waits, 12 invoices wait."""
    return f"{number:,} {one if number == 1 else many}"
