"""A world whose account has no links yet, with Xero's contacts read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.simulator.server import Simulator
from tests.services.contacts.customers import read_contacts
from tests.world import World, world_on


@pytest.fixture
def shop(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world without links whose contacts have been read."""
    with world_on(xero, database_url, tmp_path) as world:
        world.set_up(link=False)
        read_contacts(world)
        yield world
