"""The SQL of table `whole_app`: what holds for all lanes together, the app's limit at Xero and the breaker of all.

One row. It is read with every claim and hardly ever written; a transaction that locks it takes no lock after it.
"""

from typing import Any
from uuid import UUID

from psycopg import Cursor

Row = dict[str, Any]


def heard(curs: Cursor[Row], left: int, lasted: float = 0.0) -> None:
    """Keep how many calls Xero says the whole app has left in its minute, which has lasted so many seconds at least."""
    curs.execute(
        "UPDATE app.whole_app SET app_left = %s, heard_at = app.now() - %s * interval '1 second'", (left, lasted)
    )


def pause(curs: Cursor[Row], seconds: float, cause: str) -> None:
    """No lane starts a call for so long; a shorter pause neither cuts a longer one nor changes why it is."""
    curs.execute(
        """
        UPDATE app.whole_app SET paused_until = greatest(paused_until, app.now() + %(pause)s * interval '1 second'),
               paused_for = CASE WHEN paused_until > app.now() + %(pause)s * interval '1 second' THEN paused_for
                            ELSE %(cause)s END
        """,
        {"pause": seconds, "cause": cause},
    )


def rest(curs: Cursor[Row], seconds: float) -> bool:
    """All lanes rest from now on, until a probe is answered; False if they do already."""
    curs.execute(
        "UPDATE app.whole_app SET resting = true, failed_probes = 0, probe_until = NULL, probe_by = NULL"
        " WHERE NOT resting"
    )
    if curs.rowcount == 0:
        return False
    pause(curs, seconds, "xero_unavailable")
    return True


def take_probe(curs: Cursor[Row], delivery_id: UUID, seconds: float) -> bool:
    """Be the one that goes ahead, for at most so long; False if another is, or nobody has to any more."""
    curs.execute(
        """
        UPDATE app.whole_app SET probe_until = app.now() + %s * interval '1 second', probe_by = %s
        WHERE resting AND (probe_until IS NULL OR probe_until <= app.now()) RETURNING true AS ours
        """,
        (seconds, delivery_id),
    )
    return curs.fetchone() is not None


def failed_probes(curs: Cursor[Row]) -> int:
    """How many probes have failed since all lanes began to rest."""
    curs.execute("SELECT failed_probes FROM app.whole_app")
    row = curs.fetchone()
    return row["failed_probes"] if row else 0


def probe_failed(curs: Cursor[Row], delivery_id: UUID, seconds: float) -> None:
    """Rest on, for so long, if this is the one that goes ahead; an older one was not waited for."""
    curs.execute(
        """
        UPDATE app.whole_app SET failed_probes = failed_probes + 1, probe_until = NULL, probe_by = NULL
        WHERE resting AND probe_by = %s
        """,
        (delivery_id,),
    )
    if curs.rowcount == 1:
        pause(curs, seconds, "xero_unavailable")


def give_probe_back(curs: Cursor[Row], delivery_id: UUID) -> None:
    """Xero was not asked: another may go ahead at once."""
    curs.execute("UPDATE app.whole_app SET probe_until = NULL, probe_by = NULL WHERE probe_by = %s", (delivery_id,))


def begin_again(curs: Cursor[Row], delivery_id: UUID) -> bool:
    """Xero answered the one that goes ahead; False if this is not the one. The app's own limit still holds."""
    curs.execute(
        """
        UPDATE app.whole_app SET resting = false, failed_probes = 0, probe_until = NULL, probe_by = NULL,
               paused_until = CASE WHEN paused_for = 'rate_limited' THEN paused_until END,
               paused_for = CASE WHEN paused_for = 'rate_limited' THEN paused_for END
        WHERE resting AND probe_by = %s
        """,
        (delivery_id,),
    )
    return curs.rowcount == 1


def read(curs: Cursor[Row]) -> Row:
    """The row, for those who ask why everything waits."""
    curs.execute("SELECT * FROM app.whole_app")
    row = curs.fetchone()
    assert row is not None, "the row is there from the first migration"
    return row
