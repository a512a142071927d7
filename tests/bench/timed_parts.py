"""The engine's own parts with a stopwatch on each step of an invoice's path."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from adapters.event_store.store import Transaction
from adapters.xero.answers import InvoicesAnswer
from adapters.xero.session import XeroSession
from domain.connection import Connection
from services.bootstrap import RECORDER, Parts
from services.dispatch.claim import Claim
from services.dispatch.create_invoice import CreateInvoice, Subject
from services.dispatch.lane_work import Work
from services.dispatch.record import Record
from tests.bench.stopwatch import Stopwatch


def timed_parts(
    watch: Stopwatch,
    recorder: str = RECORDER,
    on_the_wire: Callable[[], None] = lambda: None,
    recorded: Callable[[int], None] = lambda entries: None,
) -> Parts:
    """Parts that time themselves; `on_the_wire` is called right before a request leaves, `recorded` when it ended."""

    class TimedKind(CreateInvoice):
        def subjects(
            self, tx: Transaction, stream_ids: Sequence[UUID], connection: Connection
        ) -> Mapping[UUID, Subject]:
            with watch.timing("  read and open"):
                return super().subjects(tx, stream_ids, connection)

        def render(self, subject: Subject, connection: Connection) -> tuple[bytes, dict[str, Any]]:
            with watch.timing("  render one"):
                return super().render(subject, connection)

    class TimedClaim(Claim):
        def to_send(self, connection_id: UUID) -> Work[Any] | None:
            if not isinstance(self._kinds[TimedKind.name], TimedKind):
                self._kinds = {**self._kinds, TimedKind.name: TimedKind(self._keys)}
            began = time.perf_counter()
            work = super().to_send(connection_id)
            watch.add("claim" if work else "claim nothing", time.perf_counter() - began)
            return work

    class TimedRecord(Record):
        def outcomes(self, work: Work[Any], *args: Any) -> None:
            with watch.timing("record"):
                super().outcomes(work, *args)
            recorded(len(work.items))

    class TimedSession(XeroSession):
        def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: Any = None) -> InvoicesAnswer:
            def leave() -> None:
                before_send()
                on_the_wire()

            with watch.timing("HTTP"):
                return super().put_invoices(body, idempotency_key, before_send=leave)

    return Parts(recorder=recorder, session=TimedSession, claim=TimedClaim, record=TimedRecord)
