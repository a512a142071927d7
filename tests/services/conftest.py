"""What tests of the services share: an engine to read projections by, and an account that was never connected."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from adapters.simulator.server import Simulator
from tests.projections.databases import engine_on
from tests.world import World, world_on


@pytest.fixture
def read(database_url: str) -> Iterator[Engine]:
    """The projections' engine."""
    with engine_on(database_url) as engine:
        yield engine


@pytest.fixture
def fresh(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """An engine whose account was never connected."""
    with world_on(xero, database_url, tmp_path) as world:
        yield world
