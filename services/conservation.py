"""Conservation: every invoice that was accepted is somewhere. Counted from the projections, and again from the log.

accepted = synced + waiting + failed + dismissed + voided + in flight, at any instant, for each connection.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from projections import connection_status, counters, invoice_list
from projections.connection_status import NOT_CONNECTED


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


def from_projections(connection: Connection) -> dict[UUID, Conservation]:
    """Every connection that has invoices: accepted counted one by one, the places as the counters say."""
    gates = {row.connection_id: row.causes for row in connection_status.every(connection)}
    by_status: dict[UUID, dict[str, int]] = {}
    for counter in counters.read(connection):
        places = by_status.setdefault(counter.connection_id, {})
        places[counter.status] = places.get(counter.status, 0) + counter.invoices
    accepted = invoice_list.accepted(connection)
    return {
        lane: conserved(
            lane,
            accepted[lane][0] if lane in accepted else "",
            accepted[lane][1] if lane in accepted else 0,
            by_status.get(lane, {}),
            gate_open=not gates.get(lane, NOT_CONNECTED),
        )
        for lane in sorted(accepted.keys() | by_status.keys())
    }
