"""The SQL of tables `delivery` and `delivery_fragment`: one HTTP request, its key, and the exact bytes per entry.

A delivery is committed before its request is on the wire, so whatever may have been sent is known.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Cursor

from adapters.event_store.writes import FinishedDelivery

Row = dict[str, Any]


class SealedFragment(msgspec.Struct, frozen=True, kw_only=True):
    """The bytes sent for one entry, sealed, with their HMAC under the account's key, and by what they were rendered.

    `facts`: ids and versions the outcome's event needs even if another process records it; nothing personal.
    """

    entry_id: int
    stream_id: UUID
    account_id: str
    sealed: bytes
    fragment_hash: str
    facts: dict[str, Any]


def open_send(
    curs: Cursor[Row],
    delivery_id: UUID,
    connection_id: UUID,
    kind: str,
    body_sha: bytes,
    fragments: Sequence[SealedFragment],
    lease: float,
) -> None:
    """Record that these bytes are about to be sent under this key."""
    _open(curs, delivery_id, connection_id, kind, "send", body_sha, len(fragments), lease)
    curs.execute(
        """
        INSERT INTO app.delivery_fragment
            (delivery_id, position, entry_id, stream_id, account_id, fragment, fragment_sha, facts)
        SELECT %s, f.position - 1, f.entry_id, f.stream_id, f.account_id, f.fragment, f.sha, f.facts::jsonb
        FROM unnest(%b::bigint[], %b::uuid[], %b::text[], %b::bytea[], %b::text[], %b::text[]) WITH ORDINALITY
             AS f (entry_id, stream_id, account_id, fragment, sha, facts, position)
        """,
        (
            delivery_id,
            [f.entry_id for f in fragments],
            [f.stream_id for f in fragments],
            [f.account_id for f in fragments],
            [f.sealed for f in fragments],
            [f.fragment_hash for f in fragments],
            [msgspec.json.encode(f.facts).decode() for f in fragments],
        ),
    )


def open_look_up(
    curs: Cursor[Row], delivery_id: UUID, connection_id: UUID, kind: str, entries: int, lease: float
) -> None:
    """Record that Xero is about to be searched for these entries."""
    _open(curs, delivery_id, connection_id, kind, "look_up", None, entries, lease)


def open_read(curs: Cursor[Row], delivery_id: UUID, connection_id: UUID, kind: str, lease: float) -> None:
    """Record that something is about to be read beside the queue, so that it counts as in flight."""
    _open(curs, delivery_id, connection_id, kind, "read", None, 0, lease)


def end_read(curs: Cursor[Row], delivery_id: UUID) -> None:
    """Forget a read: it had no effect, and what it brought is kept elsewhere."""
    curs.execute("DELETE FROM app.delivery WHERE id = %s AND purpose = 'read'", (delivery_id,))


def finish(curs: Cursor[Row], finished: FinishedDelivery) -> None:
    """Record how a delivery ended."""
    curs.execute(
        """
        UPDATE app.delivery SET finished_at = app.now(), outcome = %s, http_status = %s, xero_correlation_id = %s
        WHERE id = %s AND finished_at IS NULL
        """,
        (finished.outcome, finished.http_status, finished.xero_correlation_id, finished.delivery_id),
    )


def finish_expired(curs: Cursor[Row], delivery_ids: Sequence[UUID]) -> None:
    """Record that these deliveries' workers never reported back."""
    curs.execute(
        """
        UPDATE app.delivery SET finished_at = app.now(), outcome = 'lease_expired'
        WHERE id = ANY(%b) AND finished_at IS NULL
        """,
        (list(delivery_ids),),
    )


def finish_forgotten(curs: Cursor[Row]) -> int:
    """Record of every delivery whose lease has run out that nobody reported back; returns how many there were.

    A look-up leaves nothing else behind: its entries are simply looked up again.
    """
    curs.execute(
        """
        UPDATE app.delivery SET finished_at = app.now(), outcome = 'lease_expired'
        WHERE finished_at IS NULL AND lease_until < app.now()
        """
    )
    return curs.rowcount


def erase(curs: Cursor[Row], stream_ids: Sequence[UUID]) -> int:
    """Erase what was sent for these streams; returns how many fragments that were. Their HMACs stay.

    The digest of a whole body goes with its first erased fragment: it has no key, so guesses could be tested by it.
    """
    curs.execute(
        """
        WITH erased AS (
            UPDATE app.delivery_fragment SET fragment = NULL WHERE stream_id = ANY(%s) AND fragment IS NOT NULL
            RETURNING delivery_id
        ), told AS (
            UPDATE app.delivery SET body_sha = NULL WHERE id IN (SELECT delivery_id FROM erased)
        )
        SELECT count(*) AS number FROM erased
        """,
        (list(stream_ids),),
    )
    row = curs.fetchone()
    assert row is not None
    return int(row["number"])


class SentFragment(msgspec.Struct, frozen=True):
    """What is kept of the last bytes sent for an entry."""

    fragment_hash: str
    facts: dict[str, Any]


def last_sent(curs: Cursor[Row], sent: Sequence[tuple[UUID, UUID]]) -> dict[UUID, SentFragment]:
    """What was sent of each (stream, delivery), by stream: a stream has one entry in a delivery at most."""
    curs.execute(
        """
        SELECT f.stream_id, f.fragment_sha, f.facts FROM app.delivery_fragment f
        JOIN unnest(%b::uuid[], %b::uuid[]) AS e (stream_id, delivery_id)
          ON f.stream_id = e.stream_id AND f.delivery_id = e.delivery_id
        """,
        ([stream for stream, _ in sent], [delivery for _, delivery in sent]),
    )
    return {row["stream_id"]: SentFragment(row["fragment_sha"], row["facts"]) for row in curs}


def _open(
    curs: Cursor[Row],
    delivery_id: UUID,
    connection_id: UUID,
    kind: str,
    purpose: str,
    body_sha: bytes | None,
    entries: int,
    lease: float,
) -> None:
    curs.execute(
        """
        INSERT INTO app.delivery (id, connection_id, kind, purpose, body_sha, entries, lease_until)
        VALUES (%s, %s, %s, %s, %s, %s, app.now() + %s * interval '1 second')
        """,
        (delivery_id, connection_id, kind, purpose, body_sha, entries, lease),
    )
