"""Use case: Xero says that something changed. A hint and no more: polling is complete without it.

A change of a contact makes the reading of that organisation's contacts due; a change of an invoice means nothing, since
nothing done in Xero changes an invoice here. Whatever is said twice, late, or of organisations that are not ours does
no harm.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal

from sqlalchemy import Engine

from adapters import contact_reading
from adapters.event_store.store import EventStore
from adapters.vault.secret import Secret
from adapters.xero.webhook import WebhookEvent, is_signed, read_events
from projections import connection_status

LARGEST: Final = 1_048_576
"""Bytes of a body; Xero's are far smaller."""

Answer = Literal[200, 401]


class WebhookHints:
    """Takes what Xero's webhooks say. Without a key, nothing is believed."""

    def __init__(self, store: EventStore, read: Engine, keys: Sequence[Secret]) -> None:
        self._store, self._read, self._keys = store, read, keys

    def receive(self, body: bytes, signature: bytes) -> Answer:
        """Take a body as it came; the HTTP status to answer with. A wrong signature is all there is to refuse."""
        if not is_signed(body, signature, self._keys):
            return 401
        newest = _newest(read_events(body))
        if newest:
            self._hint(newest)
        return 200

    def _hint(self, newest: dict[str, datetime]) -> None:
        with self._read.connect() as connection:
            connected = connection_status.reachable(connection, list(newest))
        hints = [(lane, organisation, newest[organisation]) for lane, organisation, _ in connected]
        if hints:
            with self._store.cursor() as cursor:
                contact_reading.hint(cursor, hints)


def _newest(events: Sequence[WebhookEvent]) -> dict[str, datetime]:
    """By organisation, when a contact of it changed last; what names no time is taken as new."""
    newest: dict[str, datetime] = {}
    for event in events:
        if event.event_category.upper() == "CONTACT" and event.tenant_id:
            at = event.happened_at or _LATE
            organisation = event.tenant_id.lower()
            newest[organisation] = max(at, newest.get(organisation, at))
    return newest


_LATE: Final = datetime(9999, 1, 1, tzinfo=UTC)
