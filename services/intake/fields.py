"""Readers of single fields: a place in, a checked value out.

Each notes what is wrong at its place and then returns a stand-in; for a field that is not there it returns the
stand-in silently.
"""

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from typing import Final, TypeVar

from domain.currency import CURRENCIES
from domain.money import NotAnAmount, parse_amount
from services.intake.json_text import JsonNumber
from services.intake.place import Place

AMOUNT_AS_TEXT: Final = 'write amounts as text, such as "12.50"'

_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_GUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_PRINTABLE_ASCII: Final = re.compile(r"[ -~]*")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_URL: Final = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?([/?#][!-~]*)?")
_LONGEST_URL: Final = 2048
_REVISION: Final = re.compile(r"[1-9][0-9]{0,8}")
_NO_DATE: Final = dt.date(1900, 1, 1)

Choice = TypeVar("Choice", bound=str)


def text(place: Place, *, least: int = 1, most: int = 255, lines: bool = False) -> str:
    """Free text of `least` to `most` characters; line breaks and tabs only if `lines`."""
    value = _string(place)
    if value is None:
        return ""
    if not least <= len(value) <= most:
        place.refuse(f"has {len(value)} characters; {least} to {most} are allowed" if value else "is empty")
    elif least and not value.strip():
        place.refuse("holds nothing but blanks")
    _refuse_unprintable(place, value, allowed="\n\t" if lines else "")
    return value


ID_FORM: Final = "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -"


def identifier(place: Place) -> str:
    """An id as Kyrios gives them."""
    return _matching(place, _ID, ID_FORM)


def is_identifier(text: str) -> bool:
    """Whether a text has the form of an id as Kyrios gives them."""
    return _ID.fullmatch(text) is not None


def guid(place: Place) -> str | None:
    """A Xero id in lower case, as Xero writes it; None if the field is not there."""
    found = _matching(place, _GUID, "must be a Xero id such as 00000000-0000-0000-0000-000000000000")
    return found.lower() or None


def command_id(place: Place) -> str | None:
    """The sender's idempotency key; None if the field is not there."""
    found = _ascii(place, most=128)
    return found or None


def invoice_number(place: Place) -> str:
    """An invoice number as Xero can hold it and be asked for it.

    Source: Xero's Invoices page (255 printable ASCII characters; `InvoiceNumbers` takes a comma-separated list).
    XERO-UNVERIFIED XU-10: that a number with a comma cannot be asked for.
    """
    found = _ascii(place, most=255)
    if "," in found:
        place.refuse("holds a comma, and Xero could not be asked for such a number")
    if found != found.strip():
        place.refuse("begins or ends with a blank")
    return found


def amount(place: Place, *, places: int = 4) -> Decimal:
    """An exact decimal written as text, with at most 10 digits before and `places` after the point."""
    if place.absent:
        return Decimal(0)
    if isinstance(place.value, JsonNumber):
        place.refuse(AMOUNT_AS_TEXT)
        return Decimal(0)
    value = _string(place)
    if value is None:
        return Decimal(0)
    try:
        # Adding nothing turns "-0" into 0; the digits are far fewer than the context keeps.
        return parse_amount(value, places=places) + 0
    except NotAnAmount as error:
        place.refuse(str(error))
        return Decimal(0)


def percentage(place: Place) -> Decimal:
    """A percentage from 0 to 100 with at most 4 decimals."""
    found = amount(place)
    if not 0 <= found <= 100:
        place.refuse("must be from 0 to 100 percent")
    return found


def calendar_date(place: Place) -> dt.date:
    """A date of the years 1900 to 2999, written as 2026-10-01."""
    value = _string(place)
    if value is None:
        return _NO_DATE
    try:
        found = dt.date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        found = None
    if found is None or not 1900 <= found.year < 3000:
        place.refuse("must be a date from 1900 to 2999, written like 2026-10-01")
        return _NO_DATE
    return found


def currency(place: Place) -> str:
    """A currency in use, as its ISO 4217 code."""
    value = _string(place)
    if value is not None and value not in CURRENCIES:
        place.refuse("must be the code of a currency in use, such as NZD")
    return value or ""


def link(place: Place) -> str:
    """The address of the invoice in Kyrios: https, and without the word Xero, which Xero refuses in it.

    Source: Xero's Invoices page. XERO-UNVERIFIED XU-29: how long Xero lets it be; 2,048 characters are ours.
    """
    found = _matching(place, _URL, "must be an https address in printable ASCII without blanks")
    if len(found) > _LONGEST_URL:
        place.refuse(f"has {len(found)} characters; at most {_LONGEST_URL} are allowed")
    if "xero" in found.lower():
        place.refuse('holds the word "xero", which Xero refuses in a link')
    return found


def choice(place: Place, choices: tuple[Choice, ...]) -> Choice:
    """One of a few words; the first if the field is not there."""
    value = _string(place)
    if value is None:
        return choices[0]
    for known in choices:
        if known == value:
            return known
    place.refuse(f"must be one of {', '.join(choices)}")
    return choices[0]


def flag(place: Place) -> bool:
    """True or false; false if the field is not there."""
    if place.absent:
        return False
    if not isinstance(place.value, bool):
        place.refuse_kind("true or false")
        return False
    return place.value


def revision(place: Place) -> int:
    """A whole number from 1 on; 1 if the field is not there."""
    if place.absent:
        return 1
    written = place.value.written if isinstance(place.value, JsonNumber) else ""
    if not _REVISION.fullmatch(written):
        place.refuse("must be a whole number from 1 to 999999999")
        return 1
    return int(written)


def _string(place: Place) -> str | None:
    if place.absent:
        return None
    if not isinstance(place.value, str):
        place.refuse_kind("text")
        return None
    return place.value


def _matching(place: Place, pattern: re.Pattern[str], words: str) -> str:
    value = _string(place)
    if value is None:
        return ""
    if not pattern.fullmatch(value):
        place.refuse(words)
        return ""
    return value


def _ascii(place: Place, *, most: int) -> str:
    value = _string(place)
    if value is None:
        return ""
    if not (1 <= len(value) <= most and _PRINTABLE_ASCII.fullmatch(value)):
        place.refuse(f"must be 1 to {most} printable ASCII characters")
        return ""
    return value


def _refuse_unprintable(place: Place, value: str, allowed: str) -> None:
    for position, character in enumerate(value, start=1):
        category = unicodedata.category(character)
        if category == "Cs":
            place.refuse(f"holds half of a surrogate pair at character {position}")
            return
        if category == "Cc" and character not in allowed:
            place.refuse(f"holds the control character U+{ord(character):04X} at character {position}")
            return
