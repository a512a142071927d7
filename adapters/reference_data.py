"""The SQL of table `reference_data`: what Xero last said of an organisation, its accounts and rates, and when."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg import Cursor

Row = dict[str, Any]
Kind = Literal["organisation", "ledger_accounts", "tax_rates"]


def keep(curs: Cursor[Row], connection_id: UUID, organisation_id: str, kind: Kind, said: Any) -> None:
    """Keep what Xero just said, in place of what it said before."""
    curs.execute(
        """
        INSERT INTO app.reference_data (connection_id, organisation_id, kind, said, read_at)
        VALUES (%s, %s, %s, %s::jsonb, app.now())
        ON CONFLICT (connection_id, organisation_id, kind)
        DO UPDATE SET said = excluded.said, read_at = excluded.read_at
        """,
        (connection_id, organisation_id, kind, msgspec.json.encode(said).decode()),
    )


def last_said(curs: Cursor[Row], connection_id: UUID, organisation_id: str, kind: Kind) -> Any | None:
    """What Xero last said, as plain JSON values; None if it was never asked."""
    curs.execute(
        "SELECT said FROM app.reference_data WHERE connection_id = %s AND organisation_id = %s AND kind = %s",
        (connection_id, organisation_id, kind),
    )
    row = curs.fetchone()
    return None if row is None else row["said"]
