"""The SQL of table `claim_begun`: the trace of a claim, left behind only by one whose process died in it.

A claim is one transaction, so a death inside leaves nothing. The trace is written beside it, before entries are read
to be sent or searched for, and removed with its commit. A lane's claims follow one another under the lock of its row:
whoever holds that lock and finds a trace knows that its writer is gone.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor

Row = dict[str, Any]


def begin(curs: Cursor[Row], token: UUID, connection_id: UUID, entry_ids: Sequence[int]) -> None:
    """Leave a trace, in a transaction of its own. It need not outlive the database, only this process."""
    curs.execute("SET LOCAL synchronous_commit = off")
    curs.execute(
        "INSERT INTO app.claim_begun (token, connection_id, entry_ids) VALUES (%s, %s, %s)",
        (token, connection_id, list(entry_ids)),
    )


def end(curs: Cursor[Row], token: UUID) -> None:
    """Remove the trace: with the claim's commit, or after an error that this process lived through."""
    curs.execute("DELETE FROM app.claim_begun WHERE token = %s", (token,))


def take_left(curs: Cursor[Row], connection_id: UUID) -> list[list[int]]:
    """The entries of each claim of this lane that died, which are forgotten hereby. The lane must be locked."""
    curs.execute("DELETE FROM app.claim_begun WHERE connection_id = %s RETURNING entry_ids", (connection_id,))
    return [row["entry_ids"] for row in curs]
