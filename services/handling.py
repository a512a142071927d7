"""How a use case is carried out: load, decide, append; if another writer was first, load and decide again."""

from collections.abc import Callable
from typing import Final, TypeVar
from uuid import UUID

from adapters.event_store.store import NOTHING, EventStore, Evolve
from adapters.event_store.writes import Writes
from domain.event import Actor, Event, Moment
from domain.refusals import ConcurrentChange

S = TypeVar("S")
TRIES: Final = 5


class Handling:
    """Carries out decisions on one aggregate at a time."""

    def __init__(self, store: EventStore, new_id: Callable[[], UUID]) -> None:
        self._store, self._new_id = store, new_id

    def moment(self, actor: Actor) -> Moment:
        """The circumstances of a decision made now by `actor`. Raises OnlyACopy: there, nothing is to be decided."""
        self._store.must_be_the_original()
        return Moment(now=self._store.now(), actor=actor, correlation_id=self._new_id(), new_id=self._new_id)

    def carry_out(
        self,
        stream_id: UUID,
        evolve: Evolve[S],
        decide: Callable[[S | None, Moment], list[Event]],
        actor: Actor,
        writes: Writes = NOTHING,
    ) -> list[Event]:
        """Append what `decide` decides of the present state; returns the events, none if there was nothing to do.

        `writes` goes into the same transaction, and nowhere if nothing was decided.
        """
        for attempt in range(TRIES):
            events = decide(self._store.load(stream_id, evolve), self.moment(actor))
            if not events:
                return []
            try:
                self._store.append(events, writes)
            except ConcurrentChange:
                if attempt == TRIES - 1:
                    raise
            else:
                return events
        return []
