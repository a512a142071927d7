"""Use case: a person leaves invoices out. What was not yet sent is withdrawn; the reason is kept, sealed."""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from adapters.event_store import outbox
from adapters.event_store.store import EventStore, Transaction
from adapters.event_store.writes import SealedAnswer
from adapters.vault.account_keys import AccountKeys
from domain import connection as connections
from domain import invoice as invoices
from domain.event import Actor, Event
from domain.leaving_out import dismiss
from domain.refusals import ConcurrentChange, NotPossible
from domain.streams import connection_id
from services.handling import TRIES, Handling
from services.reasons import SealedReasons, checked_reason
from services.void_invoice import ON_THE_WIRE

MOST_AT_ONCE: Final = 200


class DismissInvoices:
    """Leaves invoices out, each transaction with their entries: none that was not yet sent is sent after it."""

    def __init__(self, store: EventStore, keys: AccountKeys, handling: Handling, new_id: Callable[[], UUID]) -> None:
        self._store, self._handling, self._reasons = store, handling, SealedReasons(keys, new_id)

    def __call__(self, account_id: str, streams: Sequence[UUID], reason: str, actor: Actor) -> int:
        """How many are left out now that were not before; all of them, or none if one cannot be.

        Raises InvalidInput for a reason that says nothing, NotPossible for an invoice that is not there, is in Xero, or
        is on its way. At most MOST_AT_ONCE.
        """
        kept = self._reasons.seal(account_id, connection_id(account_id), checked_reason(reason))
        assert len(streams) <= MOST_AT_ONCE, "one transaction does not grow without bound"
        for _ in range(TRIES):
            try:
                with self._store.begin() as tx:
                    return len(self._leave_out(tx, account_id, streams, kept, actor))
            except IntegrityError:
                continue
        raise ConcurrentChange(f"invoices of account {account_id} kept changing; repeat the command")

    def _leave_out(
        self, tx: Transaction, account_id: str, streams: Sequence[UUID], kept: SealedAnswer, actor: Actor
    ) -> list[Event]:
        live = outbox.lock_live(tx.cursor, streams)
        states = tx.load(streams, invoices.evolve)
        lane = connection_id(account_id)
        connection = tx.load([lane], connections.evolve).get(lane)
        at = self._handling.moment(actor)
        events: list[Event] = []
        for stream in streams:
            if stream not in states:
                raise NotPossible(f"account {account_id} has no such invoice")
            state = states[stream]
            if any(one == stream and where in ON_THE_WIRE for _, one, where in live):
                raise NotPossible(f"invoice {state.kyrios_invoice_id} is on its way to Xero; look again in a minute")
            organisation = connection.organisation_id if connection else None
            events += dismiss(state, at, reason_ref=kept.answer_id, organisation_id=organisation)
        if events:
            gone = {event.originator_id for event in events}
            outbox.withdraw(tx.cursor, [entry for entry, one, _ in live if one in gone], "dismissed")
            tx.append(events, self._reasons.writes([kept]))
        return events
