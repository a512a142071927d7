"""Many callers in several processes and one grant: each expiry is one refresh, and a lost consent is lost once."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import pytest

from domain import connection as connections
from domain.connection import Connection, Disconnected
from domain.invoice import InvoiceQueued
from domain.streams import invoice_stream
from tests.crash.books import assert_in_xero_once
from tests.processes.token_caller import Order
from tests.waiting import PATIENCE
from tests.world import ACCOUNT, World, example_invoices, world_on

PROCESSES, THREADS = 5, 10
EXPIRIES = 200
REPOSITORY = Path(__file__).parents[2]


class Callers:
    """Fifty callers in five processes."""

    def __init__(self, processes: list["subprocess.Popen[str]"]) -> None:
        self._processes = processes
        assert {process.stdout.readline() for process in processes if process.stdout is not None} == {"ready\n"}

    def all_at_once(self) -> Counter[str]:
        """All of them want a token now; how many got what."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("now\n")
            process.stdin.flush()
        got: Counter[str] = Counter()
        for process in self._processes:
            assert process.stdout is not None
            got.update(msgspec.json.decode(process.stdout.readline(), type=dict[str, int]))
        return got


@pytest.fixture
def callers(world: World, tmp_path: Path) -> Iterator[Callers]:
    """The callers, on the test's world; they end with the test."""
    order = Order(
        xero_url=world.xero.api_url,
        database_url=world.engine.database_url,
        home=str(tmp_path),
        threads=THREADS,
    )
    with ExitStack() as started:
        yield Callers([started.enter_context(_process(order)) for _ in range(PROCESSES)])


@contextmanager
def _process(order: Order) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.processes.token_caller", msgspec.json.encode(order).decode()]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()
            process.wait(PATIENCE)


def expire(world: World) -> None:
    """The access token has just run out."""
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.xero_grant SET access_expires_at = app.now()")


def refreshes(world: World) -> int:
    """How many refreshes Xero was asked for; the first request was the consent's."""
    return len(world.requests("POST", "/connect/token")) - 1


def connection_of(world: World) -> Connection:
    """The connection as the engine knows it."""
    known = world.engine.store.load(world.lane, connections.evolve)
    assert known is not None
    return known


def disconnections(world: World) -> list[str]:
    """Why the account was disconnected, each time it was."""
    return [event.reason for event in world.engine.store.events_of(world.lane) if isinstance(event, Disconnected)]


def test_fifty_callers_refresh_once_per_expiry_and_nobody_is_left_without_a_token(
    world: World, callers: Callers
) -> None:
    for expiry in range(1, EXPIRIES + 1):
        expire(world)
        assert callers.all_at_once() == {str(expiry + 1): PROCESSES * THREADS}
    assert refreshes(world) == EXPIRIES
    world.queue(example_invoices(1))
    world.work()
    assert_in_xero_once(world, 1)


def test_fifty_callers_that_learn_of_a_lost_consent_disconnect_once_and_the_queue_waits_for_the_next_one(
    world: World, callers: Callers
) -> None:
    world.queue(example_invoices(3))
    grant = connection_of(world).grant_id
    assert grant is not None
    world.engine.oauth.revoke(world.engine.grants.read(grant).tokens.refresh_token)
    expire(world)
    assert callers.all_at_once() == {"AuthorisationLost": PROCESSES * THREADS}
    assert disconnections(world) == ["authorisation_lost"]
    world.work()
    waiting = [entry for entry in world.outbox() if entry["kind"] == "create_invoice"]
    assert {(e["state"], e["attempts"], e["cause"], e["delivery_id"]) for e in waiting} == {("PENDING", 0, None, None)}
    for number in range(3):
        assert [type(e) for e in world.engine.store.events_of(invoice_stream(ACCOUNT, f"inv-{number}"))] == [
            InvoiceQueued
        ]
    world.connect()
    world.work()
    assert_in_xero_once(world, 3)
    assert disconnections(world) == ["authorisation_lost"]


@pytest.mark.parametrize("fault", ["http_500_before", "http_500_after", "http_503", "reset", "answer_lost", "slow"])
def test_a_token_endpoint_in_trouble_costs_no_connection_and_no_attempt(world: World, fault: str) -> None:
    world.queue(example_invoices(3))
    world.fault(fault, method="POST", path="/connect/token", **({"delay": 4.0} if fault == "slow" else {}))
    expire(world)
    world.engine.dispatcher.look_at(world.lane)
    assert disconnections(world) == []
    assert {(entry["state"], entry["attempts"]) for entry in world.outbox()} == {("PENDING", 0)}
    world.later(60)
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.xero_grant SET refresh_lease_until = app.now() - interval '1 second'")
    world.work()
    assert_in_xero_once(world, 3)
    assert refreshes(world) == 2


def test_a_wrong_client_secret_of_ours_costs_no_connection_and_no_attempt(world: World, tmp_path: Path) -> None:
    world.queue(example_invoices(3))
    expire(world)
    url = world.engine.database_url
    with world_on(world.xero, url, tmp_path, KYRIOS_XERO_CLIENT_SECRET="not it") as misconfigured:
        misconfigured.engine.dispatcher.look_at(world.lane)
    assert disconnections(world) == []
    assert {(entry["state"], entry["attempts"]) for entry in world.outbox()} == {("PENDING", 0)}
    world.later(600)
    world.work()
    assert_in_xero_once(world, 3)
