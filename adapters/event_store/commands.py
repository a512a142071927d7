"""The SQL of table `idempotency`: which commands were carried out, and what was answered."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Cursor

from adapters.event_store.writes import CommandRecord

Row = dict[str, Any]


def insert(curs: Cursor[Row], commands: Sequence[CommandRecord]) -> None:
    """Record commands; a key that was used before violates `idempotency_pkey`."""
    curs.execute(
        """
        INSERT INTO app.idempotency (account_id, key, request_hash, answer)
        SELECT account_id, key, request_hash, answer::jsonb
        FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[]) AS c (account_id, key, request_hash, answer)
        """,
        (
            [c.account_id for c in commands],
            [c.key for c in commands],
            [c.request_hash for c in commands],
            [msgspec.json.encode(c.answer).decode() for c in commands],
        ),
    )


def find(curs: Cursor[Row], keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], CommandRecord]:
    """The records of these (account, key) pairs, as far as they exist."""
    curs.execute(
        """
        SELECT i.account_id, i.key, i.request_hash, i.answer FROM app.idempotency i
        JOIN unnest(%b::text[], %b::text[]) AS k (account_id, key) ON i.account_id = k.account_id AND i.key = k.key
        """,
        ([account for account, _ in keys], [key for _, key in keys]),
    )
    return {
        (row["account_id"], row["key"]): CommandRecord(
            account_id=row["account_id"], key=row["key"], request_hash=row["request_hash"], answer=row["answer"]
        )
        for row in curs
    }
