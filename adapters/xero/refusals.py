"""What one element of Xero's answer means for its invoice. Pure.

Only messages whose meaning is certain get a cause of their own; all others are `rejected_by_xero` with Xero's words.
"""

import re
from typing import Final, Literal

import msgspec

from adapters.xero.answers import XeroInvoice
from domain.causes import Cause

# XERO-UNVERIFIED XU-04: the text for a number that is taken; matched loosely, for a search harms nobody.
_NUMBER_TAKEN: Final = re.compile(r"invoice\s*(#|no\.?|number)?.*\bmust be unique", re.IGNORECASE | re.DOTALL)
_LIMIT_USED_UP: Final = re.compile(r"reached the limit of invoices you can approve", re.IGNORECASE)


class Judgement(msgspec.Struct, frozen=True):
    """Saved; or to be looked up before anything else; or refused for `cause`. `words` are Xero's, to be sealed."""

    kind: Literal["saved", "look_up", "refused"]
    cause: Cause | None = None
    words: tuple[str, ...] = ()


def judge(element: XeroInvoice) -> Judgement:
    """Judge one element of a complete answer. One that is neither refused nor bears an id is looked up."""
    if not element.has_errors:
        return Judgement("saved" if element.invoice_id else "look_up", words=element.warnings)
    if any(_NUMBER_TAKEN.search(message) for message in element.messages):
        return Judgement("look_up", words=element.messages)
    return Judgement("refused", Cause(_code_for(element.messages)), element.messages)


def _code_for(messages: tuple[str, ...]) -> str:
    limit = bool(messages) and all(_LIMIT_USED_UP.search(message) for message in messages)
    return "approval_limit_reached" if limit else "rejected_by_xero"
