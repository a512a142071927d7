"""Use case: ask Xero for every invoice we made, month by month, and hold it against the projections.

Read-only on both sides: no event, no entry, GET alone. What is kept in memory are the invoices of one month. Calls wait
for their turn in the connection's budget, behind none of what is being sent.
"""

import datetime as dt
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID

from sqlalchemy import Engine

from adapters.event_store import identities
from adapters.event_store.store import EventStore
from adapters.xero.answers import XeroInvoice
from adapters.xero.calls import LOOK_UP_SIZE, look_ups
from adapters.xero.session import XeroSession
from domain import connection as connections
from domain.causes import words
from domain.connection import Connection
from domain.invoice_identity import in_xero, link
from domain.refusals import Fault, InvalidInput, NotPossible
from domain.streams import connection_id
from projections import checkpoints, connection_status, invoices_by_date
from projections.snapshot import snapshot
from services.completeness.month import Month
from services.completeness.report import MOST_DIFFERENCES, BooksReport, Difference, Kind, MonthSum, answered, span_of
from services.reads import Calls, Reads

PATIENCE: Final = 150.0
"""Seconds each call may wait for its turn: two of Xero's minutes and some."""
MOST_MONTHS: Final = 600

Progress = Callable[[str, int], None]
"""Told the month that is compared, and how many invoices Xero has shown so far."""


class Books:
    """Compares Kyrios's invoices with Xero's."""

    def __init__(
        self, store: EventStore, read: Engine, session_of: Callable[[Connection], XeroSession], reads: Reads
    ) -> None:
        self._store, self._read, self._session_of, self._reads = store, read, session_of, reads

    def __call__(
        self,
        account_id: str,
        first: dt.date | None = None,
        last: dt.date | None = None,
        progress: Progress = lambda month, shown: None,
    ) -> BooksReport:
        """Compare the months from that of `first` to that of `last`; without them, all that have an invoice.

        Raises NotPossible without a connection, InvalidInput for a range that is none, and any XeroError.
        """
        known = self._store.load(connection_id(account_id), connections.evolve)
        if known is None or known.grant_id is None or not known.organisation_id:
            why = f": {' '.join(words(cause) for cause in known.held_by)}" if known else ""
            raise NotPossible(f"account {account_id} is not connected to an organisation, so Xero cannot be asked{why}")
        starts, as_of = self._months(account_id, first, last)
        return _Comparison(self._store, self._read, self._session_of(known), self._reads, known, progress).run(
            starts, as_of
        )

    def _months(self, account_id: str, first: dt.date | None, last: dt.date | None) -> tuple[list[dt.date], int]:
        with snapshot(self._read) as connection:
            as_of = checkpoints.position(connection)
            known = invoices_by_date.first_and_last(connection, connection_id(account_id))
        if known is None:
            today = self._store.now().date()
            known = (first or last or today, last or first or today)
        start, end = first or min(known[0], last or known[0]), last or max(known[1], first or known[1])
        if start.replace(day=1) > end.replace(day=1):
            raise InvalidInput(Fault("/from", f"{start:%Y-%m} is after {end:%Y-%m}; a range begins before it ends"))
        starts = _starts(start, end)
        if len(starts) > MOST_MONTHS:
            raise InvalidInput(Fault("/from", f"at most {MOST_MONTHS} months are compared at once"))
        return starts, as_of


class _Comparison:
    """One run through the months."""

    def __init__(
        self,
        store: EventStore,
        read: Engine,
        session: XeroSession,
        reads: Reads,
        known: Connection,
        progress: Progress,
    ) -> None:
        self._store, self._read, self._session, self._reads = store, read, session, reads
        self._known, self._progress = known, progress
        self._lane = connection_id(known.account_id)
        self._sums: list[MonthSum] = []
        self._differences: list[Difference] = []
        self._found = Tally[Kind]()
        self._arrived: set[UUID] = set()
        self._shown = self._calls = 0

    def run(self, starts: list[dt.date], as_of: int) -> BooksReport:
        with self._reads.one_by_one(self._lane, "invoices", PATIENCE) as calls:
            for start in starts:
                self._month(start, calls)
        return answered(
            self._known.account_id,
            as_of,
            span_of(starts[0], starts[-1]),
            self._sums,
            dict(self._found),
            self._differences,
            self._calls,
        )

    def _month(self, start: dt.date, calls: Calls) -> None:
        with snapshot(self._read) as connection:
            held = connection_status.held_by(connection, self._lane)
            dated = invoices_by_date.dated(connection, self._lane, start, _next(start))
            month = Month(start, dated, held, self._arrived)
        for page in self._asked(start, month, calls):
            self._shown += len(page)
            self._progress(month.name, self._shown)
            self._see(month, page)
        self._sums += month.sums()
        for difference in month.differences():
            self._found[difference.kind] += 1
            if len(self._differences) < MOST_DIFFERENCES:
                self._differences.append(difference)

    def _asked(self, start: dt.date, month: Month, calls: Calls) -> Iterator[tuple[XeroInvoice, ...]]:
        """The month's pages, and then by their ids those that were on none."""

        def before_send() -> None:
            calls.begin()
            self._calls += 1

        self._progress(month.name, self._shown)
        session = self._session.heard_by(calls.hear)
        for page in session.our_invoices(start, _next(start), before_send=before_send):
            calls.end()
            yield page
        for portion in look_ups(month.unseen(), LOOK_UP_SIZE):
            found = session.get_invoices(portion, before_send=before_send).elements
            calls.end()
            yield found

    def _see(self, month: Month, page: tuple[XeroInvoice, ...]) -> None:
        others = []
        for element in page:
            if month.knows(element.invoice_id):
                month.see(element)
            elif element.type == "ACCREC":
                others.append(element)
        if not others:
            return
        names = [(self._known.account_id, name) for element in others for name in _names(element)]
        with self._store.cursor() as cursor:
            owners = identities.find(cursor, names)
        with snapshot(self._read) as connection:
            rows = invoices_by_date.of_any_date(connection, owners.values())
        for element in others:
            by_id, by_link = ((self._known.account_id, name) for name in _names(element))
            owner = owners.get(by_id) or owners.get(by_link)
            if owner is None or owner in rows:  # Else it is newer than what is compared.
                month.see_other(element, rows.get(owner) if owner else None, by_id=by_id in owners)


def _names(element: XeroInvoice) -> tuple[str, str]:
    return in_xero(element.invoice_id), link(element.url)


def _starts(first: dt.date, last: dt.date) -> list[dt.date]:
    starts = [first.replace(day=1)]
    while (following := _next(starts[-1])) <= last and len(starts) <= MOST_MONTHS:
        starts.append(following)
    return starts


def _next(start: dt.date) -> dt.date:
    return dt.date(start.year + start.month // 12, start.month % 12 + 1, 1)
