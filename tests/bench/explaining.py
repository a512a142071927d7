"""Cursors that have PostgreSQL explain each statement before it is executed, and sum up the buffers it touches."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from psycopg import Cursor
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from adapters.event_store.recorder import OutboxRecorder

EXPLAINING: Final = f"{__name__}:ExplainingRecorder"
_EXPLAINED: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
_POINT: Final = "explained"


class Buffers:
    """Pages of shared buffers by step and statement, while a step is under way. For one thread at a time."""

    def __init__(self) -> None:
        self.step = ""
        self.by_step: defaultdict[str, dict[str, int]] = defaultdict(dict)

    def add(self, statement: str, pages: int) -> None:
        """Count what a statement touched."""
        known = self.by_step[self.step]
        name = " ".join(statement.split())[:90]
        known[name] = known.get(name, 0) + pages

    def reset(self) -> None:
        """Begin to count anew."""
        self.by_step.clear()

    @contextmanager
    def during(self, step: str) -> Iterator[None]:
        """Count under this name."""
        before, self.step = self.step, step
        try:
            yield
        finally:
            self.step = before


class ExplainingCursor(Cursor[Any]):
    """Explains with ANALYZE, takes back what that did, and then executes."""

    buffers: ClassVar[Buffers] = Buffers()

    def execute(self, *args: Any, **kwargs: Any) -> "ExplainingCursor":
        """Execute, explained."""
        query = args[0] if args else kwargs["query"]
        text = query if isinstance(query, str) else query.as_string(self.connection)
        if self.buffers.step and text.lstrip().upper().startswith(_EXPLAINED):
            parameters = args[1] if len(args) > 1 else kwargs.get("params")
            self.buffers.add(text, self._touched(text, parameters))
        return super().execute(*args, **kwargs)

    def _touched(self, text: str, parameters: Any) -> int:
        plain = Cursor(self.connection, row_factory=tuple_row)
        alone = self.connection.info.transaction_status == TransactionStatus.IDLE
        if not alone:
            plain.execute(f"SAVEPOINT {_POINT}")
        plain.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}".encode(), parameters)
        row = plain.fetchone()
        if not alone:
            plain.execute(f"ROLLBACK TO SAVEPOINT {_POINT}")
        assert row is not None
        plan = row[0][0]["Plan"]
        return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


class ExplainingRecorder(OutboxRecorder):
    """The engine's recorder on explaining cursors."""

    def __init__(self, datastore: Any, **kwargs: Any) -> None:
        # Before anything else, as the library's recorder opens the pool.
        datastore.pool.kwargs["cursor_factory"] = ExplainingCursor
        super().__init__(datastore, **kwargs)
