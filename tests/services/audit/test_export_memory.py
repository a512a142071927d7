"""An export takes as much memory for a long history as for a short one, and the same goes for reading it."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from adapters.event_store.store import EventStore
from services.audit.export import Export
from services.audit.import_export import check
from tests.bench.replaying import _fill
from tests.examples import ACCOUNT

LONG = 12_000
MOST_MORE: float = 2_000_000
"""Bytes; the rows alone of a long history are several times that."""


def peak_of(work: Callable[[], object]) -> int:
    """The most memory some work held at once, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_long_history_is_exported_and_checked_in_the_memory_of_a_short_one(
    store: EventStore, database_url: str, read: Engine, tmp_path: Path
) -> None:
    held = _fill(store, database_url, LONG)
    export, file = Export(store, read), tmp_path / "history.ndjson"
    short = peak_of(lambda: export(ACCOUNT, file, until="2000"))
    long = peak_of(lambda: export(ACCOUNT, file))
    assert file.stat().st_size > 5 * MOST_MORE
    assert long - short < MOST_MORE, f"{short:,} and {long:,} bytes"
    assert peak_of(lambda: check(file)) < 3 * MOST_MORE
    assert check(file)[1].events == held
