"""Which requests carried or searched for an invoice: the delivery records its events and its live entry name."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Cursor

from domain.event import Event


class DeliveryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One request to Xero: its id, which is its Idempotency-Key, what for, when, and how it ended."""

    id: UUID
    kind: str
    purpose: str
    entries: int
    created_at: datetime
    finished_at: datetime | None
    http_status: int | None
    outcome: str | None
    xero_correlation_id: str | None


def of_stream(cursor: Cursor[dict[str, Any]], stream_id: UUID, events: Iterable[Event]) -> tuple[DeliveryRecord, ...]:
    """The deliveries of one invoice, oldest first."""
    named = {getattr(event, "delivery_id", None) for event in events} - {None}
    cursor.execute(
        """
        SELECT id, kind, purpose, entries, created_at, finished_at, http_status, outcome, xero_correlation_id
        FROM app.delivery
        WHERE id = ANY(%s) OR id IN (SELECT delivery_id FROM app.outbox
            WHERE stream_id = %s AND state IN ('PENDING', 'LEASED', 'AMBIGUOUS'))
        ORDER BY created_at, id
        """,
        (list(named), stream_id),
    )
    return tuple(DeliveryRecord(**row) for row in cursor)
