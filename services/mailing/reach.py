"""Whether anybody gets an account's mails at all: how many addresses do, and how many were refused for good."""

from typing import Any
from uuid import UUID

import msgspec
from psycopg import Cursor

from adapters.event_store import mails, recipients
from adapters.event_store.store import EventStore


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How many addresses get an account's mails, and how many do not, as their mail server refused them for good."""

    addresses: int = 0
    refused: int = 0


def reach_of(store: EventStore) -> dict[str, Reach]:
    """The reach of every account that ever told anybody it still knows; all others reach nobody."""
    with store.cursor() as cursor:
        rows = recipients.counted(cursor)
    return {row["account_id"]: Reach(addresses=row["addresses"], refused=row["refused"]) for row in rows}


def reached(cursor: Cursor[dict[str, Any]], recipient_id: UUID) -> None:
    """A mail server took a mail to this recipient: if it was refused before, what could not be told since is told."""
    if recipients.accept(cursor, recipient_id):
        mails.open_again(cursor, recipient_id, refused=True)
