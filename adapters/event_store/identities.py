"""The SQL of table `invoice_identity`: which invoice of an account bears a Kyrios link or an id in Xero."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor

from domain.invoice_identity import Identity

Row = dict[str, Any]


def insert(curs: Cursor[Row], identities: Sequence[Identity]) -> None:
    """Record names; its own again is no news, one that is another invoice's violates `invoice_identity_pkey`."""
    curs.execute(
        """
        INSERT INTO app.invoice_identity (account_id, name, stream_id)
        SELECT n.account_id, n.name, n.stream_id FROM unnest(%b::text[], %b::text[], %b::uuid[])
            AS n (account_id, name, stream_id)
        WHERE NOT EXISTS (SELECT FROM app.invoice_identity i
                          WHERE i.account_id = n.account_id AND i.name = n.name AND i.stream_id = n.stream_id)
        """,
        ([i.account_id for i in identities], [i.name for i in identities], [i.stream_id for i in identities]),
    )


def find(curs: Cursor[Row], names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """The invoices that bear these (account, name) pairs, as far as any does."""
    curs.execute(
        """
        SELECT i.account_id, i.name, i.stream_id FROM app.invoice_identity i
        JOIN unnest(%b::text[], %b::text[]) AS n (account_id, name) ON i.account_id = n.account_id AND i.name = n.name
        """,
        ([account for account, _ in names], [name for _, name in names]),
    )
    return {(row["account_id"], row["name"]): row["stream_id"] for row in curs}
