"""A batch: a stretch of the log folded in memory into all tables at once, then written by one statement per table.

The live projector folds 2,000 events at a time, a rebuild the whole log; the folding is the same.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from domain import alerts, contact_link, contact_sync
from domain.topics import TOPIC_OF
from projections import blocked_by, connection_status, counters, inactivity_clock, invoice_status
from projections.connection_status import CONNECTION_STATUS
from projections.counters import Counted
from projections.inactivity_clock import INACTIVITY_CLOCK
from projections.invoice_status import INVOICE_STATUS
from projections.recorded import BadEvent, Recorded
from projections.upsert import upsert

NOT_FOLDED: Final = frozenset(TOPIC_OF[event] for event in (*contact_link.EVENTS, *contact_sync.EVENTS, *alerts.EVENTS))
"""Known topics these projections have no use for. Any other topic is an error."""


class Batch:
    """The rows of the streams a stretch of the log touches, and where those that existed counted before."""

    def __init__(
        self,
        invoices: invoice_status.Rows,
        connections: connection_status.Rows,
        clocks: inactivity_clock.Rows,
    ) -> None:
        self.invoices, self.connections, self.clocks = invoices, connections, clocks
        self._counted: dict[UUID, Counted] = {stream: counters.counted(row) for stream, row in invoices.items()}

    def fold(self, log: Iterable[Recorded]) -> None:
        """Fold events in the order of the log. Raises BadEvent at the first that cannot be folded."""
        invoices, connections = self.invoices, self.connections
        of_invoices, of_connections = invoice_status.STEPS, connection_status.STEPS
        of_clocks = inactivity_clock.STEPS
        for recorded in log:
            topic = recorded[3]
            if topic in of_invoices:
                invoice_status.fold(invoices, recorded)
            elif topic in of_connections:
                connection_status.fold(connections, recorded)
                if topic in of_clocks:
                    inactivity_clock.fold(self.clocks, recorded)
            elif topic not in NOT_FOLDED:
                raise BadEvent(recorded, "unknown topic")

    def counter_changes(self) -> list[counters.Counter]:
        """What this batch adds to the counters."""
        return counters.changes(self._counted, self.invoices.values())

    def write(self, connection: Connection) -> None:
        """Write every touched row."""
        rows = list(self.invoices.values())
        upsert(connection, INVOICE_STATUS, map(msgspec.structs.astuple, rows))
        upsert(connection, CONNECTION_STATUS, map(msgspec.structs.astuple, self.connections.values()))
        upsert(connection, INACTIVITY_CLOCK, map(msgspec.structs.astuple, self.clocks.values()))
        were_blocked = [stream for stream, before in self._counted.items() if before.status in blocked_by.MAY_WAIT]
        blocked_by.replace(connection, were_blocked, rows)
        counters.add(connection, self.counter_changes())


def load(connection: Connection, log: Sequence[Recorded]) -> Batch:
    """A batch with the present rows of the streams that `log` touches."""
    invoices = {recorded[1] for recorded in log if recorded[3] in invoice_status.STEPS}
    connections = {recorded[1] for recorded in log if recorded[3] in connection_status.STEPS}
    return Batch(
        invoice_status.load(connection, invoices) if invoices else {},
        connection_status.load(connection, connections) if connections else {},
        inactivity_clock.load(connection, connections) if connections else {},
    )
