"""Parts of the engine with one defence taken away, for negative controls. The product has no such switch."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Cursor

from adapters.event_store.recorder import OutboxRecorder
from adapters.event_store.writes import Closed, Reopened, Writes
from services.dispatch.kind import Absent, Outcome, Unclear
from services.dispatch.lane_work import Item, Work
from services.dispatch.record import Ended, Record


class SendsAgain(Record):
    """Can take an unknown outcome for one without effect: it is tried, and parted, as often as any other."""

    def _at_once(self, work: Work[Any], item: Item[Any], outcome: Unclear, at: Any, ended: Ended) -> None:
        """Send it again under a new key."""
        tried, group = item.entry.attempts_alone + work.sent_alone, outcome.group or item.entry.group
        known = msgspec.structs.replace(item.entry, attempts_alone=tried, group=group)
        super()._one(work, msgspec.structs.replace(item, entry=known), Absent(), at, ended)
        if ended.reopened and ended.reopened[-1].entry_id == item.entry.id:
            ended.reopened[-1] = msgspec.structs.replace(ended.reopened[-1], tried_alone=work.sent_alone)


class SendsAgainWithoutLookingUp(SendsAgain):
    """Takes an unknown outcome for a failure: sends again under a new key."""

    def _one(self, work: Work[Any], item: Item[Any], outcome: Outcome, at: Any, ended: Ended) -> None:
        if isinstance(outcome, Unclear):
            self._at_once(work, item, outcome, at, ended)
        else:
            super()._one(work, item, outcome, at, ended)


class SplitsWithoutLookingUp(SendsAgain):
    """Takes a request that was refused whole for one without effect: sends its halves at once."""

    def _one(self, work: Work[Any], item: Item[Any], outcome: Outcome, at: Any, ended: Ended) -> None:
        if isinstance(outcome, Unclear) and (outcome.group is not None or outcome.refused_alone):
            self._at_once(work, item, outcome, at, ended)
        else:
            super()._one(work, item, outcome, at, ended)


class RecordsWithoutGuard(OutboxRecorder):
    """Writes results whoever owns the entries now: it makes the lease fit before it is compared."""

    def _insert_events(
        self, curs: Cursor[Any], stored_events: Sequence[Any], *, writes: Writes | None = None, **kwargs: Any
    ) -> None:
        results: list[Closed | Reopened] = [*writes.closed, *writes.reopened] if writes else []
        for result in results:
            curs.execute(
                "UPDATE app.outbox SET state = %s, lease_token = %s, closed_at = NULL WHERE id = %s",
                (result.was, result.token, result.entry_id),
            )
        super()._insert_events(curs, stored_events, writes=writes, **kwargs)
