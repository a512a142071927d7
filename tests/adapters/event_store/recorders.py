"""Recorders that fail at chosen moments, each a subclass of the real one, named to the store by their topic."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from eventsourcing.persistence import OperationalError, StoredEvent
from psycopg import Cursor

from adapters.event_store.recorder import OutboxRecorder
from adapters.event_store.writes import Writes

BREAKS_AT_THE_END: Final = f"{__name__}:BreaksAtTheEnd"
LOSES_THE_ANSWER: Final = f"{__name__}:LosesTheAnswer"


class Broken(Exception):
    """The failure a test asked for."""


class BreaksAtTheEnd(OutboxRecorder):
    """Writes everything, events included, and fails as the last thing in the transaction."""

    def _insert_stored_events(self, curs: Cursor[Any], stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        super()._insert_stored_events(curs, stored_events, **kwargs)
        raise Broken


class LosesTheAnswer(OutboxRecorder):
    """Commits, and the first time loses the answer to its commit on the way, as a broken connection does."""

    to_lose: ClassVar[list[str]] = []

    @classmethod
    @contextmanager
    def losing(cls, answers: int = 1) -> Iterator[None]:
        """Lose so many answers within the block, and all of them must have been lost at its end."""
        cls.to_lose[:] = ["answer"] * answers
        try:
            yield
            assert not cls.to_lose, "no commit was made"
        finally:
            cls.to_lose.clear()

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, writes: Writes | None = None, **kwargs: Any
    ) -> Sequence[int] | None:
        """As the library does it: a lost connection is met by trying again."""
        positions: Sequence[int] | None = super().insert_events(stored_events, writes=writes, **kwargs)
        if not self.to_lose:
            return positions
        self.to_lose.pop()
        try:
            raise OperationalError("the connection was lost after COMMIT was sent")
        except OperationalError:
            positions = super().insert_events(stored_events, writes=writes, **kwargs)
        return positions
