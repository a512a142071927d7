"""What every test may ask for: a real PostgreSQL for this run, and databases in it.

One cluster serves the whole run; it may forget on a power cut, since no test outlives one. Tests about durability make
their own.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import hypothesis
import pytest

from adapters.embedded_postgres import Cluster
from adapters.event_store.store import EventStore
from adapters.simulator.server import Simulator
from services.migrations import migrate
from tests.world import World, simulated_xero, world_on

ROOM_NEEDED = 2 * 1024**3
NewDatabase = Callable[..., str]
"""`new_database()` or `new_database(template="name")`: creates a database and returns its libpq URL."""


def pytest_configure() -> None:
    """No example fails because the machine is slow, no text is wrapped because the terminal is narrow."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Whoever is begun in the background of a shell ignores Ctrl-C, and so would every program the tests begin.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("COLUMNS", None)
    hypothesis.settings.register_profile("any machine", deadline=None)
    hypothesis.settings.load_profile("any machine")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The PostgreSQL of this test run, removed at its end."""
    # pytest's own temporary directories are closed to the account that root steps down to.
    home = Path(tempfile.mkdtemp(prefix="kyrios-xero-test-", dir=_in_memory()))
    home.chmod(0o755)
    cluster = Cluster(home, durable=False, open_place=home / "open")
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.destroy()
        shutil.rmtree(home, ignore_errors=True)


def _in_memory() -> Path | None:
    """A directory in memory, if there is one with room for programs: a database per test is many small files."""
    place = Path("/dev/shm")
    try:
        room = os.statvfs(place)
    except OSError:
        return None
    fits = room.f_bavail * room.f_frsize >= ROOM_NEEDED and not room.f_flag & os.ST_NOEXEC
    return place if fits and os.access(place, os.W_OK | os.X_OK) else None


@pytest.fixture(scope="session")
def server_url(cluster: Cluster) -> str:
    """The URL of the cluster's maintenance database, for statements about databases; not for tables."""
    return cluster.url("postgres")


@pytest.fixture(scope="session")
def database_names() -> Iterator[str]:
    """Names nobody has used in this run."""
    return (f"test_{number}" for number in count(1))


@pytest.fixture
def new_database(cluster: Cluster, database_names: Iterator[str]) -> Iterator[NewDatabase]:
    """Creates databases, empty or copied from a template, and drops them after the test."""
    created: list[str] = []

    def create(template: str | None = None) -> str:
        name = next(database_names)
        url = cluster.create_database(name, template)
        created.append(name)
        return url

    yield create
    for name in created:
        cluster.drop_database(name)


@pytest.fixture(scope="session")
def migrated_template(cluster: Cluster) -> str:
    """The name of a database at the newest schema, to be copied and never written to."""
    url = cluster.create_database("migrated")
    migrate(url)
    return "migrated"


@pytest.fixture
def database_url(new_database: NewDatabase, migrated_template: str) -> str:
    """A database of its own for one test, at the newest schema."""
    return new_database(template=migrated_template)


@pytest.fixture
def store(database_url: str) -> Iterator[EventStore]:
    """An event store on a database of its own."""
    store = EventStore(database_url)
    try:
        yield store
    finally:
        store.close()


@pytest.fixture
def xero(tmp_path: Path) -> Iterator[Simulator]:
    """A simulated Xero with the example's books."""
    with simulated_xero(tmp_path) as xero:
        yield xero


@pytest.fixture
def world(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """A simulated Xero and an engine whose account is set up; nothing runs by itself."""
    with world_on(xero, database_url, tmp_path) as world:
        world.set_up()
        yield world
