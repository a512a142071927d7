"""The doorbell: `ring` asks for a look at a connection, worker threads answer. A message is one opaque id.

While the broker is away, a process that answers rings answers its own rings itself, so that its sweeper carries on.
"""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Final
from uuid import UUID

import dramatiq
from dramatiq import Broker, Worker
from dramatiq.errors import DramatiqError
from dramatiq.middleware import CurrentMessage

from adapters.broker.answered import Answered
from adapters.broker.brokers import boot
from adapters.broker.own_rings import OwnRings

LOG: Final = logging.getLogger(__name__)
QUEUE: Final = "rings"
STOP_SECONDS: Final = 25.0
REST_SECONDS: Final = 5.0
"""How long a broker that could not be reached is left alone; waiting for it each time would hold up whoever rings."""


class Doorbell:
    """Rings through a broker; the same object answers in processes that work."""

    def __init__(self, broker: Broker, look_at: Callable[[UUID], object]) -> None:
        self._broker, self._look_at = broker, look_at
        self._worker: Worker | None = None
        self._own = OwnRings(self._answer)
        self._answered = Answered()
        self._rests_until = 0.0
        dramatiq.set_broker(broker)
        self._actor = dramatiq.actor(actor_name="look_at", queue_name=QUEUE, broker=broker)(self._answer_message)

    def ring(self, connection_id: UUID) -> None:
        """Ask for a look at this connection. Never fails: what no worker hears, a worker's sweeper finds."""
        if not self._sent(connection_id):
            self._own.ring(connection_id)

    def ring_here(self, connection_id: UUID) -> None:
        """Have this very process look, if it answers rings, whether or not there is a broker."""
        self._own.ring(connection_id)

    def answer(self, threads: int) -> None:
        """Begin to answer rings in this process."""
        boot(self._broker)
        self._worker = Worker(self._broker, worker_threads=threads, worker_timeout=100)
        # A ring that waits in this process is one that another, idle one does not hear.
        self._worker.queue_prefetch = threads
        self._worker.start()
        self._own.start(threads)

    def stop(self, within: float = STOP_SECONDS) -> None:
        """Stop answering: the work in hand is finished first, for at most `within` seconds."""
        end = monotonic() + within
        self._own.stop(within)
        if self._worker is not None:
            self._worker.stop(timeout=int(max(1.0, end - monotonic()) * 1000))
            self._worker = None
        self._broker.close()

    def _sent(self, connection_id: UUID) -> bool:
        if monotonic() < self._rests_until:
            return False
        try:
            self._actor.send(str(connection_id))
        except (DramatiqError, OSError) as error:
            self._rests_until = monotonic() + REST_SECONDS
            LOG.warning("the doorbell did not ring (%s); sweepers will find what it was about", type(error).__name__)
            return False
        return True

    def _answer_message(self, connection_id: str) -> None:
        lane, message = UUID(connection_id), CurrentMessage.get_current_message()
        if message is None or self._answered.begin(lane, message.message_timestamp):
            self._answer(lane)

    def _answer(self, connection_id: UUID) -> None:
        try:
            self._look_at(connection_id)
        except Exception as error:
            # Nothing is lost: what was leased runs out of its lease, what was not is rung for again by the sweeper.
            LOG.error("the look at connection %s ended in %s", connection_id, type(error).__name__, exc_info=True)
