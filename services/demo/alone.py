"""One of a kind below one home: a lock that the system takes back when its holder dies, however it dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.demo.processes import CouldNotStart


@contextmanager
def alone(lock: Path, otherwise: str) -> Iterator[None]:
    """Hold the lock file; if another process holds it, raise CouldNotStart with the sentence `otherwise`."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CouldNotStart(otherwise) from None
        yield
