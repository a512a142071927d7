"""PostgreSQL's advisory locks: held by a database session of their own, and by nobody longer than that session lives.

A process that dies loses its session, and with it its locks, at once. So does one that is frozen or cut off: the server
ends a session that says nothing for `SILENCE` seconds. Hence whoever holds a lock has to `check` more often than that,
and learns so that it was lost.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg

SILENCE: Final = 10
_FAMILY: Final = 7_205
_CONNECTION: Final = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}


class AdvisoryLocks:
    """The locks of one session. Every method raises psycopg.OperationalError once the session is lost."""

    def __init__(self, session: psycopg.Connection[Any]) -> None:
        self._session = session

    def take(self, name: str) -> bool:
        """Take the lock of this name until the session ends; False if another session holds it."""
        row = self._session.execute("SELECT pg_try_advisory_lock(%s, %s)", (_FAMILY, key_of(name))).fetchone()
        return row is not None and bool(row[0])

    def check(self) -> None:
        """Make sure the session, and with it every lock that was taken, is still there."""
        self._session.execute("SELECT")


@contextmanager
def advisory_locks(database_url: str, silence: float = SILENCE) -> Iterator[AdvisoryLocks]:
    """A session to hold locks by; all are free again at the end. Not through a pooler that shares sessions."""
    limits: dict[str, Any] = {**_CONNECTION, "tcp_user_timeout": int(silence * 1000)}
    with psycopg.connect(database_url, autocommit=True, **limits) as session:
        session.execute("SELECT set_config('idle_session_timeout', %s, false)", (f"{int(silence * 1000)}ms",))
        yield AdvisoryLocks(session)


def key_of(name: str) -> int:
    """The number PostgreSQL knows the lock by: 32 bits with a sign."""
    return zlib.crc32(name.encode()) - 2**31
