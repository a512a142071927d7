"""Where accounts stand: the connection, what holds it back, and how many invoices are where. From the projections."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Engine

from domain.cause_words import CauseInWords, in_words
from domain.refusals import NotPossible
from domain.streams import connection_id
from projections import checkpoints, connection_status, counters, invoice_list
from projections.connection_status import NOT_CONNECTED, ConnectionRow, ConnectionState
from projections.counters import Counter
from projections.snapshot import snapshot
from services.contacts.import_standing import ContactImport
from services.mailing.reach import Reach
from services.proof import conservation
from services.proof.conservation import Conservation
from services.views.quiet_times import QuietTime
from services.views.row_in_words import Names, mentioned_by, nameless, row_in_words

NO_CONTACTS: Final[Mapping[UUID, ContactImport]] = MappingProxyType({})
NO_CLOCK: Final[Mapping[UUID, QuietTime]] = MappingProxyType({})


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """Number and total of an account's invoices in one currency and status; behind a closed gate queued is waiting."""

    status: str
    currency: str
    invoices: int
    total: Decimal


class AccountStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One account: its connection's state, the causes that close its gate, where its invoices and its contacts are.

    `expiring` is a connection all is well with, but for having been quiet for so long; `quiet` is its countdown.
    `mails` says whether anybody gets its mails; None if that was not asked. `organisation` is what the organisation
    calls itself, empty if that was never read. `words` are the state in a sentence or two.
    """

    account_id: str
    status: ConnectionState | Literal["expiring"]
    organisation_id: str | None
    gate_open: bool
    held_by: tuple[CauseInWords, ...]
    connected_at: datetime | None
    disconnected_at: datetime | None
    invoices: Conservation
    sums: tuple[Sum, ...]
    contacts: ContactImport | None = None
    quiet: QuietTime | None = None
    mails: Reach | None = None
    organisation: str = ""
    words: str = ""


class StatusAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts asked for; `as_of` is the position of the log they are as of, `head` where the log ends."""

    as_of: int
    head: int
    accounts: tuple[AccountStatus, ...]


def status_of(
    head: int,
    engine: Engine,
    account_id: str | None = None,
    contacts: Mapping[UUID, ContactImport] = NO_CONTACTS,
    quiet: Mapping[UUID, QuietTime] = NO_CLOCK,
    mails: Mapping[str, Reach] | None = None,
    names: Names = nameless,
) -> StatusAnswer:
    """The status of one account, or of all that are known. Raises NotPossible for an unknown account."""
    only = connection_id(account_id) if account_id is not None else None
    with snapshot(engine) as connection:
        rows = connection_status.load(connection, [only]) if only else connection_status.every(connection)
        counted = counters.by_connection(connection, only)
        known = {row.account_id for row in rows.values()}
        known |= {str(invoice_list.account_of(connection, lane)) for lane in counted.keys() - rows.keys()}
        position = checkpoints.position(connection)
    if account_id is not None and account_id not in known:
        raise NotPossible(f"there is no account {account_id}: no invoice and no connection of it is known")
    called = names([one for row in rows.values() for one in mentioned_by(row)])
    wanted = sorted(known) if account_id is None else [account_id]
    accounts = tuple(
        _with_clock(
            msgspec.structs.replace(
                _account(name, rows.get(connection_id(name)), counted, called),
                contacts=contacts.get(connection_id(name)),
                mails=None if mails is None else mails.get(name, Reach()),
            ),
            quiet.get(connection_id(name)),
        )
        for name in wanted
    )
    return StatusAnswer(as_of=position, head=head, accounts=accounts)


def _with_clock(account: AccountStatus, quiet: QuietTime | None) -> AccountStatus:
    expires = account.status == "active" and quiet is not None and quiet.expiring
    return msgspec.structs.replace(account, quiet=quiet, status="expiring" if expires else account.status)


def _account(
    account_id: str,
    row: ConnectionRow | None,
    counted: Mapping[UUID, Sequence[Counter]],
    names: Mapping[str, str],
) -> AccountStatus:
    lane = connection_id(account_id)
    held = row.causes if row else NOT_CONNECTED
    own = counted.get(lane, ())
    return AccountStatus(
        account_id=account_id,
        status=row.status if row else "not_connected",
        organisation_id=row.organisation_id if row else None,
        organisation=names.get(row.organisation_id or "", "") if row else "",
        words=row_in_words(row, names),
        gate_open=not held,
        held_by=in_words(held),
        connected_at=row.connected_at if row else None,
        disconnected_at=row.disconnected_at if row else None,
        invoices=conservation.from_counters(lane, account_id, own, gate_open=not held),
        sums=tuple(
            Sum(
                status="waiting" if counter.status == "queued" and held else counter.status,
                currency=counter.currency,
                invoices=counter.invoices,
                total=counter.total,
            )
            for counter in own
        ),
    )
