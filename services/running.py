"""The engine as running threads: a worker answers rings and sweeps; a ticker projects, releases and reads Xero.

Everything ends in order: rings first, then the loops, then the pools, then the database.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Final

from eventsourcing.persistence import PersistenceError
from sqlalchemy.exc import SQLAlchemyError

from domain.refusals import ConcurrentChange
from projections.checkpoints import RivalProjector
from services.bootstrap import Engine

LOG: Final = logging.getLogger(__name__)
LOOPS_STOP_WITHIN: Final = 30.0
BEGUN_AGAIN_AFTER: Final = 2.0
"""Seconds. A thread that died silently would leave a process that looks alive and does half of its work."""


@contextmanager
def working(engine: Engine) -> Iterator[None]:
    """Answer rings with the set number of threads, and sweep, for as long as the block runs."""
    engine.vault.check()
    with _looping("sweeper", engine.sweeper.run):
        engine.doorbell.answer(engine.settings.worker_threads)
        try:
            yield
        finally:
            engine.doorbell.stop()


@contextmanager
def ticking(engine: Engine) -> Iterator[None]:
    """Project, release and read what Xero says for as long as the block runs; with a broker, sweep as well."""
    engine.vault.check()
    with ExitStack() as loops:
        loops.enter_context(_looping("projector", engine.projector.run))
        loops.enter_context(_looping("releaser", lambda stop: _release(engine, stop)))
        loops.enter_context(_looping("contacts", engine.contact_reader.run))
        loops.enter_context(_looping("references", engine.references.run))
        if engine.settings.broker_url is not None:
            loops.enter_context(_looping("sweeper", engine.sweeper.run))
        yield


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, so that a command can end what it runs in order."""
    told = threading.Event()

    def tell(_signal: int, _frame: FrameType | None) -> None:
        told.set()

    before = {sign: signal.signal(sign, tell) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _release(engine: Engine, stop: threading.Event) -> None:
    """Follow the projector, at the sweeper's pace or faster."""
    while not stop.is_set():
        try:
            engine.releaser.step(engine.projector.position())
        except (RivalProjector, ConcurrentChange) as rival:
            # Another ticker follows the same log; what it did not release, the next step does.
            LOG.info("the releaser met another one (%s)", rival)
        except (PersistenceError, SQLAlchemyError) as error:
            LOG.warning("the releaser could not reach the database (%s); it tries again", type(error).__name__)
        stop.wait(min(1.0, engine.settings.sweep_interval))


@contextmanager
def _looping(name: str, run: Callable[[threading.Event], object]) -> Iterator[None]:
    """Run a loop in a thread of its own for as long as the block; one that fails is begun again after a while."""
    stop = threading.Event()

    def run_on() -> None:
        while not stop.is_set():
            try:
                run(stop)
            except Exception as error:
                LOG.critical("the %s ended in %s and begins again", name, type(error).__name__, exc_info=True)
                stop.wait(BEGUN_AGAIN_AFTER)

    thread = threading.Thread(target=run_on, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(LOOPS_STOP_WITHIN)
