"""What else is in the way of invoices that wait behind a closed gate, by the code that sends.

Nothing is claimed there, so nothing of this is recorded yet; but it is known, and no one is promised otherwise.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from adapters.event_store.store import Transaction
from domain.causes import CATALOGUE, Cause, who_acts
from domain.connection import Connection
from domain.under_way import EntryNow
from services.dispatch.kind import DeliveryKind

_KIND: Final = "create_invoice"


def causes_behind(
    tx: Transaction,
    kinds: Mapping[str, DeliveryKind[Any]],
    connection: Connection | None,
    entries: Mapping[UUID, EntryNow],
) -> dict[UUID, tuple[Cause, ...]]:
    """Of those of these entries, by stream, that wait to create their invoice: what a person must settle besides.

    Nothing where the gate is open, as that is found at once, or where set-up has not come as far.
    """
    if connection is None or connection.gate_open or not _is_ready(connection):
        return {}
    streams = [stream for stream, one in entries.items() if one.kind == _KIND and one.state in ("PENDING", "WAITING")]
    if not streams:
        return {}
    kind = kinds[_KIND]
    subjects = kind.subjects(tx, streams, connection)
    return {stream: _besides(kind.causes(subject, connection), connection) for stream, subject in subjects.items()}


def _is_ready(connection: Connection) -> bool:
    return connection.organisation_id is not None and connection.default_line is not None


def _besides(causes: Sequence[Cause], connection: Connection) -> tuple[Cause, ...]:
    """Those that somebody must settle, and that what closes the gate does not tell of already."""
    unmapped = {cause.key for cause in connection.held_by if cause.code == "tax_mapping_incomplete"}
    return tuple(
        cause
        for cause in causes
        if cause.code in CATALOGUE
        and who_acts([cause])
        and not (cause.code == "tax_set_unmapped" and cause.key in unmapped)
        and not any(cause.same_matter(one) for one in connection.held_by)
    )
