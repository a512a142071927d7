"""What was sent to Xero or searched there, as it is kept: the deliveries of an invoice, or of a whole connection."""

from collections.abc import Collection, Iterable, Sequence
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


class SentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One request with the SHA-256 of its body, if it is kept."""

    delivery: DeliveryRecord
    body_sha: bytes | None


class FragmentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a request that was about one entry; `attempt` counts how often that entry was sent until then.

    `fragment` is sealed, None if it was erased.
    """

    delivery_id: UUID
    position: int
    stream_id: UUID
    account_id: str
    attempt: int
    fragment: bytes | None
    fragment_sha: str
    facts: dict[str, Any]


def of_connection(
    cursor: Cursor[dict[str, Any]],
    connection_id: UUID,
    *,
    streams: Sequence[UUID] | None,
    named: Collection[UUID],
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[SentRecord]:
    """The newest deliveries begun in this time, newest first: all, or those about these streams and those `named`."""
    cursor.execute(
        """
        SELECT id, kind, purpose, entries, created_at, finished_at, http_status, outcome, xero_correlation_id, body_sha
        FROM app.delivery d WHERE connection_id = %(lane)s AND purpose <> 'read'
          AND (%(streams)s::uuid[] IS NULL OR id = ANY(%(named)s::uuid[])
               OR id IN (SELECT delivery_id FROM app.delivery_fragment WHERE stream_id = ANY(%(streams)s::uuid[])))
          AND (%(since)s::timestamptz IS NULL OR created_at > %(since)s::timestamptz)
          AND (%(until)s::timestamptz IS NULL OR created_at <= %(until)s::timestamptz)
        ORDER BY created_at DESC, id LIMIT %(limit)s
        """,
        {
            "lane": connection_id,
            "streams": None if streams is None else list(streams),
            "named": list(named),
            "since": since,
            "until": until,
            "limit": limit,
        },
    )
    return [SentRecord(body_sha=row.pop("body_sha"), delivery=DeliveryRecord(**row)) for row in cursor]


def fragments_of(cursor: Cursor[dict[str, Any]], delivery_ids: Sequence[UUID]) -> list[FragmentRecord]:
    """Every fragment of these deliveries, in the order of their bodies."""
    cursor.execute(
        """
        SELECT f.delivery_id, f.position, f.stream_id, f.account_id, f.fragment, f.fragment_sha, f.facts,
               (SELECT count(*) FROM app.delivery_fragment o JOIN app.delivery b ON b.id = o.delivery_id
                WHERE o.stream_id = f.stream_id AND o.entry_id = f.entry_id AND b.created_at <= d.created_at) AS attempt
        FROM app.delivery_fragment f JOIN app.delivery d ON d.id = f.delivery_id
        WHERE f.delivery_id = ANY(%s) ORDER BY f.delivery_id, f.position
        """,
        (list(delivery_ids),),
    )
    return [FragmentRecord(**row) for row in cursor]
