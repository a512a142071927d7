"""The demo's ticker: the duties nobody else does, done in this process, and left alone while days pass at once."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from services.bootstrap import Engine
from services.running import ticking


class Ticker:
    """Runs until it is stopped."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._duties = engine, ExitStack()
        self._duties.enter_context(ticking(engine))

    def stop(self) -> None:
        """Finish what is in hand, and end. Stopped already: nothing to do."""
        self._duties.close()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Do nothing for as long as the block: whatever a day overtakes would have lost its lease and its token."""
        self.stop()
        yield
        self._duties.enter_context(ticking(self._engine))
