"""The doorbell while RabbitMQ is away: ringing never fails or tarries, and who answers rings answers its own."""

import logging
import socket
import threading
from collections.abc import Iterator
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.broker.brokers import rabbitmq_broker
from adapters.broker.doorbell import Doorbell
from adapters.broker.own_rings import OwnRings
from tests.waiting import PATIENCE


@pytest.fixture
def nobody() -> Iterator[str]:
    """The address of a node that does not listen."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        yield f"amqp://me:hidden@127.0.0.1:{unheard.getsockname()[1]}/"


def test_who_only_rings_is_not_held_up_and_hears_nothing_bad(nobody: str, caplog: pytest.LogCaptureFixture) -> None:
    looked: list[UUID] = []
    doorbell = Doorbell(rabbitmq_broker(nobody, 1), looked.append)
    caplog.set_level(logging.INFO)
    began = monotonic()
    for _ in range(100):
        doorbell.ring(uuid4())
    doorbell.stop()
    assert monotonic() - began < 10
    assert looked == []
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("adapters")]
    assert ours == ["the doorbell did not ring (ConnectionClosed); sweepers will find what it was about"]
    assert "hidden" not in caplog.text


def test_a_name_that_cannot_be_found_is_a_node_that_is_away() -> None:
    doorbell = Doorbell(rabbitmq_broker("amqp://nowhere.invalid/", 1), lambda _: None)
    doorbell.ring(uuid4())
    doorbell.stop()


def test_who_answers_rings_answers_its_own(nobody: str) -> None:
    looked, all_looked = list[UUID](), threading.Event()
    wanted = [uuid4() for _ in range(3)]

    def look(connection_id: UUID) -> None:
        looked.append(connection_id)
        if len(looked) == len(wanted):
            all_looked.set()

    doorbell = Doorbell(rabbitmq_broker(nobody, 1), look)
    doorbell.answer(1)
    try:
        for one in wanted:
            doorbell.ring(one)
        assert all_looked.wait(PATIENCE)
    finally:
        doorbell.stop()
    assert looked == wanted


def test_rings_for_a_connection_that_is_about_to_be_looked_at_are_one() -> None:
    looked, begun, go_on, ended = list[UUID](), threading.Event(), threading.Event(), threading.Event()
    first, second, last = uuid4(), uuid4(), uuid4()

    def look(connection_id: UUID) -> None:
        looked.append(connection_id)
        begun.set()
        assert go_on.wait(PATIENCE)
        if connection_id == last:
            ended.set()

    own = OwnRings(look)
    own.start()
    own.ring(first)
    assert begun.wait(PATIENCE)
    # What rings while it is looked at may be news, so it is looked at again, once.
    for one in (second, first, first, second, last):
        own.ring(one)
    go_on.set()
    assert ended.wait(PATIENCE)
    own.stop(PATIENCE)
    assert looked == [first, second, first, last]


def test_rings_before_the_start_and_after_the_end_are_left_to_others() -> None:
    looked: list[UUID] = []
    own = OwnRings(looked.append)
    own.ring(uuid4())
    own.start()
    own.stop(PATIENCE)
    own.ring(uuid4())
    own.stop(PATIENCE)
    assert looked == []


def test_a_look_that_fails_does_not_end_the_answering(nobody: str) -> None:
    looked = threading.Event()
    broken, sound = uuid4(), uuid4()

    def look(connection_id: UUID) -> None:
        if connection_id == broken:
            raise ValueError("broken")
        looked.set()

    doorbell = Doorbell(rabbitmq_broker(nobody, 1), look)
    doorbell.answer(1)
    try:
        doorbell.ring(broken)
        doorbell.ring(sound)
        assert looked.wait(PATIENCE)
    finally:
        doorbell.stop()


@pytest.mark.parametrize(
    ("url", "heartbeat", "timeout"),
    [("amqp://h/", 30, 2), ("amqp://h/?heartbeat=7", 7, 2), ("amqp://u:p@h:1/v?socket_timeout=9", 30, 9)],
)
def test_the_address_may_say_other_times_than_ours(url: str, heartbeat: int, timeout: int) -> None:
    parameters: Any = rabbitmq_broker(url, 1).parameters
    assert (parameters.heartbeat, parameters.socket_timeout) == (heartbeat, timeout)
