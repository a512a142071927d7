"""The SQL of table `contact_feed`: how many numbers the feed of a connection's contacts has given out.

The row is locked before a change gets its number and stays locked until that change is committed. So numbers become
visible in their order: whoever has read up to a number will never be surprised by a smaller one.
"""

from typing import Any
from uuid import UUID

from psycopg import Cursor

Row = dict[str, Any]


def hold(curs: Cursor[Row], connection_id: UUID) -> int:
    """Lock the counter until the transaction ends; the last number given out. Before any contact's row is locked."""
    place = {"lane": connection_id}
    curs.execute(
        "INSERT INTO app.contact_feed (connection_id) VALUES (%(lane)s) ON CONFLICT DO NOTHING",
        place,
    )
    curs.execute("SELECT last_seq FROM app.contact_feed WHERE connection_id = %(lane)s FOR UPDATE", place)
    row = curs.fetchone()
    assert row is not None, "the row was made above and nobody removes one"
    return int(row["last_seq"])


def give_out(curs: Cursor[Row], connection_id: UUID, last: int) -> None:
    """All numbers up to `last` are given out, by the transaction that holds the counter."""
    curs.execute("UPDATE app.contact_feed SET last_seq = %s WHERE connection_id = %s", (last, connection_id))


def last_number(curs: Cursor[Row], connection_id: UUID) -> int:
    """The last number whose change is committed; 0 before the first."""
    curs.execute("SELECT last_seq FROM app.contact_feed WHERE connection_id = %s", (connection_id,))
    row = curs.fetchone()
    return 0 if row is None else int(row["last_seq"])
