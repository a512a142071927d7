"""A simulated Xero as a process of its own: killed, it comes back at the same address with the same books."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import own_port
from tests.services.cli.program import Running
from tests.world import EXAMPLES


class SimulatorProcess:
    """Where it answers is known once it was started; `options` go to the command `simulator`."""

    def __init__(self, home: Path, *options: str, seed: Path = EXAMPLES / "xero-organisation.json") -> None:
        self.api_url, self.control_url = "", ""
        ports = ["--port", str(own_port()), "--control-port", str(own_port())]
        self._options = [*ports, "--ledger", str(home / "xero.sqlite"), "--seed", str(seed), *options]
        self._running: Running | None = None

    def start(self) -> None:
        """Start it, each time on the same ports."""
        self._running = Running("simulator", *self._options)
        words = self._running.says("simulator ready").split()
        self.api_url, self.control_url = words[2].removeprefix("api="), words[3].removeprefix("control=")

    def kill(self) -> None:
        """Kill it as a power cut would."""
        assert self._running is not None, "it was not started"
        self._running.tell(signal.SIGKILL)
        self._running.ends()

    def close(self) -> None:
        """End it, if it still runs."""
        if self._running is not None:
            self._running.close()


@contextmanager
def simulator_process(home: Path, *options: str) -> Iterator[SimulatorProcess]:
    """A running simulator that does not outlive the block."""
    simulator = SimulatorProcess(home, *options)
    try:
        simulator.start()
        yield simulator
    finally:
        simulator.close()
