"""What one element of Xero's answer means for its contact. Pure.

Only messages whose meaning is certain get a meaning of their own; for all others Xero's words are kept.
"""

import re
from typing import Final, Literal

from adapters.xero.answers import ContactElement

ContactJudgement = Literal["saved", "taken", "refused", "unclear"]

# Xero's page on contacts shows this text for a name that is taken, and for a ContactNumber as well.
_TAKEN: Final = re.compile(r"already assigned to another contact|must be unique across all active", re.IGNORECASE)


def judge_contact(element: ContactElement) -> ContactJudgement:
    """Judge one element of a complete answer.

    `taken`: the name or the number is another contact's, or our own from a request whose answer was lost.
    """
    if not element.has_errors:
        return "saved" if element.contact.contact_id else "unclear"
    taken = bool(element.messages) and all(_TAKEN.search(message) for message in element.messages)
    return "taken" if taken else "refused"
