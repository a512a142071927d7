"""A world that many scenarios share, one after the other: each puts right what it changed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.embedded_postgres import Cluster
from tests.services.contacts.customers import read_contacts
from tests.world import World, simulated_xero, world_on


@pytest.fixture(scope="module")
def shop(cluster: Cluster, migrated_template: str, database_names: Iterator[str]) -> Iterator[World]:
    """An account that is set up, its customers linked, Xero's contacts read."""
    name = next(database_names)
    url = cluster.create_database(name, migrated_template)
    with (
        tempfile.TemporaryDirectory() as home,
        simulated_xero(Path(home)) as xero,
        world_on(xero, url, Path(home)) as world,
    ):
        world.set_up()
        read_contacts(world)
        yield world
    cluster.drop_database(name)
