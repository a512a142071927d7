"""Which invoices are meant: named ones, or all that fit a cause, dates, or having failed; portion by portion."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Engine

from adapters.event_store.store import EventStore
from domain import invoice as invoices
from domain.causes import CATALOGUE
from domain.refusals import Fault, InvalidInput
from domain.streams import connection_id, invoice_stream
from projections import fitting_invoices, invoice_list
from services.actions.action import Action

AT_ONCE: Final = 500
FAILURES: Final = tuple(kind.code for kind in CATALOGUE.values() if kind.standing == "failed")
_ON_NO_INVOICE: Final = frozenset(
    kind.code for kind in CATALOGUE.values() if kind.standing in ("gate", "queued") or kind.code == "outcome_unknown"
) - {"organisation_changed"}


class Named(msgspec.Struct, frozen=True):
    """These, each by its Kyrios id or its number."""

    names: tuple[str, ...]


class Fitting(msgspec.Struct, frozen=True, kw_only=True):
    """All that have the cause, are dated within the range (both ends are in it), and failed if `failed`."""

    cause: str | None = None
    earliest: dt.date | None = None
    latest: dt.date | None = None
    failed: bool = False


class Chosen(NamedTuple):
    """One invoice that is meant: as it was asked for, and its stream; None, and why, if there is no such invoice."""

    asked: str
    stream: UUID | None
    why: str = ""


class Choosing:
    """Finds what is meant."""

    def __init__(self, store: EventStore, read: Engine) -> None:
        self._store, self._read = store, read

    def portions(self, account_id: str, choice: Named | Fitting, action: Action) -> Iterator[list[Chosen]]:
        """What is chosen, in the order it was named or accepted, at most AT_ONCE at a time. Raises InvalidInput."""
        if isinstance(choice, Named):
            names = list(dict.fromkeys(choice.names))
            parts = (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE))
            return (self.named(account_id, part) for part in parts)
        if faults := _faults(choice):
            raise InvalidInput(*faults)
        return self._fitting(account_id, choice, action)

    def named(self, account_id: str, names: Sequence[str]) -> list[Chosen]:
        """The invoices with these ids or numbers."""
        by_id = {name: invoice_stream(account_id, name) for name in names}
        there = self._store.load_many(list(by_id.values()), invoices.evolve)
        unknown = [name for name in names if by_id[name] not in there]
        by_number = self._by_number(account_id, unknown) if unknown else {}
        return [Chosen(name, by_id[name]) if by_id[name] in there else by_number[name] for name in names]

    def _by_number(self, account_id: str, numbers: Sequence[str]) -> dict[str, Chosen]:
        with self._read.connect() as connection:
            found = {
                number: invoice_list.by_number(connection, connection_id(account_id), number) for number in numbers
            }
        return {number: _only(account_id, number, ids) for number, ids in found.items()}

    def _fitting(self, account_id: str, choice: Fitting, action: Action) -> Iterator[list[Chosen]]:
        by_cause = choice.cause is not None or choice.failed
        codes = (choice.cause,) if choice.cause else FAILURES if choice.failed else ()
        after = 0
        while True:
            with self._read.connect() as connection:
                found = fitting_invoices.fitting(
                    connection,
                    connection_id(account_id),
                    statuses=action.statuses_by_cause if by_cause else action.statuses,
                    causes=codes,
                    only_reviews=action.only_reviews,
                    earliest=choice.earliest,
                    latest=choice.latest,
                    after=after,
                    limit=AT_ONCE,
                )
            if not found:
                return
            yield [Chosen(invoice_id, stream) for _, stream, invoice_id in found]
            after = found[-1][0]


def _only(account_id: str, number: str, ids: Sequence[str]) -> Chosen:
    if len(ids) == 1:
        return Chosen(number, invoice_stream(account_id, ids[0]))
    if ids:
        return Chosen(number, None, f"account {account_id} has several invoices numbered {number}: {', '.join(ids)}")
    return Chosen(number, None, f"account {account_id} has no invoice with the id or the number {number}")


def _faults(choice: Fitting) -> list[Fault]:
    faults = []
    if choice.cause is not None and choice.cause not in CATALOGUE:
        faults.append(Fault("/cause", f"there is no cause {choice.cause!r}; there are: {', '.join(CATALOGUE)}"))
    if choice.cause in _ON_NO_INVOICE:
        faults.append(
            Fault("/cause", f"{choice.cause} is written on no invoice; what waits for that goes by itself once it ends")
        )
    if choice.earliest and choice.latest and choice.earliest > choice.latest:
        faults.append(Fault("/from", f"{choice.earliest} is after {choice.latest}; a range begins before it ends"))
    return faults
