"""A world whose clock can be moved, with an account that is set up and known to its projections."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.simulator.server import Simulator
from tests.services.inactivity.days import live, world_of_days
from tests.world import World


@pytest.fixture
def quiet(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """The account is set up, its contacts are read, and the engine has run for more than a day."""
    with world_of_days(xero, database_url, tmp_path) as world:
        world.set_up()
        live(world)
        yield world
