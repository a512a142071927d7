"""What every event carries, and how a decision turns facts into events.

Events are frozen, closed under `domain.topics`, and hold nothing personal or secret: ids, amounts, codes, dates,
hashes.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec

Role = Literal["backend", "owner", "support", "auditor", "admin", "engine"]


class Actor(msgspec.Struct, frozen=True):
    """Who caused an event: a role and an opaque id within it."""

    role: Role
    id: str = ""

    def __str__(self) -> str:
        return f"{self.role} {self.id}".rstrip()


ENGINE = Actor("engine")


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all events. `occurred_at` is UTC; `organisation_id` is set from OrganisationSelected on."""

    originator_id: UUID
    originator_version: int
    event_id: UUID
    occurred_at: datetime
    correlation_id: UUID
    causation_id: UUID | None = None
    actor: Actor
    account_id: str
    organisation_id: str | None = None


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """The circumstances of one decision: when, who, why, and where new ids come from."""

    now: datetime
    actor: Actor
    correlation_id: UUID
    new_id: Callable[[], UUID]
    causation_id: UUID | None = None


S = TypeVar("S")
Evolve = Callable[[S | None, Any], S]


class Decision(Generic[S]):
    """Collects the events of one decision and keeps the state they lead to, so that later ones build on it."""

    def __init__(
        self, stream: UUID, account_id: str, state: S | None, version: int, evolve: Evolve[S], at: Moment
    ) -> None:
        self.state = state
        self.events: list[Event] = []
        self._stream, self._account_id, self._version = stream, account_id, version
        self._evolve, self._at = evolve, at

    def add(self, event_type: type[Event], *, organisation_id: str | None = None, **facts: Any) -> None:
        """Append one event of `event_type` that states `facts`."""
        self._version += 1
        event = event_type(
            originator_id=self._stream,
            originator_version=self._version,
            event_id=self._at.new_id(),
            occurred_at=self._at.now,
            correlation_id=self._at.correlation_id,
            causation_id=self._at.causation_id,
            actor=self._at.actor,
            account_id=self._account_id,
            organisation_id=organisation_id,
            **facts,
        )
        self.state = self._evolve(self.state, event)
        self.events.append(event)
