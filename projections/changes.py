"""Changes: invoices and the connection of an account by where in the log they last changed. Queries only.

Positions come from the log, and the tables are folded in its order, one transaction per batch. So whoever has read up
to a position will never be surprised by a smaller one, and a rebuild gives every change the position it had.
"""

from uuid import UUID

from sqlalchemy import Connection, Text, cast, select
from sqlalchemy.dialects.postgresql import JSONB

from projections import connection_status
from projections.connection_status import ConnectionRow
from projections.invoice_status import INVOICE_STATUS, InvoiceRow

_C = INVOICE_STATUS.c


def changed_after(
    connection: Connection, connection_id: UUID, position: int, limit: int
) -> list[InvoiceRow | ConnectionRow]:
    """Up to `limit` rows that last changed behind this position, in the order of the log."""
    columns = [cast(c, Text) if isinstance(c.type, JSONB) else c for c in INVOICE_STATUS.columns]
    query = select(*columns).where(_C.connection_id == connection_id, _C.changed_at_position > position)
    invoices = [InvoiceRow(*row) for row in connection.execute(query.order_by(_C.changed_at_position).limit(limit))]
    rows: list[InvoiceRow | ConnectionRow] = [*invoices]
    known = connection_status.load(connection, [connection_id]).values()
    rows += [row for row in known if row.changed_at_position > position]
    return sorted(rows, key=lambda row: row.changed_at_position)[:limit]
