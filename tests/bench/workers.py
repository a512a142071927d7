"""Workers as real processes on a world of the bench, and how far they are, as the database tells."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import Final

import psycopg

from tests.services.cli.program import Running, running, variables_of
from tests.world import World

PATIENCE: Final = 900.0
TIMES: Final = {
    "KYRIOS_XERO_READ_TIMEOUT": "30",
    "KYRIOS_XERO_LEASE": "60",
    "KYRIOS_XERO_CALLS_PER_MINUTE": "99999",
}


@contextmanager
def workers(world: World, count: int, **variables: str) -> Iterator[Sequence[Running]]:
    """So many `kyrios-xero worker` processes, up and idle."""
    with ExitStack() as started:
        said = variables_of(world, **(TIMES | variables))
        processes = [started.enter_context(running("worker", **said)) for _ in range(count)]
        for process in processes:
            process.says("A worker runs")
        yield processes


class Outbox:
    """What is left to do, asked whenever an outcome was recorded."""

    def __init__(self, connection: psycopg.Connection[tuple[int]]) -> None:
        self._connection = connection
        connection.execute("LISTEN sync_events")

    def left(self) -> int:
        """How many entries have not ended."""
        row = self._connection.execute("SELECT count(*) FROM app.outbox WHERE closed_at IS NULL").fetchone()
        assert row is not None
        return row[0]

    def wait_until_left(self, most: int) -> None:
        """Until no more than so many entries have not ended."""
        until = monotonic() + PATIENCE
        while self.left() > most:
            assert monotonic() < until, "the outbox was not carried in time"
            for _ in self._connection.notifies(timeout=1.0, stop_after=1):
                pass


@contextmanager
def outbox_of(world: World) -> Iterator[Outbox]:
    """The outbox, on a connection of its own."""
    with psycopg.connect(world.engine.database_url, autocommit=True) as connection:
        yield Outbox(connection)


def resident(pid: int) -> float:
    """Memory of a process that lies in RAM, in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4_096 / 2**20
