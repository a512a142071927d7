"""The two brokers: dramatiq's in-process one, and RabbitMQ with publisher confirms.

Neither has dramatiq's Retries: a retry writes exception text into messages, and time lives in the outbox's due dates.
"""

from typing import Final
from urllib.parse import urlencode, urlsplit

from dramatiq import Broker, Middleware
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, CurrentMessage, ShutdownNotifications, TimeLimit

HEARTBEAT_SECONDS: Final = 30


def in_process_broker(longest_work: float) -> StubBroker:
    """A broker in this process's memory; `longest_work` is the seconds after which a worker thread is stopped."""
    return StubBroker(middleware=_middleware(longest_work))


def rabbitmq_broker(url: str, longest_work: float) -> RabbitmqBroker:
    """RabbitMQ; a publish returns once the node has confirmed it, so a killed node loses no ring silently."""
    parameters = {"heartbeat": HEARTBEAT_SECONDS, "blocked_connection_timeout": HEARTBEAT_SECONDS}
    joined = f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(parameters)}"
    return RabbitmqBroker(url=joined, confirm_delivery=True, middleware=_middleware(longest_work))


def boot(broker: Broker) -> None:
    """Tell middleware that a worker process has begun; without it time limits and shutdown notices are dead."""
    broker.emit_after("process_boot")


def _middleware(longest_work: float) -> list[Middleware]:
    return [AgeLimit(), TimeLimit(time_limit=int(longest_work * 1000)), ShutdownNotifications(), CurrentMessage()]
