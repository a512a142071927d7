"""What a worker holds between claim and record: entries under one lease, what was sent for each, and the fence."""

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec

from adapters.event_store.lane_calls import Admission
from adapters.event_store.outbox import LeasedEntry
from adapters.event_store.writes import Closed, EndState, Reopened
from adapters.xero.answers import Answer
from adapters.xero.errors import NotSent, XeroError
from domain.budget import Taken
from domain.connection import Connection
from services.dispatch.kind import DeliveryKind, Sent

S = TypeVar("S")


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """The dispatcher's times in seconds. The lease outlasts the longest call; quiet is counted from its end.

    A1: Xero commits no later than `quiet` after we hung up. A2: a GET then sees it. A3: clocks run at a sane rate.
    """

    call: float
    lease: float
    quiet: float
    coalesce: float = 2.0


class FencePassed(Exception):
    """The lease is too old to begin a call under it; nothing was sent."""


class Stopping(Exception):
    """This process is about to end, so the call is not begun; nothing was sent."""


class Item(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """One entry of a work, its subject, and what was sent for it."""

    entry: LeasedEntry
    subject: S
    sent: Sent


class Work(msgspec.Struct, Generic[S], kw_only=True):
    """Entries of one kind that one worker holds under one lease: to send (`body` set) or to look up."""

    kind: DeliveryKind[S]
    connection: Connection
    connection_id: UUID
    delivery_id: UUID
    token: UUID
    items: list[Item[S]]
    admission: Admission
    began: float
    body: bytes | None = None
    leaving: bool = False
    """Whether its kind acts for a grant the connection no longer has."""
    reached_xero: bool = False
    """Whether any request of it may have been counted by Xero."""

    @property
    def probe(self) -> UUID | None:
        """What goes ahead for all lanes, if this does."""
        return self.delivery_id if self.admission.for_all else None

    @property
    def unused(self) -> Taken | None:
        """What it took from the budget for nothing, if it never reached Xero."""
        return None if self.reached_xero else self.admission.taken

    def hear(self, said: Answer | XeroError) -> None:
        """What came of one request of it."""
        self.reached_xero |= not isinstance(said, NotSent)

    @property
    def sent_alone(self) -> bool:
        """Whether one entry was sent by itself: what comes of it is nobody else's doing."""
        return self.body is not None and len(self.items) == 1

    @property
    def held_as(self) -> Literal["LEASED", "AMBIGUOUS"]:
        """The state its entries are in while we hold them."""
        return "AMBIGUOUS" if self.body is None else "LEASED"

    def close(self, item: Item[S], state: EndState, cause: str = "") -> Closed:
        """End an entry, if the lease is still ours."""
        return Closed(entry_id=item.entry.id, token=self.token, was=self.held_as, state=state, cause=cause)

    def reopen(self, item: Item[S], state: Any, due_in: float = 0.0, **more: Any) -> Reopened:
        """Give an entry back, if the lease is still ours."""
        return Reopened(entry_id=item.entry.id, token=self.token, was=self.held_as, state=state, due_in=due_in, **more)


def fence(
    began: float, timing: Timing, stopping: threading.Event, monotonic: Callable[[], float] = time.monotonic
) -> Callable[[], None]:
    """A check to be made right before the wire: a call begun now must end within the lease, and with this process."""

    def check() -> None:
        if stopping.is_set():
            raise Stopping
        if monotonic() >= began + timing.lease - timing.call:
            raise FencePassed

    return check
