"""One installation for a test: a database, a simulated Xero in a process of its own, workers and tickers."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.processes.simulator_process import simulator_process
from tests.services.cli.files import invoice_file
from tests.services.cli.program import Running, running, until_synced, variables_of
from tests.world import World, world_on


class Installation:
    """Processes on one database. Whatever was started ends with the installation."""

    def __init__(self, world: World, home: Path, variables: dict[str, str], processes: ExitStack) -> None:
        self.world, self._home, self._variables, self._processes = world, home, variables, processes
        self._accepted = 0

    def start(self, *command: str) -> Running:
        """Start a process of the program, with the installation's settings."""
        return self._processes.enter_context(running(*command, **self._variables))

    def run(self, *roles: str) -> list[Running]:
        """Start workers and tickers, all at once, and wait until each says that it runs."""
        started = [self.start(role) for role in roles]
        for role, process in zip(roles, started, strict=True):
            process.says(f"A {role} runs")
        return started

    def take_on(self, count: int) -> None:
        """Another process takes on so many invoices more."""
        file = invoice_file(self._home / "some.ndjson", count, start=self._accepted)
        assert f"{count} accepted" in self.answer("invoices", "import", str(file))
        self._accepted += count

    def answer(self, *command: str) -> str:
        """What a command of the program says."""
        asked = self.start(*command)
        assert asked.ends() == 0, asked.everything()
        return asked.everything()

    def until_all_synced(self) -> int:
        """Wait until everything that was taken on is in Xero; how many invoices that are."""
        until_synced(self.world, self._accepted)
        return self._accepted


@contextmanager
def installation(database_url: str, home: Path, **more: str) -> Iterator[Installation]:
    """An installation whose account is set up; nothing runs yet but the simulated Xero."""
    with (
        simulator_process(home, "--no-rate-limits") as xero,
        world_on(xero, database_url, home) as world,
        ExitStack() as processes,
    ):
        world.set_up()
        yield Installation(world, home, variables_of(world, **more), processes)


def end(*processes: Running) -> None:
    """Have them end in order, all at once."""
    for process in processes:
        process.tell(signal.SIGTERM)
    for process in processes:
        assert process.ends() == 0, process.everything()
        assert "Traceback" not in process.everything()
