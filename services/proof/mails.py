"""Whether the mails are as the log says: each that an event asks for is there, and none that no event asks for.

Mails that ended are deleted after a week, so what is older cannot be missed; nor are those to one who is told no more.
From a copy nobody is told anything: there, no mail may be.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Cursor

from adapters.event_store import mails, recipients
from domain.alert_entries import STILL_OPEN, SUPPORT
from services.proof.replay import Replayed
from services.sweeper import KEEP_CLOSED_DAYS


class MailsCheck:
    """Looks at one stream after the other, then says what is wrong."""

    def __init__(self, cursor: Cursor[dict[str, Any]], *, copy: bool) -> None:
        """`copy`: the log is the copy of another."""
        self._copy = copy
        self._kept = mails.keys(cursor)
        self._known = recipients.known(cursor)
        # A day less than they are kept, as an hour of mails may end before it is over.
        self._since: datetime = mails.kept_since(cursor, KEEP_CLOSED_DAYS - 1)
        self._asked: dict[str, tuple[str, int]] = {}
        self._told_from: dict[str, dict[UUID, int]] = {}
        self._for_support: set[str] = set()
        self._live = {_asked_for_as(key) for key, state in self._kept.items() if state in mails.LIVE}
        self._unasked = set(self._live)

    def see(self, replayed: Replayed) -> None:
        """Note what a stream asks for, and whom it names."""
        for asked in replayed.alerts:
            key = asked.entry.effect_key
            self._unasked.discard(key)
            if asked.occurred_at > self._since:
                _, before = self._asked.get(key, ("", 0))
                self._asked[key] = (asked.entry.account_id, max(before, asked.position))
                if asked.entry.for_support:
                    self._for_support.add(f"{key}/{SUPPORT}")
        for position, chosen in replayed.recipients:
            known = self._told_from.get(chosen.account_id, {})
            told_from = {recipient_id: known.get(recipient_id, position) for recipient_id in chosen.recipient_ids}
            self._told_from[chosen.account_id] = told_from

    def wrong(self) -> Iterator[tuple[str, str]]:
        """The keys of mails that are missing or that nothing asks for, and what is wrong with each."""
        if self._copy:
            yield from ((mine, "is there, though nobody is told from the copy of a history") for mine in self._kept)
            return
        for key, (account_id, position) in sorted(self._asked.items()):
            for recipient_id, since in self._told_from.get(account_id, {}).items():
                mine = f"{key}/{recipient_id}"
                if recipient_id in self._known and since <= position and mine not in self._kept:
                    yield mine, "missing, though an event asks for it"
        for mine in sorted(self._for_support - self._kept.keys()):
            yield mine, "missing, though an event asks for it"
        for key in sorted(self._unasked):
            yield key, "a mail that no event of the log asks for"


def _asked_for_as(key: str) -> str:
    """The key without its recipient, as an event asks for it; an open matter's follows from that of another mail."""
    return key.rpartition("/")[0].partition(STILL_OPEN)[0]
