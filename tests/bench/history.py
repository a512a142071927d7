"""A long history, made by PostgreSQL itself: rows of one invoice that was synced, copied under new names."""

from collections.abc import Mapping
from typing import Final

import psycopg
from sqlalchemy import Table

from adapters.tables import DELIVERY, DELIVERY_FRAGMENT, EVENTS, INVOICE_IDENTITY, INVOICE_TEXT, OUTBOX
from projections.invoice_status import INVOICE_STATUS

EVENTS_EACH: Final = 2
PER_REQUEST: Final = 50
_POSITION: Final = "currval('es.notification_id_seq')"


def lengthen(url: str, events: int) -> None:
    """Add so many events of synced invoices with all that lies beside them, and let every reader be past them.

    One invoice must be synced and projected already. Its outbox entry is kept too, as if none had been deleted yet.
    """
    with psycopg.connect(url) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute(
            # In the order of the ids, so that every index is filled from left to right, which is many times faster.
            "CREATE TEMP TABLE made AS SELECT row_number() OVER (ORDER BY stream) AS n, stream"
            " FROM (SELECT gen_random_uuid() AS stream FROM generate_series(1, %s)) AS streams",
            (events // EVENTS_EACH,),
        )
        connection.execute(
            "CREATE TEMP TABLE sent AS SELECT row_number() OVER (ORDER BY delivery) - 1 AS d, delivery FROM"
            " (SELECT gen_random_uuid() AS delivery FROM generate_series(0, (SELECT max(n) FROM made) / %s)) AS ids",
            (PER_REQUEST,),
        )
        connection.execute("CREATE INDEX ON sent (d)")
        connection.execute("ANALYZE made, sent")
        template = "(SELECT * FROM app.outbox WHERE state = 'DONE' ORDER BY id LIMIT 1)"
        same = f"WHERE stream_id = (SELECT stream_id FROM {template} o)"
        _copy(
            connection,
            EVENTS,
            f"(SELECT * FROM es.sync_events WHERE originator_id = (SELECT stream_id FROM {template} o)"
            f" ORDER BY originator_version LIMIT {EVENTS_EACH})",
            {"originator_id": "made.stream", "notification_id": "nextval('es.notification_id_seq')"},
            order="made.n, t.originator_version",
        )
        _copy(connection, DELIVERY, _one(DELIVERY, "WHERE purpose = 'send'"), {"id": "sent.delivery"}, source="sent")
        sent = f"(SELECT delivery FROM sent WHERE d = made.n / {PER_REQUEST})"
        _copy(
            connection,
            DELIVERY_FRAGMENT,
            _one(DELIVERY_FRAGMENT),
            {"delivery_id": sent, "position": f"made.n % {PER_REQUEST}", "entry_id": "-made.n"},
        )
        _copy(
            connection,
            OUTBOX,
            template,
            {
                "id": "nextval(pg_get_serial_sequence('app.outbox', 'id'))",
                "stream_id": "made.stream",
                "effect_key": "'create_invoice/' || made.stream",
                "delivery_id": sent,
            },
        )
        _copy(connection, INVOICE_TEXT, _one(INVOICE_TEXT, same), {"stream_id": "made.stream"})
        for kind in ("link/", "xero/"):
            name = f"'{kind}' || made.stream"
            _copy(
                connection, INVOICE_IDENTITY, _one(INVOICE_IDENTITY, same), {"name": name, "stream_id": "made.stream"}
            )
        _copy(
            connection,
            INVOICE_STATUS,
            _one(INVOICE_STATUS, same),
            {
                "stream_id": "made.stream",
                "kyrios_invoice_id": "made.stream::text",
                "number": "'H-' || made.n",
                "accepted_at_position": f"{_POSITION} - 2 * made.n",
                "changed_at_position": f"{_POSITION} - 2 * made.n",
            },
        )
        connection.execute("UPDATE app.checkpoints SET position = (SELECT max(notification_id) FROM es.sync_events)")
        connection.execute("DROP TABLE made, sent")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _copy(
    connection: psycopg.Connection[tuple[object, ...]],
    table: Table,
    template: str,
    changed: Mapping[str, str],
    *,
    source: str = "made",
    order: str = "",
) -> None:
    names = [column.name for column in table.columns]
    values = ", ".join(changed.get(name, f"t.{name}") for name in names)
    ordered = f"ORDER BY {order}" if order else ""
    rows = f"SELECT {values} FROM {template} t CROSS JOIN {source} {ordered}"
    connection.execute(f"INSERT INTO {table} ({', '.join(names)}) {rows}".encode())


def _one(table: Table, where: str = "") -> str:
    return f"(SELECT * FROM {table} {where} LIMIT 1)"
