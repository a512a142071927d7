"""Where a process stops inside the engine: around a commit, a claim, and with new tokens in hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg import Cursor

from adapters.event_store.lane_calls import Admission
from adapters.event_store.outbox import LeasedEntry
from adapters.event_store.recorder import OutboxRecorder
from adapters.vault.grants import Grant
from adapters.xero.token_answer import TokenAnswer
from adapters.xero.tokens import TokenSource
from domain.connection import Connection
from services.dispatch.claim import Claim
from services.dispatch.kind import DeliveryKind
from services.dispatch.lane_work import Work
from tests.crash.stops.pausing import reached


class StopsBeforeCommit(OutboxRecorder):
    """Events and all that belongs to them are written and not yet committed."""

    def _insert_stored_events(self, curs: Cursor[Any], stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        super()._insert_stored_events(curs, stored_events, **kwargs)
        reached("before_commit")


class StopsAfterCommit(OutboxRecorder):
    """Events and all that belongs to them are committed; the caller does not know yet."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Commit, then stop."""
        ids: Sequence[int] | None = super().insert_events(stored_events, **kwargs)
        reached("after_commit")
        return ids


class StopsInsideClaim(Claim):
    """Entries are leased in a transaction that is not committed."""

    def _lease(
        self,
        tx: Any,
        kind: DeliveryKind[Any],
        passed: Sequence[tuple[LeasedEntry, Any]],
        connection: Connection,
        connection_id: UUID,
        admission: Admission,
        began: float,
    ) -> Work[Any] | None:
        work = super()._lease(tx, kind, passed, connection, connection_id, admission, began)
        reached("inside_claim")
        return work


class StopsInsideLookUp(Claim):
    """What is to be searched for is read in a transaction that is not committed."""

    def _sought(self, *of: Any) -> list[Any]:
        items = super()._sought(*of)
        reached("inside_look_up")
        return items


class StopsAfterClaim(Claim):
    """Entries are leased and their delivery is committed; nothing was sent."""

    def to_send(self, connection_id: UUID) -> Work[Any] | None:
        """Claim, then stop."""
        work = super().to_send(connection_id)
        if work is not None:
            reached("after_claim")
        return work


class StopsWithTokens(TokenSource):
    """Xero has rotated the tokens and answered; the new ones are not kept."""

    def _ask(self, grant: Grant, claimed_until: datetime) -> TokenAnswer | None:
        answer = super()._ask(grant, claimed_until)
        reached("with_tokens")
        return answer


def stop_at_doorbell(connection_id: UUID) -> None:
    """Stands for the ring: all is committed, and nobody was told."""
    reached("doorbell")


def no_ring(connection_id: UUID) -> None:
    """A ring nobody hears."""
