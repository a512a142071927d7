"""One month of both books, compared: what Kyrios has of it, what Xero showed of that, what follows. Pure."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from adapters.xero.answers import XeroInvoice
from domain.cause_words import in_words
from domain.causes import Cause
from domain.money import Money
from domain.state_words import invoice_words
from projections.invoice_status import NONE, InvoiceRow, causes_of
from services.completeness.report import NOT_TO_BE_THERE, Counted, Difference, Kind, MonthSum

_FALLEN: Final = ("VOIDED", "DELETED")
"""Xero's states of invoices that do not stand any more."""


class Month:
    """The invoices of Kyrios dated in one month, and what was seen of each in Xero."""

    def __init__(self, first: dt.date, rows: Iterable[InvoiceRow], held: tuple[Cause, ...], arrived: set[UUID]) -> None:
        """`held` is what holds the whole connection back.

        `arrived` are those of all months that were seen though Kyrios does not know it yet: a further one is too much.
        """
        self.name = f"{first:%Y-%m}"
        self._rows = {row.stream_id: row for row in rows}
        self._held, self._arrived = held, arrived
        self._streams = {_id(row.xero_invoice_id): row.stream_id for row in self._rows.values() if row.xero_invoice_id}
        self._seen: dict[UUID, XeroInvoice] = {}
        self._strange: dict[str, Difference] = {}

    def knows(self, xero_invoice_id: str) -> bool:
        """Whether an invoice of this month is this one in Xero."""
        return _id(xero_invoice_id) in self._streams

    def see(self, element: XeroInvoice) -> None:
        """Xero showed an invoice that is known here by its id."""
        self._seen[self._streams[_id(element.invoice_id)]] = element

    def see_other(self, element: XeroInvoice, owner: InvoiceRow | None, *, by_id: bool) -> None:
        """Xero showed one that this month does not know by its id.

        `owner` is whose id it is (`by_id`), or else whose link it bears, of whatever date; None if it is nobody's.
        """
        if by_id:
            return
        if owner is None:
            self._strange_one(element, "unknown_here", None)
        elif owner.xero_invoice_id is not None or (_stands(element) and owner.stream_id in self._arrived):
            self._strange_one(element, "twice", owner)
        elif _stands(element) or owner.stream_id not in self._seen:
            # It arrived without an answer, perhaps before it was given another date; Xero is searched for it.
            self._seen[owner.stream_id] = element
            self._arrived |= {owner.stream_id} if _stands(element) else set()

    def unseen(self) -> list[str]:
        """The ids in Xero of invoices that should be there and were not shown."""
        return [xero_id for xero_id, stream in self._streams.items() if stream not in self._seen]

    def differences(self) -> Iterator[Difference]:
        """What is not in Xero as it is in Kyrios, in the order it was accepted; last, what Kyrios does not know."""
        for row in sorted(self._rows.values(), key=lambda row: row.accepted_at_position):
            judged = _judge(row, self._seen.get(row.stream_id), self._held)
            if judged is not None:
                yield self._difference(row, *judged)
        yield from self._strange.values()

    def sums(self) -> list[MonthSum]:
        """Both sides, by currency."""
        return [self._sum(currency) for currency in sorted({row.currency for row in self._rows.values()})]

    def _sum(self, currency: str) -> MonthSum:
        accepted = expected = in_xero = Counted()
        by_status: dict[str, Counted] = {}
        for row in self._rows.values():
            if row.currency != currency:
                continue
            accepted = accepted.plus(row.total)
            by_status[row.status] = by_status.get(row.status, Counted()).plus(row.total)
            if row.status in NOT_TO_BE_THERE:
                continue
            expected = expected.plus(row.total)
            seen = self._seen.get(row.stream_id)
            if seen is not None and _stands(seen) and seen.totals is not None:
                in_xero = in_xero.plus(seen.totals.total)
        return MonthSum(
            month=self.name,
            currency=currency,
            accepted=accepted,
            by_status=by_status,
            expected=expected,
            in_xero=in_xero,
        )

    def _difference(self, row: InvoiceRow, kind: Kind, says: str) -> Difference:
        causes = (*causes_of(row.causes), *causes_of(row.reviews), *_behind_gate(row, self._held))
        return Difference(
            kind=kind,
            month=self.name,
            kyrios_invoice_id=row.kyrios_invoice_id,
            number=row.number,
            currency=row.currency,
            total=row.total,
            status=row.status,
            causes=tuple(dict.fromkeys(cause.code for cause in causes)),
            xero_invoice_id=row.xero_invoice_id,
            says=says,
        )

    def _strange_one(self, element: XeroInvoice, kind: Kind, row: InvoiceRow | None) -> None:
        if not _stands(element):
            return
        known = "It bears a link of Kyrios, but Kyrios's invoice is another one in Xero."
        says = known if kind == "twice" else "We made it, but nothing here knows of it."
        self._strange[_id(element.invoice_id)] = Difference(
            kind=kind,
            month=self.name,
            kyrios_invoice_id=row.kyrios_invoice_id if row else None,
            number=element.number,
            currency=element.currency,
            total=element.totals.total if element.totals else None,
            status=row.status if row else None,
            causes=(),
            xero_invoice_id=element.invoice_id,
            says=f"{says} Look at it in Xero, and void the one that is too much.",
        )


def _judge(row: InvoiceRow, seen: XeroInvoice | None, held: tuple[Cause, ...]) -> tuple[Kind, str] | None:
    stands = seen is not None and _stands(seen)
    if row.status in NOT_TO_BE_THERE:
        return ("still_stands", f"It still stands in Xero. {_own_words(row)}") if stands else None
    if seen is None:
        if row.xero_invoice_id is None:
            return "not_in_xero", _waiting_words(row, held)
        return "gone_in_xero", "It was sent, but Xero does not show it any more."
    if not stands:
        return "gone_in_xero", f"It was sent, and somebody made it {seen.status.lower()} in Xero."
    if other := _otherwise(row, seen):
        known = f" {_own_words(row)}" if row.causes != NONE or row.reviews != NONE else ""
        return "differs", f"In Xero {other}.{known}"
    if row.status in ("blocked", "failed") and row.xero_invoice_id is None:
        return "differs", f"It is in Xero, though Kyrios says: {_own_words(row)}"
    return None


def _otherwise(row: InvoiceRow, seen: XeroInvoice) -> str:
    """What Xero shows otherwise; what was paid there is no difference."""
    shown = []
    if seen.currency != row.currency:
        shown.append(f"its currency is {seen.currency}")
    if seen.totals is None or seen.totals.total != row.total:
        there = "unreadable" if seen.totals is None else Money(seen.totals.total, seen.currency)
        shown.append(f"its total is {there} instead of {Money(row.total, row.currency)}")
    if seen.date != row.date:
        shown.append(f"its date is {seen.date} instead of {row.date}")
    if seen.number != row.number:
        shown.append(f"its number is {seen.number}")
    return " and ".join(shown)


def _waiting_words(row: InvoiceRow, held: tuple[Cause, ...]) -> str:
    gate = _behind_gate(row, held)
    return " ".join(["Waiting:", *(one.words for one in in_words(gate))]) if gate else _own_words(row)


def _own_words(row: InvoiceRow) -> str:
    return invoice_words(
        row.status,
        row.number,
        row.currency,
        in_xero=row.xero_invoice_id is not None,
        causes=causes_of(row.causes),
        reviews=causes_of(row.reviews),
    )


def _behind_gate(row: InvoiceRow, held: tuple[Cause, ...]) -> tuple[Cause, ...]:
    return held if row.status == "queued" else ()


def _stands(seen: XeroInvoice) -> bool:
    return seen.status.upper() not in _FALLEN


def _id(xero_invoice_id: str | None) -> str:
    return (xero_invoice_id or "").lower()
