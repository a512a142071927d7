"""What lies in RabbitMQ's queues is which connection to look at, and nothing else."""

from pathlib import Path

import pika  # type: ignore[import-untyped]

from adapters.broker.doorbell import QUEUE
from adapters.simulator.server import Simulator
from services.bootstrap import Parts
from tests.leaks import Leaks
from tests.processes.rabbit_node import RabbitNode
from tests.world import ACCOUNT, World, example_invoices, world_on


def queued_in(url: str) -> list[bytes]:
    """Every message of the queue with its properties, taken out of it."""
    messages: list[bytes] = []
    with pika.BlockingConnection(pika.URLParameters(url)) as connection, connection.channel() as channel:
        while True:
            method, properties, body = channel.basic_get(QUEUE, auto_ack=True)
            if method is None or body is None:
                return messages
            messages.append(body + repr(properties).encode())


def secrets_of(world: World) -> dict[str, str]:
    """The account's tokens, and what its invoices say of a customer."""
    grant = world.engine.set_up.connection(ACCOUNT).grant_id
    assert grant is not None
    tokens = world.engine.grants.read(grant).tokens
    one = example_invoices(1)[0]
    return {
        "access token": tokens.access_token.reveal(),
        "refresh token": tokens.refresh_token.reveal(),
        "client secret": "simulator-secret",
        "description": one.text.descriptions[0],
    }


def test_a_ring_in_rabbitmq_names_a_connection_and_tells_nothing_else(
    xero: Simulator, database_url: str, tmp_path: Path, node: RabbitNode
) -> None:
    with world_on(xero, database_url, tmp_path / "home", Parts(), KYRIOS_XERO_BROKER_URL=node.url) as world:
        world.set_up()
        world.engine.ring = world.engine.doorbell.ring
        world.queue(example_invoices(3))
        messages = queued_in(node.url)
        leaks = Leaks(secrets_of(world))
    assert messages
    assert all(str(world.lane).encode() in message for message in messages)
    assert leaks.found_in(*messages) == []
