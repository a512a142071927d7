"""The engine as running threads: a worker answers rings and sweeps; a ticker does what one process does for all.

Everything ends in order: rings first, then the loops, then the pools, then the database.
"""

import logging
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from domain.refusals import ConcurrentChange
from projections.checkpoints import RivalProjector
from services.bootstrap import Engine
from services.database import DATABASE_TROUBLE
from services.duties import Duty, standing_by
from services.loop import looping

LOG: Final = logging.getLogger(__name__)
RELEASES_EVERY: Final = 0.2
"""Seconds between two looks of the releaser: two small queries each."""
TO_RECORD: Final = 10.0
"""Seconds a worker that ends has for what comes after its call: to record what the call came to."""


@contextmanager
def working(engine: Engine) -> Iterator[None]:
    """Answer rings with the set number of threads, and sweep, for as long as the block runs.

    At its end the calls under way are finished and recorded; what was claimed and not yet sent is given back.
    """
    engine.store.must_be_the_original()
    engine.vault.check()
    with looping("alarms", engine.alarms.run), looping("sweeper", engine.worker_sweeper.run):
        engine.doorbell.answer(engine.settings.worker_threads)
        try:
            yield
        finally:
            engine.stopping.set()
            engine.doorbell.stop(engine.settings.read_timeout + TO_RECORD)
            engine.stopping.clear()


@contextmanager
def ticking(engine: Engine) -> Iterator[None]:
    """Do the duties that no other process does, for as long as the block runs."""
    engine.store.must_be_the_original()
    engine.vault.check()
    with standing_by(engine.database_url, duties_of(engine)):
        yield


def duties_of(engine: Engine) -> list[Duty]:
    """What one ticker at a time does. Without a broker workers sweep for themselves: only they hear what they ring."""
    duties = [
        Duty("projector", engine.projector.run),
        Duty("releaser", lambda stop: _release(engine, stop)),
        Duty("contact reader", engine.contact_reader.run),
        Duty("reference reader", engine.references.run),
        Duty("overdue removals", engine.overdue_removals.run),
        Duty("mailer", lambda stop: engine.mailer.run(stop)),
        Duty("connection probe", engine.connection_probe.run),
        Duty("inactivity", engine.inactivity.run),
    ]
    return duties if engine.settings.broker_url is None else [*duties, Duty("sweeper", engine.sweeper.run)]


class Told:
    """Whether a signal told this process to end.

    Not an event of the library: its lock may be held by the very thread the signal interrupts, and a thread that waits
    for a lock does not wake if the kernel gives the signal to another one. A byte in a pipe is heard whoever gets it.
    """

    def __init__(self) -> None:
        self._told = False
        self._heard, self.bell = os.pipe()
        os.set_blocking(self.bell, False)

    def tell(self) -> None:
        """By the signal's handler; `bell` was rung before it ran."""
        self._told = True

    def is_set(self) -> bool:
        """Whether it was told."""
        return self._told

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is told, for so many seconds; whether it was."""
        while not self._told:
            heard, _, _ = select.select([self._heard], [], [], seconds)
            if not heard:
                break
            os.read(self._heard, 64)
        return self._told

    def close(self) -> None:
        """Nobody is to be told any more."""
        os.close(self.bell)
        os.close(self._heard)


@contextmanager
def until_told(at_once: Callable[[], object] | None = None) -> Iterator[Told]:
    """What SIGINT and SIGTERM tell, so that a command can end what it runs in order. In the main thread only.

    A second one is somebody's impatience: it calls `at_once`.
    """
    told = Told()

    def tell(_signal: int, _frame: FrameType | None) -> None:
        if told.is_set() and at_once is not None:
            at_once()
        told.tell()

    bell = signal.set_wakeup_fd(told.bell, warn_on_full_buffer=False)
    before = {sign: signal.signal(sign, tell) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
        signal.set_wakeup_fd(bell)
        told.close()


def _release(engine: Engine, stop: threading.Event) -> None:
    """Follow the projector closely: what a fix sets free goes within a second."""
    while not stop.is_set():
        try:
            engine.releaser.step(engine.projector.position())
        except (RivalProjector, ConcurrentChange) as rival:
            # Another ticker follows the same log; what it did not release, the next step does.
            LOG.info("the releaser met another one (%s)", rival)
        except DATABASE_TROUBLE as error:
            LOG.warning("the releaser could not reach the database (%s); it tries again", type(error).__name__)
        stop.wait(min(RELEASES_EVERY, engine.settings.sweep_interval))
