"""Starting and stopping a simulator, inside a process (``Simulator``) or as one (``run``)."""

import signal
import sys
import threading
from types import TracebackType

from adapters.simulator.control.surface import ControlSurface
from adapters.simulator.gatekeeping.door import Door
from adapters.simulator.options import SimulatorOptions
from adapters.simulator.wire.listener import Listener
from adapters.simulator.world import World, build_world


class Simulator:
    """One simulated Xero. ``with Simulator(options) as xero:`` starts it and stops it cleanly."""

    def __init__(self, options: SimulatorOptions) -> None:
        self._options = options
        self._world: World | None = None
        self._api: Listener | None = None
        self._control: Listener | None = None

    def start(self) -> "Simulator":
        """Open the ledger and both ports. Raises ValueError (seed, ledger) or OSError (port in use)."""
        world = build_world(self._options)
        try:
            self._api = Listener(self._options.port, Door(world), "simulator api")
            self._control = Listener(self._options.control_port, ControlSurface(world), "simulator control")
        except OSError:
            if self._api is not None:
                self._api.server_close()
            world.ledger.close()
            raise
        self._world = world
        self._api.open()
        self._control.open()
        return self

    def stop(self) -> None:
        """End held answers, close ports and connections, close the ledger; stopping twice does nothing."""
        if self._world is None or self._api is None or self._control is None:
            return
        self._world.stopping.set()
        self._world.journal.announce()
        self._api.close()
        self._control.close()
        self._world.ledger.close()
        self._world = None

    @property
    def api_url(self) -> str:
        """All three of Xero's hosts."""
        return self._url(self._api)

    @property
    def control_url(self) -> str:
        """The control surface."""
        return self._url(self._control)

    def __enter__(self) -> "Simulator":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @staticmethod
    def _url(listener: Listener | None) -> str:
        if listener is None:
            raise RuntimeError("the simulator has not been started")
        return listener.url


def run(options: SimulatorOptions) -> None:
    """Serve until SIGINT or SIGTERM; says on one line of stdout when it is ready, and where."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    with Simulator(options) as simulator:
        sys.stdout.write(f"simulator ready api={simulator.api_url} control={simulator.control_url}\n")
        sys.stdout.flush()
        ending.wait()
