"""Use case: write an account's events into a file, as NDJSON that can be replayed or as CSV that can be looked through.

One moment of the log, read in portions; nothing is kept in memory. The file appears under its name when it is whole.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy import Engine

from adapters.event_store import recorded_events
from adapters.event_store.recorded_events import RecordedEvent
from adapters.event_store.store import EventStore
from domain.refusals import Fault, InvalidInput, NotPossible
from domain.streams import invoice_stream
from domain.topics import TOPICS
from projections.snapshot import snapshot
from services.audit.export_files import CsvFile, NdjsonFile
from services.audit.export_form import Chosen, Exported, Head
from services.audit.until import find
from services.migrations import present_schema
from services.projector import driver_connection

Format = Literal["ndjson", "csv"]
Progress = Callable[[int, int], None]
"""Told the position that was reached, and the one to reach."""


class _Account(msgspec.Struct):
    account_id: str


class Export:
    """Exports one account at a time."""

    def __init__(self, store: EventStore, read: Engine) -> None:
        self._store, self._read = store, read
        self._account_of = msgspec.json.Decoder(_Account).decode

    def __call__(
        self,
        account_id: str,
        to: Path,
        form: Format = "ndjson",
        *,
        since: str | None = None,
        until: str | None = None,
        events: tuple[str, ...] = (),
        invoices: tuple[str, ...] = (),
        progress: Progress = lambda reached, end: None,
    ) -> Exported:
        """Write the file. `since` leaves out what was recorded up to then; see `until` for how a moment is written.

        Raises InvalidInput, NotPossible if nothing is to be exported, OSError; there is no file then.
        """
        to = to.resolve()
        if to.exists() and not to.is_file():
            raise NotPossible(f"{to} is not a file that could be written over; name a file, and copy it from there")
        known = {name.rpartition(".")[0] for name in TOPICS}
        if wrong := [event for event in events if event not in known]:
            raise InvalidInput(*(Fault("/event", f"there is no event {event}") for event in wrong))
        with self._store.cursor() as cursor:
            after = find(cursor, since, "--from").position if since else 0
            end, now = find(cursor, until).position, self._store.now()
        chosen = Chosen(after=after, events=events, invoices=invoices)
        schema = present_schema(self._read)
        head = Head(account_id=account_id, exported_at=now, until=end, chosen=chosen, schema=schema)
        partial = to.with_name(f".{to.name}.part")
        try:
            with partial.open("w", encoding="utf-8", newline="") as file:
                writer = NdjsonFile(file, head) if form == "ndjson" else CsvFile(file)
                for row in self._chosen(head, progress):
                    writer.write(row)
                done = writer.end()
            if not done.events:
                raise NotPossible(f"there is no such event of account {account_id} up to position {end}")
            partial.replace(to)
        finally:
            partial.unlink(missing_ok=True)
        return Exported(
            account_id=account_id,
            file=str(to),
            format=form,
            events=done.events,
            first=done.first,
            last=done.last,
            until=end,
            sha256=done.sha256,
        )

    def _chosen(self, head: Head, progress: Progress) -> Iterator[RecordedEvent]:
        chosen, streams = head.chosen, _streams(head)
        with snapshot(self._read) as connection:
            driver: psycopg.Connection[Any] = driver_connection(connection)
            for number, row in enumerate(recorded_events.up_to(driver, head.until, after=chosen.after)):
                if not number % 1_000:
                    progress(row.position, head.until)
                if streams and row.stream_id not in streams:
                    continue
                if chosen.events and row.topic.rpartition(".")[0] not in chosen.events:
                    continue
                if self._account_of(row.state).account_id == head.account_id:
                    yield row


def _streams(head: Head) -> set[UUID]:
    return {invoice_stream(head.account_id, one) for one in head.chosen.invoices}
