"""What the tables say of an invoice that is under way: its live outbox entry, and the lane it goes by. Values."""

from datetime import datetime
from typing import Literal

import msgspec

EntryState = Literal["WAITING", "PENDING", "LEASED", "AMBIGUOUS"]


class EntryNow(msgspec.Struct, frozen=True, kw_only=True):
    """The live outbox entry of an invoice: what it is for, its state, tries so far, seconds until it is due.

    `asked`: a person asked for it, so that it may use the day's reserve. `former_books` is the organisation it belongs
    to, if the account has left that one for another since.
    """

    kind: str = "create_invoice"
    state: EntryState
    attempts: int = 0
    due_in: float | None = None
    asked: bool = False
    former_books: str | None = None


class LaneNow(msgspec.Struct, frozen=True, kw_only=True):
    """The lane of a connection: the cause it pauses for, until when, and how many seconds that still is.

    `only_for_asked`: what is left of the day is kept, and what a person asked for goes all the same.
    `in_copy`: there is no lane, as this log is the copy of another, from which nothing is sent.
    """

    paused_for: str | None = None
    paused_until: datetime | None = None
    paused_in: float | None = None
    only_for_asked: bool = False
    in_copy: bool = False
