"""A lock on a file that ends with its holder, however the holder ends.

An flock belongs to an open file: the kernel releases it when the last process that has the file open is gone, also
after kill -9. A child that inherits the descriptor holds the lock as well, for as long as it lives.
"""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from adapters.embedded_postgres.errors import PostgresUnavailable

POLL_SECONDS = 0.02


class FileLock:
    """One flock on one file, held from `try_take` or `take` until `release` or the end of the process."""

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self._path = path
        self._mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int:
        """The open file that carries the lock, to be handed to a child; the lock must be held."""
        if self._descriptor is None:
            raise RuntimeError(f"{self._path} is not locked")
        return self._descriptor

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def try_take(self) -> bool:
        """Take the lock if nobody stands against it; say whether it is held now."""
        if self.held:
            return True
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, self._mode | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def take(self, *, timeout: float, complaint: str) -> None:
        """Take the lock within `timeout` seconds, or raise PostgresUnavailable with the given complaint."""
        end = time.monotonic() + timeout
        while not self.try_take():
            if time.monotonic() > end:
                raise PostgresUnavailable(complaint)
            time.sleep(POLL_SECONDS)

    def release(self) -> None:
        """Let go in this process; a child that inherited the file goes on holding it."""
        # Closing, never LOCK_UN: unlocking would take the lock away from the children as well.
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
