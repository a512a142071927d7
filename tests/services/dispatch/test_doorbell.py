"""Rings in process, end to end: worker threads carry what is rung for; a lost ring costs a sweep and no invoice."""

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Retries, TimeLimit

from adapters.broker.brokers import in_process_broker
from adapters.broker.doorbell import QUEUE, Doorbell
from adapters.event_store.recorder import OutboxRecorder
from adapters.xero.answers import InvoicesAnswer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from domain import connection as connections
from services.bootstrap import Engine, Parts
from services.running import working
from tests import waiting
from tests.crash.books import assert_in_xero_once
from tests.world import BACKEND, World, example_invoices, settings_for

PATIENCE = round(waiting.PATIENCE * 1_000)
"""Milliseconds the broker may take to run empty."""


@contextmanager
def ringing_engine(world: World, parts: Parts | None = None, **more: str) -> Iterator[Engine]:
    """Another engine on the same world, whose rings go through the broker."""
    url = world.engine.database_url
    home = Path(world.engine.settings.home)
    engine = Engine(settings_for(world.xero.api_url, url, home, **more), url, parts or Parts())
    try:
        yield engine
    finally:
        engine.close()


def run_empty(engine: Engine) -> None:
    """Until no ring is left unanswered; an answer that rings again counts."""
    assert isinstance(engine.broker, StubBroker)
    engine.broker.join(QUEUE, timeout=PATIENCE)


def rings(engine: Engine) -> list[dict[str, Any]]:
    """The messages that wait to be answered."""
    assert isinstance(engine.broker, StubBroker)
    return [json.loads(message) for message in list(engine.broker.queues[QUEUE].queue)]


def test_queued_invoices_arrive_by_rings_alone(world: World) -> None:
    with ringing_engine(world, KYRIOS_XERO_SWEEP_INTERVAL="600") as engine, working(engine):
        run_empty(engine)
        engine.queue_invoices(example_invoices(120), BACKEND)
        run_empty(engine)
        assert_in_xero_once(world, 120)
    assert len(world.requests("PUT", "/Invoices")) <= 4


def test_rings_that_were_lost_are_made_good_by_the_sweeper(world: World) -> None:
    world.queue(example_invoices(3))
    swept = threading.Event()
    with ringing_engine(world, KYRIOS_XERO_SWEEP_INTERVAL="600") as engine:
        ring = engine.ring

        def ring_and_tell(connection_id: UUID) -> None:
            ring(connection_id)
            swept.set()

        engine.ring = ring_and_tell
        with working(engine):
            assert swept.wait(waiting.PATIENCE)
            run_empty(engine)
            assert_in_xero_once(world, 3)


def test_a_ring_comes_after_the_commit_of_what_it_is_for(world: World) -> None:
    seen: list[int] = []
    with ringing_engine(world) as engine:
        engine.ring = lambda _: seen.append(len(world.outbox()))
        engine.queue_invoices(example_invoices(3), BACKEND)
    assert seen == [3]


def test_a_ring_carries_the_connection_and_nothing_else(world: World) -> None:
    with ringing_engine(world) as engine:
        engine.queue_invoices(example_invoices(2), BACKEND)
        (message,) = rings(engine)
    assert message["args"] == [str(world.lane)]
    assert message["kwargs"] == {}
    assert message["options"] == {}


def test_rings_are_doubled_and_answered_late_without_harm(world: World) -> None:
    with ringing_engine(world, KYRIOS_XERO_SWEEP_INTERVAL="600") as engine:
        engine.queue_invoices(example_invoices(5), BACKEND)
        for _ in range(20):
            engine.ring(world.lane)
        with working(engine):
            run_empty(engine)
        assert_in_xero_once(world, 5)
    assert len(world.requests("PUT", "/Invoices")) == 1


def test_the_broker_never_retries_by_itself(world: World) -> None:
    with ringing_engine(world) as engine:
        assert not [m for m in engine.broker.middleware if isinstance(m, Retries)]
        assert [m for m in engine.broker.middleware if isinstance(m, TimeLimit)]


def test_a_look_that_takes_too_long_is_stopped(caplog: pytest.LogCaptureFixture) -> None:
    """So the boot signals were given: without them dramatiq's time limit is silently dead."""
    ended = threading.Event()
    never = threading.Event()

    def look_for_ever(connection_id: UUID) -> None:
        try:
            for _ in range(10_000):
                never.wait(0.02)
        finally:
            ended.set()

    broker = in_process_broker(0.1)
    doorbell = Doorbell(broker, look_for_ever)
    with caplog.at_level(logging.CRITICAL):
        doorbell.answer(1)
        doorbell.ring(UUID(int=1))
        stopped = ended.wait(waiting.PATIENCE)
        doorbell.stop()
    assert stopped


class Stumbles(XeroSession):
    """A call that ends in a defect of ours, with a token at hand."""

    def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Fetch a token, then fail."""
        token = self._tokens.access_token(self._grant_id)
        raise RuntimeError(f"a defect near {token}")


class StumblesAtTheRecord(OutboxRecorder):
    """A record that ends in a defect of ours, with invoices at hand."""

    def insert_events(self, stored_events: Sequence[Any], **kwargs: Any) -> Sequence[int] | None:
        """Fail."""
        raise RuntimeError("a defect at the record")


@pytest.mark.parametrize(
    "parts",
    [Parts(session=Stumbles), Parts(recorder=f"{StumblesAtTheRecord.__module__}:{StumblesAtTheRecord.__qualname__}")],
    ids=["at the call", "at the record"],
)
def test_a_look_that_fails_logs_its_connection_and_no_secret(
    world: World, parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    issued = example_invoices(1)
    world.queue(issued)
    known = world.engine.store.load(world.lane, connections.evolve)
    assert known is not None
    assert known.grant_id is not None
    tokens = world.engine.grants.read(known.grant_id).tokens
    with ringing_engine(world, parts, KYRIOS_XERO_SWEEP_INTERVAL="600") as engine:
        engine.ring(world.lane)
        with caplog.at_level(logging.DEBUG), working(engine):
            run_empty(engine)
    assert str(world.lane) in caplog.text
    assert "RuntimeError" in caplog.text
    for secret in (tokens.access_token.reveal(), tokens.refresh_token.reveal(), "simulator-secret"):
        assert secret not in caplog.text
    for personal in (issued[0].contact.name, *issued[0].text.descriptions):
        assert personal not in caplog.text
    assert {entry["state"] for entry in world.outbox()} == {"LEASED"}, "its lease will run out"
