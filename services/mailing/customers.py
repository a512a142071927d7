"""What customers are called: for mails about invoices that wait for somebody to say who they are in Xero.

Names come out of the sealed places for one mail, which is kept sealed itself, and beside an invoice of theirs: whoever
erases a customer erases the mails that list it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from adapters.event_store import sealed_texts
from adapters.event_store.store import EventStore
from adapters.vault.account_keys import AccountKey, AccountKeys, Erased, open_or_erased
from adapters.vault.errors import VaultError
from domain.document import KyriosContact
from domain.foreign_text import one_line


class Customers:
    """Names the customers of an account."""

    def __init__(self, store: EventStore, keys: AccountKeys) -> None:
        self._store, self._keys = store, keys

    def __call__(self, account_id: str, contact_ids: Sequence[str]) -> Mapping[str, str]:
        """Each of them as a mail names it: by name and Kyrios id, or by its id alone if no name can be read."""
        with self._store.cursor() as cursor:
            sealed = sealed_texts.contacts(cursor, account_id, contact_ids)
        key = self._keys.find(account_id) if sealed else None
        names = {one: _name(key, one, revision, text) for one, (revision, text) in sealed.items()}
        return {one: f"{names[one]} ({one})" if names.get(one) else one for one in contact_ids}


def _name(key: AccountKey | None, contact_id: str, revision: int, sealed: bytes | None) -> str:
    try:
        opened = open_or_erased(key, "kyrios_contact", contact_id, revision, sealed)
    except VaultError:
        return ""
    return "" if isinstance(opened, Erased) else one_line(msgspec.json.decode(opened, type=KyriosContact).name)
