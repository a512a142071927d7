"""What one kind of delivery must know: how to read its aggregates, render, send, read an answer, search, and decide.

A subject is the aggregate an entry is about with everything its rendering needs. `causes`, `render`, `read` and the
decisions are pure; `subjects` reads in the claim's transaction; `send` and `search` are the only calls to the network.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable
from uuid import UUID

import msgspec

from adapters.event_store.store import Transaction
from adapters.xero.answers import RateHeaders
from adapters.xero.session import XeroSession
from domain.causes import Cause
from domain.connection import Connection
from domain.event import Event, Moment

Fence = Callable[[], object]
S = TypeVar("S")


class Saved(msgspec.Struct, frozen=True):
    """Xero holds it, and it is ours and equal; `what` is Xero's answer for it."""

    what: Any


class Refused(msgspec.Struct, frozen=True):
    """Xero refused it for good, or holds something of that name that is not ours (`conflict`)."""

    cause: Cause
    words: tuple[str, ...] = ()
    conflict: bool = False


class Unclear(msgspec.Struct, frozen=True, kw_only=True):
    """It may be there: Xero must be searched, `after` so many seconds.

    `group` keeps the halves of a request that was refused whole apart when they are sent again; `refused_alone` says
    that it was the only one in such a request, so that sending it again would be refused again, with `words`;
    `refused_once` that it was, that Xero did not say why, and that it is to be sent once more, alone.
    """

    after: float = 0.0
    group: UUID | None = None
    refused_alone: bool = False
    refused_once: bool = False
    words: tuple[str, ...] = ()


class Unsearched(msgspec.Struct, frozen=True, kw_only=True):
    """The search that was to tell whether it is there did not: it is made again by the retry policy.

    `spoiled` says that what was searched for may be the reason, `alone` that nothing else can be: nothing else was
    searched for, or Xero told about the others. `group` keeps the halves of a spoiled search apart.
    """

    spoiled: bool
    alone: bool
    group: UUID | None = None


class Absent(msgspec.Struct, frozen=True):
    """Xero was searched and does not hold it."""


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """It surely had no effect and is to be sent again, `after` seconds or by the retry policy.

    `counts` says whether an attempt is used up: waiting for Xero's limits or for our own permission uses none. `group`
    keeps the halves of a request apart when they are sent again.
    """

    cause: str
    counts: bool
    after: float | None = None
    group: UUID | None = None


Outcome = Saved | Refused | Unclear | Unsearched | Absent | Withheld


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A complete answer: one outcome per entry in the order sent, and what the answer said of limits.

    `status` is 0 where it turned out that nothing had to be asked.
    """

    outcomes: tuple[Outcome, ...]
    status: int
    correlation_id: str
    rates: RateHeaders


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of the bytes sent for one entry: their hash, and the facts its event needs."""

    delivery_id: UUID
    fragment_hash: str
    facts: dict[str, Any]


class DeliveryKind(Protocol[S]):
    """One kind of call to Xero: how many entries one request carries at most, and for how many one request searches.

    A call of the budget is one request, so a look-up is one, too: what Xero finds only one by one is searched that way.
    """

    most_entries: int
    most_searched: int
    largest_body: int

    @property
    def name(self) -> str:
        """What its entries are called."""

    def subjects(self, tx: Transaction, stream_ids: Sequence[UUID], connection: Connection) -> Mapping[UUID, S]:
        """Load what these entries are about, by stream."""

    def causes(self, subject: S, connection: Connection) -> list[Cause]:
        """What is in the way of sending it now."""

    def render(self, subject: S, connection: Connection) -> tuple[bytes, dict[str, Any]]:
        """The fragment of the request body for this subject, and the facts its event will need."""

    def body(self, fragments: Sequence[bytes]) -> bytes:
        """Fragments joined to a request body."""

    def send(
        self, session: XeroSession, body: bytes, key: UUID, subjects: Sequence[S], sent: Sequence[Sent], fence: Fence
    ) -> Answered:
        """Send, and read the answer into one outcome per subject; raises XeroError."""

    def search(self, session: XeroSession, subjects: Sequence[S], sent: Sequence[Sent], fence: Fence) -> Answered:
        """Search Xero by natural key; each outcome is Saved, Refused or Absent; raises XeroError."""

    def reload(self, tx: Transaction, subjects: Sequence[S]) -> list[S]:
        """The same subjects as they are now."""

    def blocked(self, subject: S, causes: Sequence[Cause], connection: Connection, at: Moment) -> list[Event]:
        """Preflight found causes."""

    def unclear(self, subject: S, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """A delivery got no clear answer."""

    def absent(self, subject: S, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """The search found nothing; it will be sent again."""

    def saved(
        self, subject: S, saved: Saved, sent: Sent, adopted: bool, organisation_id: str, at: Moment
    ) -> list[Event]:
        """Xero holds it."""

    def failed(
        self,
        subject: S,
        cause: Cause,
        attempts: int,
        delivery_id: UUID | None,
        answer_ref: UUID | None,
        organisation_id: str | None,
        at: Moment,
    ) -> list[Event]:
        """Xero refused it, or retries ended."""

    def place(self, subject: S) -> tuple[UUID, str]:
        """Stream and account of a subject."""


@runtime_checkable
class PreparingKind(Protocol):
    """A kind whose preflight finds out something that is to be recorded with the claim, whoever goes or waits."""

    def preparations(self, subjects: Sequence[Any], connection: Connection, at: Moment) -> list[Event]:
        """What was found out about these subjects, each fact once: contacts that fit, contacts that are wanted."""


@runtime_checkable
class LeavingKind(Protocol):
    """A kind that acts for a grant its connection no longer has: it passes a closed gate, and is no activity."""

    def as_it_was(self, subject: Any) -> Connection:
        """The connection with that grant."""


@runtime_checkable
class RecallingKind(Protocol):
    """A kind whose aggregate may have changed its content since it was sent, so that what was sent is recalled."""

    def recalled(self, subject: Any, sent: Sent) -> Any:
        """The subject with what the delivery's facts say of the content that was sent."""


@runtime_checkable
class DoubtingKind(Protocol):
    """A kind for which what a search found may be another aggregate's, as only the tables can tell."""

    def doubted(self, tx: Transaction, subjects: Sequence[Any], outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes of a search, with those refused that would be adopted twice."""
