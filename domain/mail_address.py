"""An e-mail address as we take it: plain ASCII, one at a time, with nothing that could become a header of a mail."""

import re
from typing import Final

from domain.refusals import Fault, InvalidInput

LONGEST: Final = 254
"""Characters; RFC 5321 leaves no room for more."""
_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"(?=.{{1,64}}@){_LOCAL}@{_LABEL}(\.{_LABEL})*", re.ASCII)


def checked_address(text: str, pointer: str = "/email") -> str:
    """The address, if it is one; InvalidInput with what is wrong otherwise. The text itself is not repeated."""
    if len(text) > LONGEST:
        raise InvalidInput(Fault(pointer, f"an e-mail address has at most {LONGEST} characters"))
    if not text.isascii():
        raise InvalidInput(Fault(pointer, "write the address in ASCII (a domain with other letters as xn--…)"))
    if not _ADDRESS.fullmatch(text):
        raise InvalidInput(Fault(pointer, "this is no e-mail address such as jane@example.com"))
    return text


def same_address(one: str, other: str) -> bool:
    """Whether mails to both arrive in the same place, as far as anybody can tell: case does not matter."""
    return one.casefold() == other.casefold()
