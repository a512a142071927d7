"""Reasons people give: checked, and sealed where Xero's own words are kept too, since an event holds no free text.

Whoever shows an event shows its reason with it: `reason_of` says where it is kept.
"""

from collections.abc import Callable, Iterable
from typing import Final
from uuid import UUID

import msgspec

from adapters.event_store.store import NOTHING
from adapters.event_store.writes import SealedAnswer, Writes
from adapters.vault.account_keys import AccountKeys
from domain.connection_events import TaxMapped
from domain.event import Event
from domain.invoice_events import DismissalUndone, ReviewCleared, SyncDismissed
from domain.refusals import Fault, InvalidInput

LONGEST_REASON: Final = 500
Words = Callable[[UUID, str], str]
"""Opens what is kept under this id for this account; says so if it cannot be read (any more)."""


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


def reason_of(event: Event) -> UUID | None:
    """Where the reason a person gave with this event is kept; None if it has none."""
    match event:
        case SyncDismissed() | DismissalUndone() | ReviewCleared():
            return event.reason_ref
        case TaxMapped():
            return event.override_reason_ref
    return None


def checked_reason(reason: str) -> str:
    """A reason a person gave, without outer blanks; InvalidInput if it says nothing or does not end."""
    said = reason.strip()
    if not 1 <= len(said) <= LONGEST_REASON or not said.isprintable():
        raise InvalidInput(Fault("/reason", f"a reason is 1 to {LONGEST_REASON} printable characters on one line"))
    return said
