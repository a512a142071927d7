"""What the bench stands on: a PostgreSQL that survives a power cut, and a simulator in a process of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final, cast

from adapters.embedded_postgres import Cluster
from adapters.simulator.server import Simulator
from services.bootstrap import Parts
from services.migrations import migrate
from tests.many_lanes import ManyLanes, write_seed
from tests.world import EXAMPLES, REAL_PARTS, World, world_on

SEED: Final = EXAMPLES / "xero-organisation.json"
TEMPLATE: Final = "bench_template"
"""Migrated once; what is measured gets copies."""


@dataclass(frozen=True)
class RemoteSimulator:
    """Where a simulator in another process listens."""

    api_url: str
    control_url: str


class Ground:
    """Gives each measurement a database and a simulated Xero of its own."""

    def __init__(self, cluster: Cluster, home: Path) -> None:
        self._cluster, self._home, self._numbers = cluster, home, count(1)
        migrate(cluster.create_database(TEMPLATE))

    def database(self) -> str:
        """A new database at the newest schema."""
        return self._cluster.create_database(f"bench_{next(self._numbers)}", TEMPLATE)

    @contextmanager
    def world(self, parts: Parts, seed: Path = SEED, **settings: str) -> Iterator[World]:
        """An engine, set up, on a simulator in another process that answers without limits."""
        with self._bare(self._new_home(), parts, seed, settings) as world:
            world.set_up()
            yield world

    @contextmanager
    def many(self, count: int, parts: Parts = REAL_PARTS, **settings: str) -> Iterator[ManyLanes]:
        """The same with so many accounts, each with an organisation of its own."""
        home = self._new_home()
        tenants = write_seed(home / "many.json", count)
        with self._bare(home, parts, home / "many.json", settings) as world:
            many = ManyLanes(world, tenants)
            many.set_up()
            yield many

    def _new_home(self) -> Path:
        home = self._home / f"world-{next(self._numbers)}"
        home.mkdir()
        return home

    @contextmanager
    def _bare(self, home: Path, parts: Parts, seed: Path, settings: Mapping[str, str]) -> Iterator[World]:
        more = {"KYRIOS_XERO_CALLS_PER_MINUTE": "99999", "KYRIOS_XERO_READ_TIMEOUT": "30", "KYRIOS_XERO_LEASE": "60"}
        with (
            simulator_process(home, seed) as xero,
            world_on(xero, self.database(), home, parts, **(more | dict(settings))) as world,
        ):
            yield world


@contextmanager
def solid_ground(*, durable: bool = True) -> Iterator[Ground]:
    """A cluster, and everything removed at the end. One that is not durable is good for seeing that the bench runs."""
    # Root's stand-in must be able to reach it.
    home = Path(tempfile.mkdtemp(prefix="kyrios-xero-bench-"))
    home.chmod(0o755)
    cluster = Cluster(home / "postgres", durable=durable, open_place=home / "open")
    cluster.start()
    try:
        yield Ground(cluster, home)
    finally:
        cluster.destroy()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def simulator_process(home: Path, seed: Path = SEED) -> Iterator[Simulator]:
    """`python -m adapters.simulator`, ended with the block. Only the addresses of a Simulator are there to be used."""
    command = [sys.executable, "-m", "adapters.simulator", "--ledger", str(home / "xero.sqlite"), "--no-rate-limits"]
    command += ["--seed", str(seed)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=EXAMPLES.parent, env=dict(os.environ))
    assert process.stdout is not None
    try:
        words = dict(word.split("=", 1) for word in process.stdout.readline().split() if "=" in word)
        yield cast(Simulator, RemoteSimulator(words["api"], words["control"]))
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()
