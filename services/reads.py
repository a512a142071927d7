"""Reads beside the queue take their calls from the lane like everything else: counted, in flight, within the budget.

A read is a delivery of purpose `read` for as long as it runs: a reader that dies gives its place back with its lease.
What its answer says of Xero's limits is kept with its end, as that of every other call.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from adapters.event_store import deliveries, lane_calls, lanes
from adapters.event_store.lane_calls import Admission, Held
from adapters.event_store.store import EventStore
from adapters.event_store.writes import Heard
from adapters.xero.answers import Answer
from adapters.xero.errors import LimitKind, NotSent, RateLimited, Resting, XeroError
from domain.budget import RATE_LIMITED, RATE_LIMITED_DAILY, Budget, Use
from domain.retry import rest_after_limit
from services.dispatch.all_lanes import AllLanes

Row = dict[str, Any]
PATIENCE: Final = 5.0
"""Seconds a person who asks waits for a call to become free."""
_LOOK_EVERY: Final = 0.1


class OutOfBudget(Exception):
    """The lane has no call to spare just now; nothing was sent. `seconds` until it may have one, None if unknown."""

    def __init__(self, seconds: float | None, cause: str) -> None:
        super().__init__(cause)
        self.seconds, self.cause = seconds, cause


class Read:
    """One call that only reads: its place in the lane's order, and what it was answered."""

    def __init__(self, read_id: UUID, admission: Admission) -> None:
        self.read_id, self.connection_id = read_id, admission.connection_id
        self.call, self.in_flight, self.taken = admission.call, admission.in_flight, admission.taken
        self.books = admission.books
        self.said: Answer | XeroError | None = None
        self.reached_xero = False

    def hear(self, said: Answer | XeroError) -> None:
        """Xero's answer, good or bad."""
        self.said = said
        self.reached_xero |= not isinstance(said, NotSent)


class Reads:
    """Begins and ends calls that only read."""

    def __init__(
        self,
        store: EventStore,
        budget: Budget,
        all_lanes: AllLanes,
        lease: float,
        new_id: Callable[[], UUID],
        ring: Callable[[UUID], object],
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store, self._budget, self._all_lanes, self._lease = store, budget, all_lanes, lease
        self._new_id, self._ring, self._wait = new_id, ring, wait

    def begin(self, cursor: Cursor[Row], connection_id: UUID, what: str, use: Use = "routine") -> Read:
        """Take one call, in the caller's transaction. Raises OutOfBudget."""
        admission = lane_calls.admit(cursor, connection_id, self._budget, use, whatever_gate=True)
        if isinstance(admission, Held):
            raise OutOfBudget(admission.look_again, admission.cause)
        if admission.for_all and use != "asked":
            raise OutOfBudget(None, "xero_unavailable")
        lane_calls.take(cursor, admission, self._budget)
        read = Read(self._new_id(), admission)
        deliveries.open_read(cursor, read.read_id, connection_id, what, self._lease)
        return read

    def end(self, read: Read) -> None:
        """The call is over, however it went: its lane and all lanes hear it, and what waited for its place goes on."""
        with self._store.cursor() as cursor:
            if read.said is not None:
                self._keep(cursor, read, read.said)
            deliveries.end_read(cursor, read.read_id)
            waiting = lanes.has_due(cursor, read.connection_id)
        if isinstance(read.said, XeroError):
            self._all_lanes.failed(read.connection_id, None, read.said, "none")
        elif read.said is not None:
            self._all_lanes.answered(None, read.said.rates.app_left)
        if waiting:
            self._ring(read.connection_id)

    def _keep(self, cursor: Cursor[Row], read: Read, said: Answer | XeroError) -> None:
        """Keep what an answer says of limits; at the limit of the whole app this lane does not rest by itself."""
        limited = said if isinstance(said, RateLimited) else None
        own = limited if limited is not None and limited.kind != "app" else None
        rates = said.rates
        lane_calls.heard(
            cursor,
            Heard(
                connection_id=read.connection_id,
                books=read.books,
                call=read.call,
                in_flight=read.in_flight,
                min_left=rates.min_left,
                day_left=rates.day_left,
                silent=isinstance(said, Answer) and rates.min_left is None and rates.day_left is None,
                window=self._budget.window,
                pause=rest_after_limit(own.kind, own.retry_after) if own else None,
                pause_for=_cause(own) if own else None,
                limit=limited.kind if limited else None,
                returned=None if read.reached_xero else read.taken,
            ),
        )

    @contextmanager
    def one_by_one(self, connection_id: UUID, what: str, patience: float = 0.0) -> Iterator["Calls"]:
        """Calls that follow one another, the last of which is over with the block at the latest.

        With `patience` each waits so many seconds for its turn and then raises RateLimited, or Resting if it is Xero
        that is let rest; without it OutOfBudget.
        """
        calls = Calls(self, self._store, connection_id, what, patience)
        try:
            yield calls
        finally:
            calls.end()

    @contextmanager
    def asked(self, connection_id: UUID, what: str) -> Iterator[Read]:
        """One call that a person asks for and waits for a moment; raises RateLimited if there is none to be had."""
        read = self.begin_patiently(connection_id, what, "asked", PATIENCE)
        try:
            yield read
        except NotSent as error:
            # Without a token nobody hears anything: Xero was not asked.
            if read.said is None:
                read.hear(error)
            raise
        finally:
            self.end(read)

    def begin_patiently(self, connection_id: UUID, what: str, use: Use, patience: float) -> Read:
        """Take one call, within so many seconds; raises RateLimited, or Resting, if there is none to be had.

        Raises OnlyACopy: no lane ever comes to one, so there is nothing to wait for.
        """
        self._store.must_be_the_original()
        waited = 0.0
        while True:
            try:
                with self._store.cursor() as cursor:
                    return self.begin(cursor, connection_id, what, use)
            except OutOfBudget as none:
                soon = none.seconds is None or waited + none.seconds <= patience
                if not soon or waited >= patience:
                    raise _refusal(none) from None
                wait = min(none.seconds or _LOOK_EVERY, patience - waited) or _LOOK_EVERY
                self._wait(wait)
                waited += wait


class Calls:
    """Reads that follow one another: at most one of them is in flight."""

    def __init__(self, reads: Reads, store: EventStore, connection_id: UUID, what: str, patience: float) -> None:
        self._reads, self._store, self._connection_id, self._what = reads, store, connection_id, what
        self._patience = patience
        self._running: Read | None = None

    def begin(self) -> None:
        """The next one begins, right before it is sent. Raises OutOfBudget, or RateLimited after waiting for it."""
        self.end()
        if self._patience:
            self._running = self._reads.begin_patiently(self._connection_id, self._what, "routine", self._patience)
            return
        with self._store.cursor() as cursor:
            self._running = self._reads.begin(cursor, self._connection_id, self._what)

    def end(self) -> None:
        """The one that was running is over."""
        if self._running is not None:
            ended, self._running = self._running, None
            self._reads.end(ended)

    def hear(self, said: Answer | XeroError) -> None:
        """What Xero answered to the one that is running."""
        if self._running is not None:
            self._running.hear(said)


_LIMITS: Final[dict[str, LimitKind]] = {RATE_LIMITED: "minute", RATE_LIMITED_DAILY: "day", "": "concurrent"}
"""The limit a lane keeps, by the cause it names; none where all its places are taken."""


def _refusal(none: OutOfBudget) -> XeroError:
    """That no call is to be had, and when there may be one."""
    limit = _LIMITS.get(none.cause)
    if limit is None:
        return Resting(none.cause, retry_after=none.seconds)
    return RateLimited(limit, retry_after=none.seconds, status=None)


def _cause(limited: RateLimited) -> str:
    return RATE_LIMITED_DAILY if limited.kind == "day" else RATE_LIMITED
