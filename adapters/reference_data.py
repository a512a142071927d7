"""The SQL of table `reference_data`: what Xero last said of an organisation, its accounts and rates, and when.

A row is asked for before it is read (`asked_at`), so that one worker at a time reads for a connection, and one that
failed is not repeated at once. What was asked or read in the future, by a clock that was put back since, says nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from psycopg import Cursor

from domain.ledger_account import XeroAccount
from domain.references import OrganisationNow, References
from domain.tax import XeroTaxRate

Row = dict[str, Any]
Kind = Literal["organisation", "actions", "ledger_accounts", "tax_rates", "currencies"]
KINDS: Final[tuple[Kind, ...]] = ("organisation", "actions", "ledger_accounts", "tax_rates", "currencies")


def keep(curs: Cursor[Row], connection_id: UUID, organisation_id: str, kind: Kind, said: Any) -> None:
    """Keep what Xero just said, in place of what it said before."""
    curs.execute(
        """
        INSERT INTO app.reference_data (connection_id, organisation_id, kind, said, read_at)
        VALUES (%s, %s, %s, %s::jsonb, app.now())
        ON CONFLICT (connection_id, organisation_id, kind)
        DO UPDATE SET said = excluded.said, read_at = excluded.read_at, asked_at = NULL
        """,
        (connection_id, organisation_id, kind, msgspec.json.encode(said).decode()),
    )


def read(curs: Cursor[Row], connection_id: UUID, organisation_id: str | None) -> References:
    """What Xero last said of this organisation, as far as it was ever asked."""
    curs.execute(
        """
        SELECT kind, said::text AS said FROM app.reference_data
        WHERE connection_id = %s AND organisation_id = %s AND said IS NOT NULL
        """,
        (connection_id, organisation_id),
    )
    return _references({row["kind"]: row["said"] for row in curs})


class Said(msgspec.Struct, frozen=True):
    """One kind of what Xero said, as JSON, and when."""

    said: str
    read_at: datetime


def last_said(curs: Cursor[Row], connection_id: UUID, organisation_id: str, kind: Kind) -> Said | None:
    """What Xero last said of one kind; None if it was not asked yet."""
    curs.execute(
        """
        SELECT said::text AS said, read_at FROM app.reference_data
        WHERE connection_id = %s AND organisation_id = %s AND kind = %s AND said IS NOT NULL
        """,
        (connection_id, organisation_id, kind),
    )
    row = curs.fetchone()
    return None if row is None else Said(row["said"], row["read_at"])


def forget_others(curs: Cursor[Row], connection_id: UUID, organisation_id: str) -> None:
    """Forget what Xero said of organisations that were left for this one, or only picked."""
    curs.execute(
        "DELETE FROM app.reference_data WHERE connection_id = %s AND organisation_id <> %s",
        (connection_id, organisation_id),
    )


def next_to_read(
    curs: Cursor[Row], connection_id: UUID, organisation_id: str, older_than: float, patience: float
) -> Kind | None:
    """Ask for the kind that was not read for `older_than` seconds; None if there is none.

    Nothing is asked for while another worker reads for this connection, and for `patience` seconds after one failed.
    Lock the lane first.
    """
    curs.execute(
        """
        INSERT INTO app.reference_data AS r (connection_id, organisation_id, kind, asked_at)
        SELECT %(lane)s, %(organisation)s, k.kind, app.now()
        FROM unnest(%(kinds)s::text[]) WITH ORDINALITY AS k (kind, place)
        LEFT JOIN app.reference_data d
               ON d.connection_id = %(lane)s AND d.organisation_id = %(organisation)s AND d.kind = k.kind
        WHERE (d.read_at > app.now() - %(older_than)s * interval '1 second' AND d.read_at <= app.now()) IS NOT TRUE
          AND NOT EXISTS (SELECT FROM app.reference_data a WHERE a.connection_id = %(lane)s
                          AND a.asked_at > app.now() - %(patience)s * interval '1 second' AND a.asked_at <= app.now())
        ORDER BY k.place LIMIT 1
        ON CONFLICT (connection_id, organisation_id, kind) DO UPDATE SET asked_at = excluded.asked_at
        RETURNING kind
        """,
        {
            "lane": connection_id,
            "organisation": organisation_id,
            "kinds": list(KINDS),
            "older_than": older_than,
            "patience": patience,
        },
    )
    row = curs.fetchone()
    return None if row is None else row["kind"]


def stale(
    curs: Cursor[Row], waiting: Sequence[UUID], while_waiting: float, otherwise: float, patience: float, limit: int
) -> list[UUID]:
    """Connections to read for: something was read longer ago than it may be, or never.

    Where something waits (`waiting`, or a live outbox entry) that is `while_waiting` seconds, else `otherwise`.
    """
    curs.execute(
        """
        WITH known AS (
            SELECT connection_id, max(r.asked_at) FILTER (WHERE r.asked_at <= app.now()) AS asked,
                   CASE WHEN count(*) FILTER (WHERE r.organisation_id = l.organisation_id
                                              AND r.read_at <= app.now()) < %(kinds)s
                        THEN '-infinity'
                        ELSE min(r.read_at) FILTER (WHERE r.organisation_id = l.organisation_id) END AS oldest
            FROM app.reference_data r JOIN app.lane l USING (connection_id) GROUP BY connection_id
        )
        SELECT k.connection_id FROM known k
        WHERE k.oldest <= app.now() - %(while_waiting)s * interval '1 second'
          AND (k.asked IS NULL OR k.asked <= app.now() - %(patience)s * interval '1 second')
          AND (k.oldest <= app.now() - %(otherwise)s * interval '1 second'
               OR k.connection_id = ANY(%(waiting)s)
               OR EXISTS (SELECT FROM app.outbox o WHERE o.connection_id = k.connection_id
                          AND o.state IN ('WAITING', 'PENDING', 'LEASED', 'AMBIGUOUS')))
        ORDER BY k.oldest LIMIT %(limit)s
        """,
        {
            "kinds": len(KINDS),
            "waiting": list(waiting),
            "while_waiting": while_waiting,
            "otherwise": otherwise,
            "patience": patience,
            "limit": limit,
        },
    )
    return [row["connection_id"] for row in curs]


def postpone(curs: Cursor[Row], connection_id: UUID) -> None:
    """Leave a connection alone for a while: it cannot be read for now."""
    curs.execute("UPDATE app.reference_data SET asked_at = app.now() WHERE connection_id = %s", (connection_id,))


def _references(said: Mapping[str, str]) -> References:
    denied = _decoded(said, "actions", tuple[str, ...])
    accounts = _decoded(said, "ledger_accounts", tuple[XeroAccount, ...])
    rates = _decoded(said, "tax_rates", tuple[XeroTaxRate, ...])
    currencies = _decoded(said, "currencies", tuple[str, ...])
    return References(
        organisation=_decoded(said, "organisation", OrganisationNow),
        denied=None if denied is None else frozenset(denied),
        accounts=None if accounts is None else {account.account_id: account for account in accounts},
        tax_rates=None if rates is None else {rate.tax_type: rate for rate in rates},
        currencies=None if currencies is None else frozenset(currencies),
    )


def _decoded(said: Mapping[str, str], kind: Kind, type_: Any) -> Any:
    return msgspec.json.decode(said[kind], type=type_) if kind in said else None
