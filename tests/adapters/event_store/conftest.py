"""Stores of chosen recorders on a test's own database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from adapters.event_store.store import EventStore

OpenStore = Callable[..., EventStore]
"""`open_store()` or `open_store(recorder=topic)`: another store on the test's database, closed after it."""


@pytest.fixture
def open_store(database_url: str) -> Iterator[OpenStore]:
    """Opens stores, as other threads and processes would."""
    with ExitStack() as opened:

        def open_one(**more: str) -> EventStore:
            store = EventStore(database_url, **more)  # type: ignore[arg-type]
            opened.callback(store.close)
            return store

        yield open_one
