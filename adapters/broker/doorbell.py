"""The doorbell: `ring` asks for a look at a connection, worker threads answer. A message is one opaque id."""

import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

import dramatiq
from dramatiq import Broker, Worker
from dramatiq.errors import DramatiqError

from adapters.broker.brokers import boot

LOG: Final = logging.getLogger(__name__)
QUEUE: Final = "doorbell"
STOP_SECONDS: Final = 25


class Doorbell:
    """Rings through a broker; the same object answers in processes that work."""

    def __init__(self, broker: Broker, look_at: Callable[[UUID], object]) -> None:
        self._broker, self._look_at = broker, look_at
        self._worker: Worker | None = None
        dramatiq.set_broker(broker)
        self._actor = dramatiq.actor(actor_name="look_at", queue_name=QUEUE, broker=broker)(self._answer)

    def ring(self, connection_id: UUID) -> None:
        """Ask for a look at this connection; a broker that cannot be reached is left to the sweeper."""
        try:
            self._actor.send(str(connection_id))
        except (DramatiqError, OSError) as error:
            LOG.warning("the doorbell did not ring (%s); the sweeper will", type(error).__name__)

    def answer(self, threads: int) -> None:
        """Begin to answer rings in this process."""
        boot(self._broker)
        self._worker = Worker(self._broker, worker_threads=threads, worker_timeout=100)
        self._worker.start()

    def stop(self) -> None:
        """Stop answering: the work in hand is finished first, for at most STOP_SECONDS."""
        if self._worker is not None:
            self._worker.stop(timeout=STOP_SECONDS * 1000)
            self._worker = None
        self._broker.close()

    def _answer(self, connection_id: str) -> None:
        try:
            self._look_at(UUID(connection_id))
        except Exception as error:
            # Nothing is lost: what was leased runs out of its lease, what was not is rung for again by the sweeper.
            LOG.error("the look at connection %s ended in %s", connection_id, type(error).__name__, exc_info=True)
