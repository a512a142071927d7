"""What a server means by refusing a recipient for good: that there is none, or that something else is wrong.

A relay that takes our password or our sender for wrong refuses every recipient, and none of them is at fault. So only
what the codes say of the address itself is about the recipient (RFC 3463; without such a code, RFC 5321, 4.2.2).
"""

import re
from typing import Final

from adapters.smtp.errors import MailTrouble, RecipientRefused, RelayRefused, TakenLater

_ENHANCED: Final = re.compile(rb"\A\s*(5\.\d{1,3}\.\d{1,3})(?!\S)|\(#(5\.\d{1,3}\.\d{1,3})\)")
"""At the beginning (RFC 2034), or as qmail writes it at the end."""
_OF_NO_ADDRESS: Final = re.compile(rb"relay|rcpthosts|authenti|log ?in", re.IGNORECASE)
_NO_SUCH_ADDRESS: Final = (550, 551, 553)
_OF_THE_SENDER: Final = ("5.1.7", "5.1.8")
_NO_ROOM: Final = 552


def word_of(code: int, said: bytes) -> str:
    """The server's codes: 550, or 550 5.1.1. Its words are not kept."""
    enhanced = _enhanced(said)
    return f"{code} {enhanced}" if enhanced else str(code)


def refused_recipient(code: int, said: bytes) -> type[MailTrouble]:
    """What a 5xx answer to RCPT means."""
    enhanced = _enhanced(said)
    if enhanced:
        return _by_enhanced(enhanced)
    if code == _NO_ROOM:
        return TakenLater
    return RecipientRefused if code in _NO_SUCH_ADDRESS and not _OF_NO_ADDRESS.search(said) else RelayRefused


def _by_enhanced(code: str) -> type[MailTrouble]:
    if code == "5.2.1" or (code.startswith("5.1.") and code not in _OF_THE_SENDER):
        return RecipientRefused
    # A mailbox that is full, or that takes nothing so large, is there.
    return TakenLater if code.startswith("5.2.") else RelayRefused


def _enhanced(said: bytes) -> str:
    found = _ENHANCED.search(said)
    return (found[1] or found[2]).decode() if found else ""
