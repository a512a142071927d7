"""Verify: prove from the log that nothing was lost, nothing is doubled, and every table says what the log says.

The copy of a log, which nothing is ever sent from, has no entries, lanes or mails: there, none may be.

One pass over the log, stream by stream, beside the tables in the same order and in the same moment. What it keeps in
memory are the open entries and the findings, not the invoices.
"""

from collections import Counter as Tally
from collections.abc import Iterable
from itertools import chain
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Cursor
from psycopg.rows import dict_row
from sqlalchemy import Connection, Engine

from adapters.event_store import lanes, log_stream, outbox, recorded_events
from domain.counted import count
from projections import checkpoints, counters, inactivity_clock
from projections.blocked_by import BLOCKED_BY, rows_of
from projections.connection_status import CONNECTION_STATUS, NOT_CONNECTED, ConnectionRow
from projections.inactivity_clock import INACTIVITY_CLOCK, ClockRow
from projections.invoice_status import INVOICE_STATUS, InvoiceRow
from projections.snapshot import snapshot
from services.projector import driver_connection
from services.proof import conservation
from services.proof.conservation import Conservation
from services.proof.mails import MailsCheck
from services.proof.replay import Replayed, replay
from services.proof.stored_rows import StoredRows, differences

MOST_FINDINGS: Final = 1_000


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as the log says: in which table, under which key, and what is wrong."""

    table: str
    key: str
    says: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.says}"


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The result. `position` is where the projections are, `head` where the log ends; `found` counts all findings,
    of which the first thousand are kept. `copy` says that the log is the copy of another."""

    position: int
    head: int
    events: int
    streams: int
    open_entries: int
    copy: bool = False
    conservation: tuple[Conservation, ...]
    found: int
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether everything agrees."""
        return self.found == 0

    def summary(self) -> str:
        """The result in one sentence."""
        if not self.clean:
            return f"not clean: {self.found} found as of position {self.position}, the first: {self.findings[0]}"
        rows = f"every row and every open entry ({self.open_entries})"
        if self.copy:
            rows = "the copy of a history, from which nothing is sent: every row"
        return (
            f"clean: {rows} is as the log says; "
            f"{count(self.events, 'event')} in {count(self.streams, 'stream')} replayed, as of position {self.position}"
        )


def verify(engine: Engine) -> Verified:
    """Compare every table with the log, as of one moment. Changes nothing."""
    with snapshot(engine) as connection:
        return _Check(connection).run()


class _Check:
    def __init__(self, connection: Connection) -> None:
        self._connection, self._driver = connection, driver_connection(connection)
        self._position = checkpoints.position(connection)
        self._findings: list[Finding] = []
        self._found = self._events = self._streams = self._open = 0
        self._copy = False
        self._accepted, self._places = Tally[UUID](), Tally[tuple[UUID, str]]()
        self._accounts: dict[UUID, str] = {}
        self._gates: dict[UUID, bool] = {}
        self._sums: dict[tuple[UUID, str, str], counters.Counter] = {}
        self._rows = {
            table.name: StoredRows(connection, table, order)
            for table, order in (
                (INVOICE_STATUS, "stream_id"),
                (BLOCKED_BY, "stream_id"),
                (CONNECTION_STATUS, "connection_id"),
                (INACTIVITY_CLOCK, "connection_id"),
            )
        }

    def run(self) -> Verified:
        with self._driver.cursor(row_factory=dict_row) as cursor:
            self._live, self._copy = outbox.live_keys(cursor), recorded_events.is_copy(cursor)
            post = MailsCheck(cursor, copy=self._copy)
            for replayed in replay(log_stream.by_stream(self._driver), self._position):
                self._stream(replayed, cursor)
                post.see(replayed)
        for key, row in self._live.items():
            self._find("outbox", key, f"an entry ({row['state']}) that no event of the log keeps open")
        for key, says in post.wrong():
            self._find("mail", key, says)
        for name, rows in self._rows.items():
            self._superfluous(name, rows.rest())
        self._compare_counters()
        return Verified(
            position=self._position,
            head=log_stream.head(self._driver),
            events=self._events,
            streams=self._streams,
            open_entries=self._open,
            copy=self._copy,
            conservation=tuple(self._conservation()),
            found=self._found,
            findings=tuple(self._findings),
        )

    def _stream(self, replayed: Replayed, cursor: Cursor[dict[str, Any]]) -> None:
        self._events, self._streams = self._events + replayed.events, self._streams + 1
        stored = {name: self._take(name, replayed.stream_id) for name in self._rows}
        if replayed.broken:
            self._find("log", str(replayed.stream_id), replayed.broken)
            return
        if not self._copy:
            self._compare_entries(replayed)
        invoice = replayed.batch.invoices.get(replayed.stream_id)
        known = replayed.batch.connections.get(replayed.stream_id)
        self._compare(INVOICE_STATUS.name, replayed.stream_id, _tuples(invoice), stored[INVOICE_STATUS.name])
        self._compare(CONNECTION_STATUS.name, replayed.stream_id, _tuples(known), stored[CONNECTION_STATUS.name])
        self._compare_clock(replayed, stored[INACTIVITY_CLOCK.name])
        waits = sorted(rows_of(invoice)) if invoice else []
        self._compare(BLOCKED_BY.name, replayed.stream_id, waits, sorted(stored[BLOCKED_BY.name]))
        if invoice is not None:
            self._count(invoice, replayed)
        if known is not None:
            self._gates[known.connection_id] = not known.causes
        if replayed.gate_open is not None:
            self._compare_gate(replayed.stream_id, replayed.gate_open, cursor)

    # ── what is compared ────────────────────────────────────────────────────────────────────────────────────────────

    def _compare_entries(self, replayed: Replayed) -> None:
        for key in replayed.open_entries:
            self._open += 1
            if self._live.pop(key, None) is None:
                self._find("outbox", key, f"missing, though stream {replayed.stream_id} keeps it open")

    def _compare_gate(self, connection_id: UUID, gate_open: bool, cursor: Cursor[dict[str, Any]]) -> None:
        lane = lanes.read(cursor, connection_id)
        said = "open" if gate_open else "closed"
        if self._copy:
            if lane is not None:
                self._find("lane", str(connection_id), "is there, though nothing is sent from the copy of a history")
        elif lane is None:
            if gate_open:
                self._find("lane", str(connection_id), "missing, though its gate is open")
        elif lane["gate"] != said:
            self._find("lane", str(connection_id), f"its gate is {lane['gate']}, the log says {said}")

    def _compare_clock(self, replayed: Replayed, stored: list[Any]) -> None:
        expected = _tuples(replayed.batch.clocks.get(replayed.stream_id))
        said, stands = ([inactivity_clock.as_logged(row) for row in rows] for rows in (expected, stored))
        self._compare(INACTIVITY_CLOCK.name, replayed.stream_id, said, stands)

    def _compare(self, table: str, stream_id: UUID, expected: list[Any], stored: list[Any]) -> None:
        if not expected:
            self._superfluous(table, stored)
        elif not stored:
            self._find(table, str(stream_id), "missing")
        elif wrong := differences(self._rows[table].columns, expected, stored):
            self._find(table, str(stream_id), wrong)

    def _take(self, table: str, stream_id: UUID) -> list[Any]:
        before, rows = self._rows[table].up_to(stream_id)
        self._superfluous(table, before)
        return rows

    def _superfluous(self, table: str, rows: Iterable[Any]) -> None:
        for row in rows:
            self._find(table, str(self._rows[table].key_of(row)), "a row that the log knows nothing of")

    # ── what is counted ─────────────────────────────────────────────────────────────────────────────────────────────

    def _count(self, row: InvoiceRow, replayed: Replayed) -> None:
        assert replayed.invoice is not None
        lane = row.connection_id
        self._accounts[lane] = row.account_id
        self._accepted[lane] += 1
        self._places[lane, replayed.invoice.status] += 1
        key = (lane, row.currency, row.status)
        known = self._sums.get(key) or counters.Counter(*key, 0, row.total * 0)
        self._sums[key] = counters.Counter(*key, known.invoices + 1, known.total + row.total)

    def _compare_counters(self) -> None:
        every = chain.from_iterable(counters.by_connection(self._connection).values())
        stored = {counter[:3]: counter for counter in every}
        for key in sorted(stored.keys() | self._sums.keys()):
            if stored.get(key) != self._sums.get(key):
                says = f"{_amount(stored.get(key))}; the log says {_amount(self._sums.get(key))}"
                self._find("counters", f"{key[0]} {key[1]} {key[2]}", says)

    def _conservation(self) -> list[Conservation]:
        projected = conservation.from_projections(self._connection)
        replayed = {lane: self._replayed_conservation(lane) for lane in self._accepted}
        for lane in sorted(projected.keys() | replayed.keys()):
            said, true = projected.get(lane), replayed.get(lane)
            if said != true or (said and not said.balanced):
                self._find("conservation", str(lane), f"projections: {said or 'nothing'}; log: {true or 'nothing'}")
        return [replayed[lane] for lane in sorted(replayed, key=lambda lane: self._accounts[lane])]

    def _replayed_conservation(self, lane: UUID) -> Conservation:
        by_status = {status: number for (of, status), number in self._places.items() if of == lane}
        gate_open = self._gates.get(lane, not NOT_CONNECTED)
        return conservation.conserved(lane, self._accounts[lane], self._accepted[lane], by_status, gate_open=gate_open)

    def _find(self, table: str, key: str, says: str) -> None:
        self._found += 1
        if len(self._findings) < MOST_FINDINGS:
            self._findings.append(Finding(table=table, key=key, says=says))


def _tuples(row: InvoiceRow | ConnectionRow | ClockRow | None) -> list[Any]:
    return [] if row is None else [msgspec.structs.astuple(row)]


def _amount(counter: counters.Counter | None) -> str:
    return "no row" if counter is None else f"{count(counter.invoices, 'invoice')}, {counter.total}"
