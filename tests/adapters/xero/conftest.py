"""What tests of the Xero client ask for: the simulator with a consent given, and a vault on a real database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.embedded_postgres import Cluster
from adapters.simulator.options import Behaviour, SimulatorOptions
from adapters.simulator.server import Simulator
from adapters.vault.grants import Grants
from adapters.vault.keyring import Keyring
from adapters.xero.session import XeroSession
from adapters.xero.wire import new_http_client
from tests.adapters.vault.database import Database, opened
from tests.adapters.xero.simulated import CALLBACK, CLIENT_ID, CLIENT_SECRET, World


@pytest.fixture(scope="module")
def shared_database_url(cluster: Cluster, database_names: Iterator[str], migrated_template: str) -> Iterator[str]:
    """One database for all tests of a file: every test works on a grant of its own."""
    name = next(database_names)
    yield cluster.create_database(name, migrated_template)
    cluster.drop_database(name)


@pytest.fixture
def database(shared_database_url: str) -> Iterator[Database]:
    with opened(shared_database_url) as database:
        yield database


@pytest.fixture
def grants(database: Database) -> Grants:
    return Grants(database.begin, Keyring({"k1": bytes(range(32))}))


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    options = SimulatorOptions(
        ledger=tmp_path / "ledger.sqlite",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        redirect_uris=(CALLBACK,),
        behaviour=Behaviour(rate_limits=False),
    )
    with Simulator(options) as simulator:
        yield simulator


@pytest.fixture
def world(simulator: Simulator, grants: Grants) -> Iterator[World]:
    with new_http_client(simulator.api_url, read_timeout=2.0) as http:
        world = World(simulator, grants, http)
        yield world
        world.control.close()


@pytest.fixture
def session(world: World) -> XeroSession:
    world.connect()
    return world.session()
