"""Use case: a person asks for another try of an invoice."""

from collections.abc import Callable
from uuid import UUID

from adapters.event_store.store import EventStore
from domain import connection as connections
from domain import contact_link, paying
from domain import invoice as invoices
from domain.contact_matching import CONTACT_CODES
from domain.event import Actor, Event, Moment
from domain.invoice import Invoice
from domain.refusals import NotPossible
from domain.streams import connection_id, contact_link_stream, invoice_stream
from services.handling import Handling


class RetryInvoice:
    """Queues a failed or blocked invoice again, or refused payments of a synced one; all is checked afresh."""

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
            if paying.only_payments_are_open(state):
                return paying.retry_payments(state, connection, at)
            return invoices.retry(state, at, organisation_id=organisation)

        stream = invoice_stream(account_id, kyrios_invoice_id)
        if organisation:
            self._want_its_contact_again(self._store.load(stream, invoices.evolve), organisation, actor)
        events = self._handling.carry_out(stream, invoices.evolve, decide, actor)
        if events:
            self._ring(lane)
        return bool(events)

    def _want_its_contact_again(self, state: Invoice | None, organisation: str, actor: Actor) -> None:
        """An invoice that waits because Xero refused its contact goes only if the contact is tried again, too."""
        if state is None or state.status != "blocked":
            return
        for contact_id in {cause.key for cause in state.causes if cause.code in CONTACT_CODES}:
            self._handling.carry_out(
                contact_link_stream(state.account_id, contact_id),
                contact_link.evolve,
                lambda link, at: contact_link.want_again(link, organisation, at),
                actor,
            )
