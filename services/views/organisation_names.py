"""What organisations call themselves, as Xero last said; people know them by that, with Xero's id beside it."""

from collections.abc import Iterable

import msgspec
from psycopg import Cursor

from adapters import reference_data
from adapters.event_store import organisation_bindings
from adapters.event_store.organisation_bindings import Row
from adapters.event_store.store import EventStore
from adapters.xero.answers import Organisation
from domain.streams import connection_id


def organisation_names(store: EventStore, mentioned: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What organisations call themselves, by id, for accounts that mention them; those never read are left out.

    One that an account only picked may have been read for the account whose it is.
    """
    with store.cursor() as cursor:
        found = {organisation_id: _name(cursor, account, organisation_id) for account, organisation_id in mentioned}
    return {organisation_id: name for organisation_id, name in found.items() if name}


def _name(cursor: Cursor[Row], account_id: str, organisation_id: str) -> str:
    for account in (account_id, organisation_bindings.owner(cursor, organisation_id)):
        read = account and reference_data.last_said(cursor, connection_id(account), organisation_id, "organisation")
        if read:
            return msgspec.json.decode(read.said, type=Organisation).name
    return ""
