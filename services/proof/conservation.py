"""Conservation: every invoice that was accepted is somewhere. Counted from the projections, and again from the log.

accepted = synced + waiting + failed + dismissed + voided + in flight, at any instant, for each connection.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from projections import connection_status, counters, invoice_list
from projections.connection_status import NOT_CONNECTED
from projections.counters import Counter


class Conservation(msgspec.Struct, frozen=True, kw_only=True):
    """Where the invoices of one connection are. Waiting: blocked, or queued behind a closed gate."""

    connection_id: UUID
    account_id: str
    accepted: int
    synced: int = 0
    waiting: int = 0
    failed: int = 0
    dismissed: int = 0
    voided: int = 0
    in_flight: int = 0

    @property
    def balanced(self) -> bool:
        """Whether no invoice is missing and none counts twice."""
        places = (self.synced, self.waiting, self.failed, self.dismissed, self.voided, self.in_flight)
        return self.accepted == sum(places)

    def __str__(self) -> str:
        return (
            f"{self.accepted} accepted = {self.synced} in Xero + {self.waiting} waiting + {self.failed} failed + "
            f"{self.dismissed} left out + {self.voided} voided + {self.in_flight} in flight"
        )


def conserved(
    connection_id: UUID, account_id: str, accepted: int, by_status: Mapping[str, int], *, gate_open: bool
) -> Conservation:
    """Sort the invoices of one connection, counted by their own status, into the places where people look for them."""
    queued, blocked = by_status.get("queued", 0), by_status.get("blocked", 0)
    return Conservation(
        connection_id=connection_id,
        account_id=account_id,
        accepted=accepted,
        synced=by_status.get("synced", 0),
        waiting=blocked if gate_open else blocked + queued,
        failed=by_status.get("failed", 0),
        dismissed=by_status.get("dismissed", 0),
        voided=by_status.get("voided", 0),
        in_flight=by_status.get("checking", 0) + (queued if gate_open else 0),
    )


def from_counters(
    connection_id: UUID, account_id: str, counted: Iterable[Counter], *, gate_open: bool, accepted: int | None = None
) -> Conservation:
    """Where one connection's invoices are by its counters; `accepted` too, unless it was counted apart."""
    by_status = Tally[str]()
    for counter in counted:
        by_status[counter.status] += counter.invoices
    known = by_status.total() if accepted is None else accepted
    return conserved(connection_id, account_id, known, by_status, gate_open=gate_open)


def from_projections(connection: Connection) -> dict[UUID, Conservation]:
    """Every connection that has invoices: accepted counted invoice by invoice, the places as the counters say.

    Reads the whole of invoice_status, which is for proofs; a status page asks `from_counters`.
    """
    known = connection_status.every(connection)
    counted = counters.by_connection(connection)
    accepted = invoice_list.accepted(connection)
    return {
        lane: from_counters(
            lane,
            accepted[lane][0] if lane in accepted else "",
            counted.get(lane, []),
            gate_open=not (known[lane].causes if lane in known else NOT_CONNECTED),
            accepted=accepted[lane][1] if lane in accepted else 0,
        )
        for lane in sorted(accepted.keys() | counted.keys())
    }
