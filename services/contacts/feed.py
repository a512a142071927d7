"""Use case: read an account's feed of Xero contacts, from a cursor on.

The contract. Each contact stands in the feed once, under the number of its latest change; numbers only grow, and become
visible in their order. So a reader that keeps the last number it has dealt with misses no contact's latest state,
however far it lags; it may see a state twice if it forgets its cursor, never in another order. Contacts that were
archived or merged, or are to be erased, are shown as such and never leave the feed. Rows name their organisation: after
a fresh start with another one, rows of both are there.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from adapters import contact_directory, contact_feed
from adapters.contact_directory import FedEntry
from adapters.event_store.store import EventStore
from adapters.vault.account_keys import AccountKey, AccountKeys, Erased, open_or_erased
from domain import connection as connections
from domain.refusals import Fault, InvalidInput, NotPossible
from domain.streams import connection_id

MOST_AT_ONCE: Final = 10_000

ContactState = Literal["active", "archived", "merged", "to_be_erased", "other"]
_STATES: Final[dict[str, ContactState]] = {"ACTIVE": "active", "ARCHIVED": "archived", "GDPRREQUEST": "to_be_erased"}


class FedContact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as Xero shows it now. `changed_at` is Xero's time; `erased` if what it was called is gone for good.

    A merged contact names the one it was merged into; an invoice follows that by itself.
    """

    seq: int
    organisation_id: str
    xero_contact_id: str
    status: ContactState
    merged_to: str | None
    name: str
    email: str
    phone: str
    changed_at: datetime | None
    erased: bool


class FeedPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the feed. `next_cursor` is where to go on; `more` if there is something there already.

    `organisation_id` is the organisation the account is connected to now, None if none is chosen.
    """

    account_id: str
    organisation_id: str | None
    contacts: tuple[FedContact, ...]
    next_cursor: int
    more: bool


class ContactFeed:
    """Reads the feed of one account at a time."""

    def __init__(self, store: EventStore, keys: AccountKeys) -> None:
        self._store, self._keys = store, keys

    def __call__(self, account_id: str, after: int = 0, limit: int = 1_000) -> FeedPage:
        """What changed behind the cursor `after`. A cursor this feed never gave out is refused, never skipped over."""
        if not 1 <= limit <= MOST_AT_ONCE:
            raise InvalidInput(Fault("/limit", f"from 1 to {MOST_AT_ONCE}"))
        lane = connection_id(account_id)
        connection = self._store.load(lane, connections.evolve)
        if connection is None:
            raise NotPossible(f"there is no account {account_id}: no connection of it is known")
        with self._store.cursor() as cursor:
            last = contact_feed.last_number(cursor, lane)
            if not 0 <= after <= last:
                raise InvalidInput(Fault("/after", f"from 0 to {last}, where this feed ends; read it anew from 0"))
            rows = contact_directory.fed_after(cursor, lane, after, limit + 1)
        shown, key = rows[:limit], self._keys.find(account_id)
        return FeedPage(
            account_id=account_id,
            organisation_id=connection.organisation_id,
            contacts=tuple(_opened(key, account_id, row) for row in shown),
            next_cursor=shown[-1].feed_seq if shown else after,
            more=len(rows) > limit,
        )


def _opened(key: AccountKey | None, account_id: str, row: FedEntry) -> FedContact:
    place = contact_directory.place_of(connection_id(account_id), row.organisation_id, row.xero_contact_id)
    opened = open_or_erased(key, "contact_directory", place, row.revision, row.sealed)
    erased = isinstance(opened, Erased)
    name, email, phone = ("", "", "") if isinstance(opened, Erased) else msgspec.json.decode(opened, type=list[str])
    return FedContact(
        seq=row.feed_seq,
        organisation_id=row.organisation_id,
        xero_contact_id=row.xero_contact_id,
        status="merged" if row.merged_to else _STATES.get(row.status.upper(), "other"),
        merged_to=row.merged_to or None,
        name=name,
        email=email,
        phone=phone,
        changed_at=row.updated_at,
        erased=erased,
    )
