"""Use case: let Xero contacts stand for Kyrios contacts."""

from collections.abc import Mapping

from adapters.event_store.store import EventStore
from domain import connection as connections
from domain import contact_link
from domain.event import Actor, Event
from domain.refusals import ConcurrentChange, NotPossible
from domain.streams import connection_id, contact_link_stream
from services.handling import TRIES, Handling


class ContactLinks:
    """Links contacts of one account."""

    def __init__(self, store: EventStore, handling: Handling) -> None:
        self._store, self._handling = store, handling

    def link(self, account_id: str, links: Mapping[str, str], actor: Actor) -> int:
        """Link Kyrios contact ids to Xero ContactIDs; returns how many links are new."""
        for attempt in range(TRIES):
            events = self._decide(account_id, links, actor)
            try:
                if events:
                    self._store.append(events)
            except ConcurrentChange:
                if attempt == TRIES - 1:
                    raise
            else:
                return len(events)
        return 0

    def _decide(self, account_id: str, links: Mapping[str, str], actor: Actor) -> list[Event]:
        connection = self._store.load(connection_id(account_id), connections.evolve)
        if connection is None or connection.organisation_id is None:
            raise NotPossible("no organisation is chosen yet; contacts are linked to one organisation's contacts")
        streams = {contact_link_stream(account_id, kyrios): (kyrios, xero) for kyrios, xero in links.items()}
        present = self._store.load_many(list(streams), contact_link.evolve)
        at, organisation_id = self._handling.moment(actor), connection.organisation_id
        return [
            event
            for stream, (kyrios, xero) in streams.items()
            for event in contact_link.link(present.get(stream), account_id, kyrios, xero, "person", organisation_id, at)
        ]
