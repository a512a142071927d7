"""Use case: a person asks for another try of an invoice."""

from collections.abc import Callable
from uuid import UUID

from adapters.event_store.store import EventStore
from domain import connection as connections
from domain import invoice as invoices
from domain.event import Actor, Event, Moment
from domain.invoice import Invoice
from domain.refusals import NotPossible
from domain.streams import connection_id, invoice_stream
from services.handling import Handling


class RetryInvoice:
    """Queues a failed or blocked invoice again; everything is checked afresh before it is sent."""

    def __init__(self, store: EventStore, handling: Handling, ring: Callable[[UUID], None]) -> None:
        self._store, self._handling, self._ring = store, handling, ring

    def __call__(self, account_id: str, kyrios_invoice_id: str, actor: Actor) -> bool:
        """False if it was queued already; refused with a reason if there is nothing to retry."""

        lane = connection_id(account_id)
        connection = self._store.load(lane, connections.evolve)
        organisation = connection.organisation_id if connection else None

        def decide(state: Invoice | None, at: Moment) -> list[Event]:
            if state is None:
                raise NotPossible(f"account {account_id} has no invoice {kyrios_invoice_id}")
            return invoices.retry(state, at, organisation_id=organisation)

        stream = invoice_stream(account_id, kyrios_invoice_id)
        events = self._handling.carry_out(stream, invoices.evolve, decide, actor)
        if events:
            self._ring(lane)
        return bool(events)
