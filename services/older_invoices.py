"""Use case: invoices from before the start of syncing are shown, released by their date, or left out.

Each portion is a transaction of its own, in the order the invoices were accepted; what was done is not done again, so
after a death the same command does the rest.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import Engine

from adapters.event_store import outbox
from adapters.event_store.store import EventStore
from adapters.xero.calls import BATCH_SIZE
from domain import connection as connections
from domain import invoice as invoices
from domain.account_settings import payments_are_recorded
from domain.budget import Budget
from domain.connection import Connection
from domain.event import Actor
from domain.finishing import Pile, seconds_for
from domain.invoice import Invoice
from domain.older_invoice import is_held, let_go, waits_for_more
from domain.refusals import ConcurrentChange, Fault, InvalidInput, NotPossible
from domain.streams import connection_id
from projections.invoices_by_date import not_gone
from services.actions.choice import AT_ONCE
from services.actions.leaving_out import LeaveOut
from services.actions.perform import Actions
from services.handling import TRIES, Handling

Progress = Callable[[int], None]
"""Told how many are done so far."""
_DAY: Final = dt.timedelta(days=1)


class CurrencySum(msgspec.Struct, frozen=True, kw_only=True):
    """Number and total of invoices in one currency."""

    currency: str
    invoices: int
    total: Decimal


class OlderPreview(msgspec.Struct, frozen=True, kw_only=True):
    """The older invoices of a range that wait: how many, their sums, their first and last date.

    `also_held` of them wait for something else, too, and go once that is fixed.
    `calls` is what sending the others takes, together with what is queued before them (`ahead`), and `seconds` how long
    that lasts within Xero's limit; `finished_at` is then, or None while the gate is closed and nobody can tell. If
    there are no others, releasing them sends nothing: 0 calls, 0 seconds, None.
    """

    sync_from: dt.date
    invoices: int
    also_held: int
    payments: int
    sums: tuple[CurrencySum, ...]
    earliest: dt.date | None
    latest: dt.date | None
    ahead: int
    calls: int
    seconds: float
    finished_at: dt.datetime | None

    @property
    def go(self) -> int:
        """How many of them go to Xero once they are released."""
        return self.invoices - self.also_held


class OlderInvoices:
    """Shows, releases and leaves out what is dated before the start of syncing."""

    def __init__(
        self,
        store: EventStore,
        read: Engine,
        handling: Handling,
        actions: Actions,
        ring: Callable[[UUID], None],
        budget: Budget,
    ) -> None:
        self._store, self._read, self._handling = store, read, handling
        self._actions, self._ring, self._budget = actions, ring, budget

    def preview(self, account_id: str, earliest: dt.date | None = None, latest: dt.date | None = None) -> OlderPreview:
        """What releasing this range would send, and when that would be finished. Nothing is changed."""
        known, start, until = self._range(account_id, earliest, latest)
        found = _Tally()
        for portion in self._held(known, start, earliest, until):
            for state in portion.values():
                found.add(state, with_payments=payments_are_recorded(known.settings))
        with self._store.cursor() as cursor:
            queued = outbox.count_live(cursor, connection_id(account_id))
        payments = queued.pop("create_payment", 0)
        ahead = Pile(invoices=sum(queued.values()) - found.in_queue, payments=payments, at_once=BATCH_SIZE)
        mine = Pile(invoices=found.invoices - found.also_held, payments=found.payments_that_go, at_once=BATCH_SIZE)
        calls = ahead.calls + mine.calls if mine.invoices else 0
        seconds = seconds_for(calls, burst=self._budget.burst, per_minute=self._budget.per_minute)
        return OlderPreview(
            sync_from=start,
            invoices=found.invoices,
            also_held=found.also_held,
            payments=found.payments,
            sums=found.sums,
            earliest=found.earliest,
            latest=found.latest,
            ahead=ahead.invoices + ahead.payments,
            calls=calls,
            seconds=seconds,
            finished_at=self._store.now() + dt.timedelta(seconds=seconds) if known.gate_open and calls else None,
        )

    def stopped_by(self, account_id: str, start: dt.date) -> int:
        """How many invoices that wait for nothing else would wait as older ones if syncing began on `start`."""
        known = self._store.load(connection_id(account_id), connections.evolve)
        if known is None or known.sync_from is None or start <= known.sync_from:
            return 0
        would = self._held(known, start, known.sync_from, start - _DAY)
        return sum(not waits_for_more(state) for portion in would for state in portion.values())

    def release(
        self,
        account_id: str,
        actor: Actor,
        earliest: dt.date | None = None,
        latest: dt.date | None = None,
        progress: Progress = lambda _: None,
    ) -> int:
        """Let the older invoices of this range go; returns how many went. Each is checked afresh before it is sent."""
        known, start, until = self._range(account_id, earliest, latest)
        released = 0
        for portion in self._held(known, start, earliest, until):
            released += self._release(list(portion), known, start, actor)
            progress(released)
            self._ring(connection_id(account_id))
        return released

    def leave_out(
        self,
        account_id: str,
        actor: Actor,
        reason: str,
        earliest: dt.date | None = None,
        latest: dt.date | None = None,
        progress: Progress = lambda _: None,
    ) -> int:
        """Leave the older invoices of this range out, for a reason that is kept; returns how many were left out."""
        known, start, until = self._range(account_id, earliest, latest)
        left_out, action = 0, LeaveOut(reason)
        for portion in self._held(known, start, earliest, until):
            left_out += self._actions.on_streams(account_id, list(portion), action, actor).how_many("done")
            progress(left_out)
        return left_out

    def _range(
        self, account_id: str, earliest: dt.date | None, latest: dt.date | None
    ) -> tuple[Connection, dt.date, dt.date]:
        known = self._store.load(connection_id(account_id), connections.evolve)
        if known is None or known.sync_from is None:
            raise NotPossible(f"account {account_id} was never connected to Xero; connect it first")
        if earliest and latest and earliest > latest:
            raise InvalidInput(Fault("/from", f"{earliest} is after {latest}; a range begins before it ends"))
        last_older = known.sync_from - _DAY
        return known, known.sync_from, latest or last_older

    def _held(
        self, known: Connection, start: dt.date, earliest: dt.date | None, until: dt.date
    ) -> Iterator[dict[UUID, Invoice]]:
        """Portions of the invoices that are held, in the order they were accepted."""
        lane, after = connection_id(known.account_id), 0
        while True:
            with self._read.connect() as connection:
                found = not_gone(connection, lane, earliest=earliest, latest=until, after=after, limit=AT_ONCE)
            if not found:
                return
            streams = [stream for _, stream in found]
            states = self._store.load_many(streams, invoices.evolve)
            held = {stream: states[stream] for stream in streams if is_held(states[stream], start)}
            if held:
                yield held
            after = found[-1][0]

    def _release(self, streams: list[UUID], known: Connection, start: dt.date, actor: Actor) -> int:
        for _ in range(TRIES):
            at = self._handling.moment(actor)
            states = self._store.load_many(streams, invoices.evolve)
            events = [e for stream in streams for e in let_go(states[stream], start, known.organisation_id, at)]
            try:
                if events:
                    self._store.append(events)
            except ConcurrentChange:
                continue
            return len(events)
        raise ConcurrentChange(f"invoices of account {known.account_id} kept changing; repeat the command")


class _Tally:
    """Adds up invoices one by one; `in_queue` are those that have an entry in the queue already.

    `also_held` are those that wait for something else beside their date; their payments are not among those that go.
    """

    def __init__(self) -> None:
        self.invoices = self.payments = self.payments_that_go = self.in_queue = self.also_held = 0
        self.earliest: dt.date | None = None
        self.latest: dt.date | None = None
        self._sums = dict[str, tuple[int, Decimal]]()

    def add(self, state: Invoice, *, with_payments: bool) -> None:
        document = state.document
        number, total = self._sums.get(document.currency, (0, Decimal(0)))
        self._sums[document.currency] = (number + 1, total + document.totals.total)
        self.invoices += 1
        self.in_queue += bool(state.live)
        also_held = waits_for_more(state)
        payments = len(document.payments) if with_payments else 0
        self.also_held += also_held
        self.payments += payments
        self.payments_that_go += 0 if also_held else payments
        self.earliest = min(self.earliest or document.date, document.date)
        self.latest = max(self.latest or document.date, document.date)

    @property
    def sums(self) -> tuple[CurrencySum, ...]:
        return tuple(
            CurrencySum(currency=currency, invoices=number, total=total)
            for currency, (number, total) in sorted(self._sums.items())
        )
