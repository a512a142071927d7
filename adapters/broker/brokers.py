"""The two brokers: dramatiq's in-process one, and RabbitMQ with publisher confirms.

Neither has dramatiq's Retries: a retry writes exception text into messages, and time lives in the outbox's due dates.
"""

import logging
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from dramatiq import Broker, Consumer, Middleware
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import AgeLimit, CurrentMessage, ShutdownNotifications, TimeLimit

PARAMETERS: Final = {"heartbeat": 30, "blocked_connection_timeout": 30, "socket_timeout": 2, "stack_timeout": 4}
"""Seconds after which a dead connection is noticed, or a node that does not answer is given up; the address may differ.
"""


RING_LIVES: Final = 60.0
MOST_RINGS: Final = 10_000
"""Seconds after which, and number above which, unheard rings are dropped: while no worker runs, sweeps ring on.
Whatever they were about, the next sweep rings for again.
"""


class _Rabbitmq(RabbitmqBroker):
    """RabbitMQ for rings: a queue forgets what nobody hears, and a node whose name cannot be found is away like any
    other that cannot be reached.
    """

    def __init__(self, url: str, longest_work: float, ring_lives: float) -> None:
        super().__init__(url=url, confirm_delivery=True, middleware=_middleware(longest_work))
        self._ring_lives = int(ring_lives * 1000)

    def _build_queue_arguments(self, queue_name: str) -> dict[str, object]:
        # Without the library's dead-letter queue, which would keep dropped rings for a week.
        return {"x-message-ttl": self._ring_lives, "x-max-length": MOST_RINGS}

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        try:
            return super().consume(queue_name, prefetch, timeout)
        except OSError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]


def in_process_broker(longest_work: float) -> StubBroker:
    """A broker in this process's memory; `longest_work` is the seconds after which a worker thread is stopped."""
    return StubBroker(middleware=_middleware(longest_work))


def rabbitmq_broker(url: str, longest_work: float, ring_lives: float = RING_LIVES) -> RabbitmqBroker:
    """RabbitMQ; a publish returns once the node has confirmed it, so a killed node loses no ring silently."""
    # The driver tells every lost connection in a dozen lines; what matters of it, the doorbell says in one.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    return _Rabbitmq(_with_parameters(url), longest_work, ring_lives)


def boot(broker: Broker) -> None:
    """Tell middleware that a worker process has begun; without it time limits and shutdown notices are dead."""
    broker.emit_after("process_boot")


def _middleware(longest_work: float) -> list[Middleware]:
    return [AgeLimit(), TimeLimit(time_limit=int(longest_work * 1000)), ShutdownNotifications(), CurrentMessage()]


def _with_parameters(url: str) -> str:
    parts = urlsplit(url)
    given = parse_qsl(parts.query)
    named = {name for name, _ in given}
    missing = [(name, str(value)) for name, value in PARAMETERS.items() if name not in named]
    return urlunsplit(parts._replace(query=urlencode(given + missing)))
