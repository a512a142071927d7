"""Use case: Kyrios voids an invoice. What was not yet sent is withdrawn, what is in Xero is voided there."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from adapters.event_store import outbox
from adapters.event_store.store import EventStore, Transaction
from domain import connection as connections
from domain import invoice as invoices
from domain import invoice_change
from domain.event import Actor, Event, Moment
from domain.refusals import ConcurrentChange, NotPossible
from domain.streams import connection_id, invoice_stream
from services.handling import TRIES, Handling

ON_THE_WIRE: Final = ("LEASED", "AMBIGUOUS")


class VoidIssuedInvoice:
    """Voids an invoice in one transaction with its entries: none that was not yet sent is sent after it."""

    def __init__(self, store: EventStore, handling: Handling, ring: Callable[[UUID], None]) -> None:
        self._store, self._handling, self._ring = store, handling, ring

    def __call__(self, account_id: str, kyrios_invoice_id: str, actor: Actor) -> bool:
        """False if it was voided already; refused if there is no such invoice."""
        for _ in range(TRIES):
            try:
                with self._store.begin() as tx:
                    events = self._decide(tx, account_id, kyrios_invoice_id, self._handling.moment(actor))
            except IntegrityError:
                continue
            if events:
                self._ring(connection_id(account_id))
            return bool(events)
        raise ConcurrentChange(f"invoice {kyrios_invoice_id} kept changing; repeat the command")

    def _decide(self, tx: Transaction, account_id: str, kyrios_invoice_id: str, at: Moment) -> list[Event]:
        stream, lane = invoice_stream(account_id, kyrios_invoice_id), connection_id(account_id)
        live = outbox.lock_of_stream(tx.cursor, stream)
        state = tx.load([stream], invoices.evolve).get(stream)
        if state is None:
            raise NotPossible(f"account {account_id} has no invoice {kyrios_invoice_id}")
        connection = tx.load([lane], connections.evolve).get(lane)
        organisation = connection.organisation_id if connection else None
        awaits = next((entry["effect_key"] for entry in live if entry["state"] in ON_THE_WIRE), "")
        events = invoice_change.void(state, at, awaits=awaits, organisation_id=organisation)
        if events:
            outbox.withdraw(tx.cursor, [e["id"] for e in live if e["effect_key"] != awaits], "voided")
            tx.append(events)
        return events
