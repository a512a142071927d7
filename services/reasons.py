"""Reasons people give: checked, and sealed where Xero's own words are kept too, since an event holds no free text."""

from collections.abc import Callable, Iterable
from typing import Final
from uuid import UUID

import msgspec

from adapters.event_store.store import NOTHING
from adapters.event_store.writes import SealedAnswer, Writes
from adapters.vault.account_keys import AccountKeys
from domain.refusals import Fault, InvalidInput

LONGEST_REASON: Final = 500


class SealedReasons:
    """Seals reasons under the key of their account, to be written with the event that points at them."""

    def __init__(self, keys: AccountKeys, new_id: Callable[[], UUID]) -> None:
        self._keys, self._new_id = keys, new_id

    def seal(self, account_id: str, stream: UUID, reason: str) -> SealedAnswer:
        """A checked reason as it is kept; its `answer_id` is what the event holds."""
        reason_id = self._new_id()
        sealed = self._keys.get(account_id).seal("answer_text", str(reason_id), 1, msgspec.json.encode([reason]))
        return SealedAnswer(answer_id=reason_id, stream_id=stream, account_id=account_id, sealed=sealed)

    def writes(self, kept: Iterable[SealedAnswer]) -> Writes:
        """What goes into the transaction of those events."""
        return Writes(answers=answers) if (answers := list(kept)) else NOTHING


def checked_reason(reason: str) -> str:
    """A reason a person gave, without outer blanks; InvalidInput if it says nothing or does not end."""
    said = reason.strip()
    if not 1 <= len(said) <= LONGEST_REASON or not said.isprintable():
        raise InvalidInput(Fault("/reason", f"a reason is 1 to {LONGEST_REASON} printable characters on one line"))
    return said
