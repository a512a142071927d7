"""The end of an entry that nobody can carry: with the event that says so, or without one if it cannot even be read."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from adapters.event_store import outbox, outbox_deaths
from adapters.event_store.outbox import LeasedEntry
from adapters.event_store.store import Transaction
from domain.causes import UNFOUND, Cause, told_to_support
from domain.connection import Connection
from domain.event import Event, Moment
from services.database import DATABASE_TROUBLE
from services.dispatch.deaths import KILLED_ITS_WORKER
from services.dispatch.kind import DeliveryKind

LOG: Final = logging.getLogger(__name__)
OUR_FAULT: Final = Cause(KILLED_ITS_WORKER)


class Ending:
    """Ends locked entries. `support_told`: whether support gets mails of what goes wrong.

    Whether what is searched for is in Xero is not known, and never was: that is how it ends, and not as our fault to be
    sent again.
    """

    def __init__(self, kinds: Mapping[str, DeliveryKind[Any]], support_told: bool) -> None:
        self._kinds = kinds
        self.our_fault = told_to_support(OUR_FAULT) if support_told else OUR_FAULT
        self._unfound = told_to_support(UNFOUND) if support_told else UNFOUND

    def end(self, tx: Transaction, entry: LeasedEntry, of: Connection, at: Moment) -> None:
        """End it; if what it is about cannot be read, as `end_unread` does."""
        try:
            events = self._events(tx, entry, of, at)
        except DATABASE_TROUBLE:
            raise
        except Exception:
            LOG.error("entry %s cannot be read", entry.id, exc_info=True)
            events = []
        self._close(tx, entry)
        tx.append(events)

    def end_unread(self, tx: Transaction, entry: LeasedEntry) -> None:
        """End it in the outbox alone, as reading it kills: no event says so, and `verify` misses it."""
        LOG.error("entry %s kills whoever reads it; it ends without an event", entry.id)
        self._close(tx, entry)

    def why(self, entry: LeasedEntry) -> Cause:
        """What it ends for."""
        return self._unfound if entry.searched else self.our_fault

    def _events(self, tx: Transaction, entry: LeasedEntry, of: Connection, at: Moment) -> list[Event]:
        kind = self._kinds[entry.kind]
        subject = kind.subjects(tx, [entry.stream_id], of)[entry.stream_id]
        sent = entry.delivery_id if entry.searched else None
        return kind.failed(subject, self.why(entry), entry.attempts, sent, None, of.organisation_id, at)

    def _close(self, tx: Transaction, entry: LeasedEntry) -> None:
        close: Callable[..., None] = outbox_deaths.end_unfound if entry.searched else outbox.withdraw
        close(tx.cursor, [entry.id], self.why(entry).code)
