"""Use case: list an account's invoices, filtered by status and cause, page by page. From the projections."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast, get_args

import msgspec
from sqlalchemy import Engine

from domain.cause_words import CauseInWords
from domain.causes import CATALOGUE
from domain.explain import Explanation
from domain.invoice import Status
from domain.refusals import Fault, InvalidInput, NotPossible
from domain.streams import connection_id
from projections import checkpoints, invoice_list
from projections.invoice_list import Listed, ListedInvoice
from projections.snapshot import snapshot

STATUSES: Final = (*get_args(Status), "waiting")
MOST_AT_ONCE: Final = 1_000
_CURSOR: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_OF_LANES: Final = frozenset(kind.code for kind in CATALOGUE.values() if kind.standing == "queued")


Explain = Callable[[str, Sequence[str]], Mapping[str, Explanation]]
"""Explains invoices of an account, named by their Kyrios ids."""


class InvoiceInList(msgspec.Struct, frozen=True, kw_only=True):
    """One invoice, and in words why it is where it is: the answer `show` gives, as of the moment of the reading.

    `says` tells how it stands, `why` what is in its way or to be looked at, `next_step` what happens next.
    """

    invoice: ListedInvoice
    says: str
    why: tuple[CauseInWords, ...]
    next_step: str


class InvoiceListing(msgspec.Struct, frozen=True, kw_only=True):
    """A page, the last accepted first; `next_cursor` continues it, `as_of` is the position of the log."""

    account_id: str
    as_of: int
    invoices: tuple[InvoiceInList, ...]
    next_cursor: str | None


def list_invoices(
    engine: Engine,
    explain: Explain,
    account_id: str,
    *,
    status: str | None = None,
    cause: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> InvoiceListing:
    """List invoices. Raises InvalidInput for a filter that means nothing, NotPossible for an unknown account."""
    if faults := _faults(status, cause, after, limit):
        raise InvalidInput(*faults)
    with snapshot(engine) as connection:
        page = invoice_list.invoices_of(
            connection,
            connection_id(account_id),
            status=cast(Listed | None, status),
            cause=cause,
            after=int(after) if after else None,
            limit=limit,
        )
        if not page.invoices and not invoice_list.is_known(connection, connection_id(account_id)):
            raise NotPossible(f"there is no account {account_id}: no invoice and no connection of it is known")
        as_of = checkpoints.position(connection)
    answers = explain(account_id, [one.kyrios_invoice_id for one in page.invoices])
    shown = tuple(_shown(one, answers[one.kyrios_invoice_id]) for one in page.invoices)
    return InvoiceListing(account_id=account_id, as_of=as_of, invoices=shown, next_cursor=page.next_cursor)


def _shown(one: ListedInvoice, answer: Explanation) -> InvoiceInList:
    return InvoiceInList(invoice=one, says=answer.sentence, why=answer.causes, next_step=answer.next_step)


def _faults(status: str | None, cause: str | None, after: str | None, limit: int) -> list[Fault]:
    faults = []
    if status is not None and status not in STATUSES:
        faults.append(Fault("/status", f"there is no status {status!r}; there are: {', '.join(STATUSES)}"))
    if cause is not None and cause not in CATALOGUE:
        faults.append(Fault("/cause", f"there is no cause {cause!r}; there are: {', '.join(CATALOGUE)}"))
    if cause in _OF_LANES:
        faults.append(Fault("/cause", f"{cause} slows a whole connection and is written on no invoice"))
    if after is not None and not _CURSOR.fullmatch(after):
        faults.append(Fault("/after", "a cursor is the text a page before ended with"))
    if not 1 <= limit <= MOST_AT_ONCE:
        faults.append(Fault("/limit", f"from 1 to {MOST_AT_ONCE}"))
    return faults
