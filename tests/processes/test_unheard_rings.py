"""Rings that nobody hears: RabbitMQ drops them and keeps none elsewhere, so that sweeps may ring for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pika  # type: ignore[import-untyped]
import pytest

from adapters.broker.brokers import RING_LIVES, rabbitmq_broker
from adapters.broker.doorbell import QUEUE, Doorbell
from tests.processes.rabbit_node import RabbitNode
from tests.waiting import until

QUEUES = (QUEUE, f"{QUEUE}.XQ", f"{QUEUE}.DQ")


@pytest.fixture
def channel(node: RabbitNode) -> Iterator[Any]:
    """A view of the node's queues, none of which is there before or after the test."""
    connection = pika.BlockingConnection(pika.URLParameters(node.url))
    channel = connection.channel()
    for queue in QUEUES:
        channel.queue_delete(queue)
    yield channel
    for queue in QUEUES:
        channel.queue_delete(queue)
    connection.close()


@contextmanager
def doorbell(node: RabbitNode, ring_lives: float) -> Iterator[Doorbell]:
    """One that rings and answers nothing."""
    broker = rabbitmq_broker(node.url, 1, ring_lives)
    made = Doorbell(broker, lambda _: None)
    broker.declare_queue(QUEUE, ensure=True)
    try:
        yield made
    finally:
        made.stop()


def test_rings_wait_for_a_worker_and_are_dropped_after_a_while(node: RabbitNode, channel: Any) -> None:
    with doorbell(node, RING_LIVES) as waiting:
        until(lambda: _rung(waiting, channel) == [5, 0, 0])
    for queue in QUEUES:
        channel.queue_delete(queue)
    with doorbell(node, 0.2) as forgotten:
        for _ in range(5):
            forgotten.ring(uuid4())
        until(lambda: _held(channel) == [0, 0, 0])


def _rung(doorbell: Doorbell, channel: Any) -> list[int]:
    doorbell.ring(uuid4())
    return _held(channel)


def _held(channel: Any) -> list[int]:
    return [channel.queue_declare(queue, passive=True).method.message_count for queue in QUEUES]
