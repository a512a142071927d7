"""Rest: waiting until an installation has nothing left to do. The database tells of every change."""

import time
from typing import Any, Final

import psycopg

from services.projector import CHANNEL

LOOK_AGAIN: Final = 1.0
_AT_REST: Final = """
    SELECT NOT EXISTS (SELECT FROM app.outbox WHERE closed_at IS NULL)
       AND NOT EXISTS (SELECT FROM app.delivery WHERE finished_at IS NULL)
       AND NOT EXISTS (SELECT FROM app.mail WHERE closed_at IS NULL AND told_at IS NULL
                       AND due_at < app.now() + interval '30 seconds')
       AND NOT EXISTS (SELECT FROM app.blocked_by WHERE cause = 'contact_pending')
       AND (SELECT coalesce(max(notification_id), 0) FROM es.sync_events)
           <= (SELECT min(position) FROM app.checkpoints)
"""


def at_rest(connection: psycopg.Connection[Any]) -> bool:
    """Whether nothing is live, all readers have read all, nobody waits for a contact and no first mail is out."""
    row = connection.execute(_AT_REST).fetchone()
    return row is not None and bool(row[0])


def wait_for_rest(database_url: str, patience: float) -> bool:
    """Wait until the installation is at rest, twice in a row; False if it is not in that time."""
    ends, calm = time.monotonic() + patience, 0
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        while calm < 2 and time.monotonic() < ends:
            calm = calm + 1 if at_rest(connection) else 0
            list(connection.notifies(timeout=LOOK_AGAIN, stop_after=1))
    return calm == 2
