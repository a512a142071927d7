"""A recorder whose connections count the statements and transactions that pass through them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Final

import psycopg
from psycopg import Cursor

from adapters.event_store.recorder import OutboxRecorder

COUNTING: Final = f"{__name__}:CountingRecorder"


class Counts:
    """Statements and transactions since the last reset. For one thread at a time."""

    statements = 0
    transactions = 0
    open_transactions = 0

    def reset(self) -> None:
        """Begin to count anew."""
        self.statements = self.transactions = 0


class CountingConnection(psycopg.Connection[Any]):
    """Counts a transaction per block, and per statement outside of one."""

    counts: ClassVar[Counts] = Counts()

    @contextmanager
    def transaction(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """A transaction, counted."""
        self.counts.transactions += 1
        self.counts.open_transactions += 1
        try:
            with super().transaction(*args, **kwargs) as transaction:
                yield transaction
        finally:
            self.counts.open_transactions -= 1


class CountingCursor(Cursor[Any]):
    """Counts each statement."""

    def execute(self, *args: Any, **kwargs: Any) -> "CountingCursor":
        """Execute, counted."""
        counts = CountingConnection.counts
        counts.statements += 1
        counts.transactions += not counts.open_transactions
        return super().execute(*args, **kwargs)


class CountingRecorder(OutboxRecorder):
    """The engine's recorder on counting connections."""

    def __init__(self, datastore: Any, **kwargs: Any) -> None:
        # Before anything else, as the library's recorder opens the pool.
        datastore.pool.connection_class = CountingConnection
        datastore.pool.kwargs["cursor_factory"] = CountingCursor
        super().__init__(datastore, **kwargs)
