"""What customers are called: for mails about invoices that wait for somebody to say who they are in Xero.

Names come out of the sealed places for one mail, which is kept sealed itself, and beside an invoice of theirs: whoever
erases a customer erases the mails that list it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from adapters.event_store import sealed_texts
from adapters.event_store.store import EventStore
from adapters.vault.account_keys import AccountKeys, Erased, open_or_erased
from domain.document import KyriosContact
from domain.foreign_text import one_line


class Customers:
    """Names the customers of an account."""

    def __init__(self, store: EventStore, keys: AccountKeys) -> None:
        self._store, self._keys = store, keys

    def __call__(self, account_id: str, contact_ids: Sequence[str]) -> Mapping[str, str]:
        """Each of them as a mail names it: by name and Kyrios id, or by its id alone if no name is kept."""
        with self._store.cursor() as cursor:
            sealed = sealed_texts.contacts(cursor, account_id, contact_ids)
        key = self._keys.find(account_id) if sealed else None
        opened = {
            contact_id: open_or_erased(key, "kyrios_contact", contact_id, revision, text)
            for contact_id, (revision, text) in sealed.items()
        }
        names = {
            contact_id: one_line(msgspec.json.decode(text, type=KyriosContact).name)
            for contact_id, text in opened.items()
            if not isinstance(text, Erased)
        }
        return {one: f"{names[one]} ({one})" if names.get(one) else one for one in contact_ids}
