"""C13: PostgreSQL itself is killed while invoices are on their way; what was committed is there when it is back."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from eventsourcing.persistence import PersistenceError

from adapters.embedded_postgres import Cluster
from adapters.simulator.server import Simulator
from services.bootstrap import Parts
from services.migrations import migrate
from tests.adapters.embedded_postgres.conftest import end_of, postmaster_pid
from tests.crash.books import assert_in_xero_once, finish
from tests.crash.child import Order
from tests.crash.conftest import PATIENT, Child
from tests.world import World, example_invoices, world_on

pytestmark = pytest.mark.crash

COUNT = 7
TRIES = 10


class Server:
    """A durable PostgreSQL of this test's own."""

    def __init__(self, home: Path) -> None:
        self._home, self._users = home, ExitStack()
        self.url = self.start()

    def start(self) -> str:
        """Start it, or start it again after a kill."""
        return self._users.enter_context(Cluster(self._home / "home", open_place=self._home / "open")).url()

    def kill(self) -> None:
        """End the postmaster by SIGKILL; what it has not written to its log is gone."""
        os.kill(postmaster_pid(Cluster(self._home / "home")), signal.SIGKILL)

    def end(self) -> None:
        """Stop it and remove it."""
        self._users.close()
        end_of(Cluster(self._home / "home", open_place=self._home / "open"))


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that forgets nothing, with our schema."""
    home = Path(tempfile.mkdtemp(prefix="kx-crash-"))
    home.chmod(0o755)
    server = Server(home)
    migrate(server.url)
    yield server
    server.end()
    shutil.rmtree(home, ignore_errors=True)


def until_back(world: World) -> None:
    """Ask until every dead connection of the pool has been replaced."""
    for _ in range(TRIES):
        try:
            world.engine.store.head()
        except PersistenceError:
            continue
        return
    raise AssertionError("the store does not find back to its database")


def test_database_and_worker_that_die_together_lose_no_invoice_and_send_none_twice(
    server: Server, xero: Simulator, tmp_path: Path
) -> None:
    with world_on(xero, server.url, tmp_path) as world, ExitStack() as ending:
        world.set_up()
        world.queue(example_invoices(COUNT))
        held = world.fault("hold", method="PUT", path="/Invoices")
        worker = Child(
            Order(
                point="nowhere",
                action="work",
                xero_url=xero.api_url,
                database_url=server.url,
                home=str(tmp_path),
                invoices=COUNT,
                settings=PATIENT,
            )
        )
        ending.callback(worker.close)
        world.wait_for_fault(held)
        server.kill()
        worker.kill()
        server.start()
        until_back(world)
        assert {entry["state"] for entry in world.outbox()} == {"LEASED"}
        finish(world)
        assert_in_xero_once(world, COUNT)
        assert len(world.requests("PUT", "/Invoices")) == 1


def test_a_database_that_is_back_soon_still_gets_its_record(server: Server, xero: Simulator, tmp_path: Path) -> None:
    with world_on(xero, server.url, tmp_path, Parts(), **PATIENT) as world, ThreadPoolExecutor(1) as worker:
        world.set_up()
        world.queue(example_invoices(COUNT))
        held = world.fault("hold", method="PUT", path="/Invoices")
        working = worker.submit(world.engine.dispatcher.look_at, world.lane)
        world.wait_for_fault(held)
        server.kill()
        server.start()
        world.control.post("/release", json={"fault": held})
        outcome = working.exception(timeout=60)
        until_back(world)
        finish(world)
        assert_in_xero_once(world, COUNT)
        assert outcome is None
        assert world.requests("GET", "/Invoices") == []
