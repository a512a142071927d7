"""Engines without a Xero: for use cases that never call it. Rings are kept, and answered by nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from services.bootstrap import Engine, Parts
from services.intake import IssuedInvoice
from tests.examples import open_connection
from tests.world import ACCOUNT, BACKEND, settings_for

NOWHERE = "http://127.0.0.1:9"


class Alone:
    """One engine, as one process would have it."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.rung = engine, list[UUID]()
        engine.ring = self.rung.append

    def queue(self, *issued: IssuedInvoice) -> list[str]:
        """Queue invoices; what became of each, a refusal by its code."""
        receipts = self.engine.queue_invoices(issued, BACKEND)
        return [receipt.refusal.code if receipt.refusal else receipt.result for receipt in receipts]

    def rows(self, table: str) -> int:
        """How many rows a table holds."""
        with self.engine.store.cursor() as cursor:
            row = cursor.execute(f"SELECT count(*) AS rows FROM {table}").fetchone()
        assert row is not None
        return int(row["rows"])

    def open_gate(self) -> None:
        """Let the account be set up."""
        self.engine.store.append(open_connection(ACCOUNT))


@contextmanager
def alone(database_url: str, home: Path, parts: Parts | None = None) -> Iterator[Alone]:
    """An engine on this database."""
    engine = Engine(settings_for(NOWHERE, database_url, home), database_url, parts or Parts())
    try:
        yield Alone(engine)
    finally:
        engine.close()
