"""One page of Xero's contacts, kept: the mirror and the feed, in the transaction of whoever read it.

The feed shows contacts in use, and what becomes of those it has shown; what was archived before it was ever shown stays
out. A change is what the feed would show differently, so the same again is none. What a contact that was erased here is
called in Xero is never kept again.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from psycopg import Cursor

from adapters import contact_directory, contact_feed
from adapters.contact_directory import DirectoryEntry, KnownEntry
from adapters.vault.account_keys import AccountKey
from adapters.xero.answers import XeroContact
from services.contacts.standing import directory_hashes


class Changes(NamedTuple):
    """How many contacts a page brought: new ones in use, changed ones, and those no longer in use."""

    created: int
    updated: int
    archived: int


class ContactPage:
    """Keeps pages of one organisation's contacts."""

    def __init__(self, key: AccountKey, connection_id: UUID, organisation_id: str) -> None:
        self._key, self._place = key, (connection_id, organisation_id)

    def keep(self, cursor: Cursor[dict[str, Any]], page: Sequence[XeroContact]) -> Changes:
        """Keep what is new on this page; all of it is there, with its numbers, once the transaction commits."""
        contacts = {contact.contact_id: contact for contact in page if contact.contact_id}
        # The counter is held first, so that what is known cannot change before our numbers are given out.
        number = contact_feed.hold(cursor, self._place[0])
        known = contact_directory.known(cursor, *self._place, list(contacts))
        entries, kinds = [], []
        for contact_id, contact in sorted(contacts.items()):
            before = known.get(contact_id)
            contact = nameless(contact) if before and before.erased else contact
            fingerprint = fingerprint_of(self._key, contact)
            if before and _nothing_new(before, contact, fingerprint):
                continue
            changed = before is None or before.fingerprint != fingerprint
            shown = changed and (is_active(contact.status) or (before is not None and before.fed))
            number += shown
            entries.append(
                self._entry(contact, fingerprint, number if shown else None, erased=bool(before and before.erased))
            )
            kinds.append(_kind(before, contact) if changed else "")
        if entries:
            contact_directory.keep(cursor, *self._place, entries)
            contact_feed.give_out(cursor, self._place[0], number)
        return Changes(*(kinds.count(kind) for kind in Changes._fields))

    def _entry(self, contact: XeroContact, fingerprint: str, feed_seq: int | None, *, erased: bool) -> DirectoryEntry:
        """A contact as it is kept: what is personal sealed for its place, and found by hashes."""
        row_key, revision = contact_directory.place_of(*self._place, contact.contact_id), revision_of(contact)
        text = msgspec.json.encode([contact.name, contact.email, contact.phone])
        email, name, like_name = directory_hashes(self._key, contact.name, contact.email)
        return DirectoryEntry(
            xero_contact_id=contact.contact_id,
            status=contact.status,
            merged_to=contact.merged_to,
            contact_number=contact.contact_number,
            revision=revision,
            sealed=None if erased else self._key.seal("contact_directory", row_key, revision, text),
            fingerprint=fingerprint,
            email_hmac=email,
            name_hmac=name,
            like_name_hmac=like_name,
            updated_at=contact.updated_at,
            feed_seq=feed_seq,
        )


def fingerprint_of(key: AccountKey, contact: XeroContact) -> str:
    """An HMAC of what the feed shows of a contact, but for when it changed."""
    shown = [contact.name, contact.email, contact.phone, contact.status.upper(), contact.merged_to]
    return key.hmac(b"contact in the feed\0" + msgspec.json.encode(shown))


def nameless(contact: XeroContact) -> XeroContact:
    """The contact without anything personal."""
    return msgspec.structs.replace(contact, name="", email="", phone="")


def revision_of(contact: XeroContact) -> int:
    """Xero's own time of change in microseconds; 0 where it names none."""
    return int(contact.updated_at.timestamp() * 1_000_000) if contact.updated_at else 0


def is_active(status: str) -> bool:
    """Whether a contact is in use, in Xero's word for it."""
    return status.upper() == "ACTIVE"


def _nothing_new(before: KnownEntry, contact: XeroContact, fingerprint: str) -> bool:
    """Whether this is what is kept already, or an older state of it."""
    same = before.fingerprint == fingerprint and before.contact_number == contact.contact_number
    return same or before.revision > revision_of(contact)


def _kind(before: KnownEntry | None, contact: XeroContact) -> str:
    if is_active(contact.status):
        return "created" if before is None else "updated"
    if before is None:
        return ""
    return "archived" if is_active(before.status) else "updated"
