"""Use cases of people and the backend: let Xero contacts stand for Kyrios contacts, part them, move a link.

Events hold ids only. What waits for a contact goes by itself once its link is there.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from adapters.event_store import outbox
from adapters.event_store.outbox import LiveEntry
from adapters.event_store.store import EventStore, Transaction
from domain import connection as connections
from domain import contact_link
from domain.contact_link import ContactLink
from domain.event import Actor, Event, Moment
from domain.refusals import ConcurrentChange, NotPossible
from domain.streams import connection_id, contact_link_stream
from services.handling import TRIES, Handling

IN_FLIGHT: Final = frozenset({"LEASED", "AMBIGUOUS"})

Links = Mapping[str, ContactLink | None]


class ContactLinks:
    """Links contacts of one account."""

    def __init__(self, store: EventStore, handling: Handling) -> None:
        self._store, self._handling = store, handling

    def link(self, account_id: str, links: Mapping[str, str], actor: Actor) -> int:
        """Link Kyrios contact ids to Xero ContactIDs; returns how many links are new."""
        organisation_id = self._organisation(account_id)

        def decide(present: Links, at: Moment) -> list[Event]:
            return [
                event
                for kyrios, xero in links.items()
                for event in contact_link.link(
                    present[kyrios], account_id, kyrios, xero.lower(), "person", organisation_id, at
                )
            ]

        return len(self._carry_out(account_id, list(links), decide, actor))

    def unlink(self, account_id: str, kyrios_contact_id: str, actor: Actor) -> bool:
        """Cut a link; the two are not matched again by themselves. False if there was none."""
        events = self._carry_out(
            account_id,
            [kyrios_contact_id],
            lambda present, at: contact_link.unlink(present[kyrios_contact_id], at),
            actor,
        )
        return bool(events)

    def move(self, account_id: str, kyrios_contact_id: str, into: str, actor: Actor) -> str:
        """Kyrios merged a contact into another: the link goes with it. Returns the Xero contact that now stands."""
        moved = self._carry_out(
            account_id,
            [kyrios_contact_id, into],
            lambda present, at: contact_link.move(
                present[kyrios_contact_id], present[into], kyrios_contact_id, into, at
            ),
            actor,
        )
        return next(e.xero_contact_id for e in moved if isinstance(e, contact_link.ContactUnlinked))

    def _carry_out(
        self,
        account_id: str,
        contact_ids: Sequence[str],
        decide: Callable[[Links, Moment], list[Event]],
        actor: Actor,
    ) -> list[Event]:
        for _ in range(TRIES):
            at = self._handling.moment(actor)
            try:
                with self._store.begin() as tx:
                    return self._decide(tx, account_id, contact_ids, decide, at)
            except IntegrityError:
                continue
        raise ConcurrentChange("the contact's link kept changing; repeat the command")

    def _decide(
        self,
        tx: Transaction,
        account_id: str,
        contact_ids: Sequence[str],
        decide: Callable[[Links, Moment], list[Event]],
        at: Moment,
    ) -> list[Event]:
        streams = {contact_link_stream(account_id, contact_id): contact_id for contact_id in contact_ids}
        live = outbox.lock_live(tx.cursor, list(streams))
        known = tx.load(list(streams), contact_link.evolve)
        events = decide({contact_id: known.get(stream) for stream, contact_id in streams.items()}, at)
        touched = {event.originator_id for event in events}
        _withdraw(tx, [entry for entry in live if entry.stream_id in touched], streams)
        if events:
            tx.append(events)
        return events

    def _organisation(self, account_id: str) -> str:
        connection = self._store.load(connection_id(account_id), connections.evolve)
        if connection is None or connection.organisation_id is None:
            raise NotPossible("no organisation is chosen yet; contacts are linked to one organisation's contacts")
        return connection.organisation_id


def _withdraw(tx: Transaction, live: Sequence[LiveEntry], streams: Mapping[UUID, str]) -> None:
    """A contact a person decides about is not created as well; one that is on the wire cannot be called back."""
    for entry in live:
        if entry.state in IN_FLIGHT:
            raise NotPossible(
                f"contact {streams[entry.stream_id]} is on its way to Xero; "
                "once that has ended, its link can be changed"
            )
    if live:
        outbox.withdraw(tx.cursor, [entry.id for entry in live], "contact_linked")
