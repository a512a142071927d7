"""What tests of the services share: an engine to read the projections of a database by."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.projections.databases import engine_on


@pytest.fixture
def read(database_url: str) -> Iterator[Engine]:
    """The projections' engine."""
    with engine_on(database_url) as engine:
        yield engine
