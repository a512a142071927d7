"""The roll call at a trial's end: every member must work once more, however often it was killed.

A worker is called while all other workers are frozen: what is issued then, it alone can take. A ticker is heard of in
the database, where every duty, and every rival for one, looks in all the time.
"""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from eventsourcing.persistence import PersistenceError

from services.projector import CHANNEL
from tests.chaos.topology import Member, Topology

TRIES: Final = 3
"""A ring may go to one that is frozen; not three times in a row."""
FREEZES: Final = 50
ANSWERS_WITHIN: Final = 8.0
LOOK_AGAIN: Final = 0.2
_CLAIMED: Final = "SELECT EXISTS (SELECT FROM chaos.claims WHERE member = %s AND at > %s)"
_HOLDS_SOMETHING: Final = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = ANY(%s) AND xact_start IS NOT NULL)"
)
_HEARD_OF: Final = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = %s AND state_change > %s)"


def roll_call(topology: Topology, issue: Sequence[Callable[[], object]]) -> list[str]:
    """The members that do not answer; `issue` gives work, each once: `TRIES` pieces per worker, none left over."""
    left = list(issue)
    with psycopg.connect(topology.database.url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        silent = [one.name for one in topology.of("worker") if not _works(connection, one, topology, left)]
        silent += [one.name for one in topology.of("ticker") if not _tells(connection, _HEARD_OF, one.name)]
    for give in left:
        give()
    return silent


def _works(
    connection: psycopg.Connection[Any], member: Member, topology: Topology, left: list[Callable[[], object]]
) -> bool:
    for _ in range(TRIES):
        with _frozen(connection, [one for one in topology.of("worker") if one is not member]):
            if _issued(left) and _tells(connection, _CLAIMED, member.name):
                return True
    return False


def _issued(left: list[Callable[[], object]]) -> bool:
    """Issue the next piece of work; False if it cannot be, as one that is frozen has the log locked."""
    try:
        left[-1]()
    except PersistenceError:
        return False
    left.pop()
    return True


def _tells(connection: psycopg.Connection[Any], asked: str, name: str) -> bool:
    """Whether the database says so of what happens from now on, within a few seconds."""
    row = connection.execute("SELECT app.now()").fetchone()
    ends = time.monotonic() + ANSWERS_WITHIN
    while row is not None and time.monotonic() < ends:
        answer = connection.execute(asked, (name, row[0])).fetchone()
        if answer is not None and answer[0]:
            return True
        list(connection.notifies(timeout=LOOK_AGAIN, stop_after=1))
    return False


@contextmanager
def _frozen(connection: psycopg.Connection[Any], members: Sequence[Member]) -> Iterator[None]:
    """Members that stand still, none of them in the middle of a transaction that others would wait for."""
    for _ in range(FREEZES):
        for member in members:
            member.send(signal.SIGSTOP)
        held = connection.execute(_HOLDS_SOMETHING, ([member.name for member in members],)).fetchone()
        if held is not None and not held[0]:
            break
        _thaw(members)
    try:
        yield
    finally:
        _thaw(members)


def _thaw(members: Sequence[Member]) -> None:
    for member in members:
        member.send(signal.SIGCONT)
