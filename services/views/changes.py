"""Use case: read what changed of an account's invoices and its connection, from a cursor on. From the projections.

The contract. A cursor is a position of the log. Each invoice, and the connection, stands here once, at the position of
its last event, in the state it has since; several events between two readings show as the last one. A reader that keeps
the cursor it got misses no state that lasts, and meets nothing smaller later, for the projections are folded in the
order of the log. Rebuilding them changes no cursor. What is shown may be as it was before: not every event changes it.

An invoice shows its own state. While the gate of the connection is closed, the last change of the connection says so
and why; invoices that are `queued` then wait for that, and none of them changes when the gate opens.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import msgspec
from sqlalchemy import Engine

from domain.cause_words import CauseInWords, in_words
from domain.causes import CATALOGUE, UNSAID
from domain.invoice import Status
from domain.refusals import Fault, InvalidInput, NotPossible
from domain.state_words import invoice_words
from domain.streams import connection_id
from projections import changes, checkpoints, invoice_list
from projections.connection_status import ConnectionRow, ConnectionState
from projections.invoice_status import InvoiceRow, causes_of
from projections.snapshot import snapshot
from services.views.row_in_words import Names, mentioned_by, nameless, row_in_words

MOST_AT_ONCE: Final = 1_000
XeroSaid = Callable[[str, Sequence[str]], Mapping[str, str]]
"""Tells Xero's own words about invoices of an account, both by their Kyrios ids."""
_CURSOR: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


class InvoiceChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="of", tag="invoice"):
    """An invoice as it is since `cursor`. `causes` say why it is not in Xero, `reviews` what is wrong with it there."""

    cursor: str
    kyrios_invoice_id: str
    number: str
    date: date
    currency: str
    total: Decimal
    state: Status
    words: str
    causes: tuple[CauseInWords, ...]
    reviews: tuple[CauseInWords, ...]
    xero_invoice_id: str | None
    changed_at: datetime


class ConnectionChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="of", tag="connection"):
    """The connection as it is since `cursor`; `causes` are what closes its gate."""

    cursor: str
    state: ConnectionState
    words: str
    causes: tuple[CauseInWords, ...]
    gate_open: bool
    organisation_id: str | None
    disconnected_for: str | None
    changed_at: datetime


class ChangePage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the changes. `next_cursor` is where to go on; `more` if there is something there already.

    `as_of` is the position of the log up to which changes are seen; what is newer comes with a later reading.
    """

    account_id: str
    as_of: int
    changes: tuple[InvoiceChange | ConnectionChange, ...]
    next_cursor: str
    more: bool


def changes_of(
    engine: Engine,
    head: int,
    account_id: str,
    after: str = "0",
    limit: int = 100,
    xero_said: XeroSaid = lambda account_id, invoices: {},
    names: Names = nameless,
) -> ChangePage:
    """What changed behind the cursor `after`; `head` is where the log ends, which no cursor can be beyond.

    `xero_said` tells Xero's own words about invoices that need them; without it, they are left out of the sentences.
    `names` tells what organisations call themselves; without it, they go by their ids.
    """
    if faults := _faults(after, limit, head):
        raise InvalidInput(*faults)
    lane = connection_id(account_id)
    with snapshot(engine) as connection:
        rows = changes.changed_after(connection, lane, int(after), limit + 1)
        if not rows and not invoice_list.is_known(connection, lane):
            raise NotPossible(f"there is no account {account_id}: no invoice and no connection of it is known")
        as_of = checkpoints.position(connection)
    shown = rows[:limit]
    quoted = [row.kyrios_invoice_id for row in shown if isinstance(row, InvoiceRow) and _quotes_xero(row)]
    said = xero_said(account_id, quoted) if quoted else {}
    return ChangePage(
        account_id=account_id,
        as_of=as_of,
        changes=tuple(_invoice(row, said) if isinstance(row, InvoiceRow) else _connection(row, names) for row in shown),
        next_cursor=str(shown[-1].changed_at_position) if shown else after,
        more=len(rows) > limit,
    )


def _faults(after: str, limit: int, head: int) -> list[Fault]:
    faults = []
    if not _CURSOR.fullmatch(after):
        faults.append(Fault("/after", "a cursor is the text a page before ended with, or 0 for all there is"))
    elif int(after) > head:
        faults.append(Fault("/after", f"the log ends at {head}, so this cursor is of another log; read anew from 0"))
    if not 1 <= limit <= MOST_AT_ONCE:
        faults.append(Fault("/limit", f"from 1 to {MOST_AT_ONCE}"))
    return faults


def _quotes_xero(row: InvoiceRow) -> bool:
    return any(
        "{message}" in CATALOGUE[cause.code].words for cause in (*causes_of(row.causes), *causes_of(row.reviews))
    )


def _invoice(row: InvoiceRow, xero_said: Mapping[str, str]) -> InvoiceChange:
    causes, reviews = causes_of(row.causes), causes_of(row.reviews)
    said = xero_said.get(row.kyrios_invoice_id, UNSAID)
    in_xero = row.xero_invoice_id is not None
    return InvoiceChange(
        cursor=str(row.changed_at_position),
        kyrios_invoice_id=row.kyrios_invoice_id,
        number=row.number,
        date=row.date,
        currency=row.currency,
        total=row.total,
        state=row.status,
        words=invoice_words(
            row.status, row.number, row.currency, in_xero=in_xero, causes=causes, reviews=reviews, xero_said=said
        ),
        causes=in_words(causes, said),
        reviews=in_words(reviews, said),
        xero_invoice_id=row.xero_invoice_id,
        changed_at=row.changed_at,
    )


def _connection(row: ConnectionRow, names: Names) -> ConnectionChange:
    return ConnectionChange(
        cursor=str(row.changed_at_position),
        state=row.status,
        words=row_in_words(row, names(mentioned_by(row))),
        causes=in_words(row.causes),
        gate_open=not row.causes,
        organisation_id=row.organisation_id,
        disconnected_for=row.disconnected_for,
        changed_at=row.changed_at,
    )
