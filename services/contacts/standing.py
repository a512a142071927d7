"""How Kyrios contacts stand in Xero: gathers what matching needs, in the transaction that acts upon the answer."""

import logging
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from adapters import contact_directory, contact_reading
from adapters.contact_directory import Found
from adapters.event_store import linked_contacts, sealed_texts
from adapters.event_store.store import Transaction
from adapters.vault.account_keys import AccountKey, AccountKeys, Erased, open_or_erased
from adapters.vault.errors import VaultError
from adapters.xero.contact_mapping import contact_number, render_contact
from domain import contact_link
from domain.account_settings import contacts_are_created
from domain.connection import Connection
from domain.contact_link import ContactLink
from domain.contact_matching import (
    ContactStanding,
    Directory,
    DirectoryContact,
    Sought,
    email_key,
    like_name_key,
    standing_of,
    tidy_name,
)
from domain.document import KyriosContact
from domain.event import Event, Moment
from domain.streams import connection_id, contact_link_stream

LOG: Final = logging.getLogger(__name__)
LONGEST_CHAIN: Final = 10
"""How many merges, in Kyrios or in Xero, are followed one after the other."""


class ContactPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A Kyrios contact where its merges end: its link, what Kyrios knows of it, and how it stands in Xero."""

    kyrios_contact_id: str
    link: ContactLink | None
    contact: KyriosContact | None
    standing: ContactStanding
    sought: Sought


class ContactStandings:
    """Answers for many contacts of one account at once, with a handful of statements."""

    def __init__(self, keys: AccountKeys) -> None:
        self._keys = keys

    def of(
        self,
        tx: Transaction,
        connection: Connection,
        contact_ids: Iterable[str],
        *,
        ignore_wish: bool = False,
        even_linked: bool = False,
    ) -> dict[str, ContactPlace]:
        """Where each of these contacts stands now.

        `ignore_wish`: as if nothing were on its way to be created; `even_linked`: look for who fits in any case.
        """
        gathering = _Gathering(tx, connection, self._keys.get(connection.account_id), ignore_wish, even_linked)
        return gathering.places(contact_ids)


class _Gathering:
    """One question about contacts of one account."""

    def __init__(
        self, tx: Transaction, connection: Connection, key: AccountKey, ignore_wish: bool, even_linked: bool
    ) -> None:
        self._tx, self._connection, self._key = tx, connection, key
        self._ignore_wish, self._even_linked = ignore_wish, even_linked
        self._account_id, self._lane = connection.account_id, connection_id(connection.account_id)
        self._organisation_id = connection.organisation_id or ""
        self._unreadable: set[str] = set()

    def places(self, contact_ids: Iterable[str]) -> dict[str, ContactPlace]:
        asked = list(dict.fromkeys(contact_ids))
        links = self._links(asked)
        ends = {contact_id: _end(contact_id, links) for contact_id in asked}
        distinct = list(dict.fromkeys(ends.values()))
        loose = [c for c in distinct if self._even_linked or not self._is_linked(links.get(c))]
        contacts = self._contacts(loose)
        sought = self._sought(distinct, links, contacts)
        directory = self._directory(sought.values(), to_be_matched=bool(loose))
        may_create = contacts_are_created(self._connection.settings)
        places = {
            contact_id: ContactPlace(
                kyrios_contact_id=contact_id,
                link=links.get(contact_id),
                contact=contacts.get(contact_id),
                standing=standing_of(one, directory, self._organisation_id, may_create=may_create),
                sought=one,
            )
            for contact_id, one in sought.items()
        }
        return {contact_id: places[end] for contact_id, end in ends.items()}

    def _links(self, contact_ids: Iterable[str]) -> dict[str, ContactLink]:
        """The links of these contacts, and of all they were merged into in Kyrios."""
        links: dict[str, ContactLink] = {}
        missing = list(contact_ids)
        for _ in range(LONGEST_CHAIN):
            if not missing:
                break
            streams = {contact_link_stream(self._account_id, contact_id): contact_id for contact_id in missing}
            found = self._tx.load(list(streams), contact_link.evolve)
            links |= {streams[stream]: self._as_asked(link) for stream, link in found.items()}
            missing = [link.moved_to for link in links.values() if link.moved_to and link.moved_to not in links]
        return links

    def _as_asked(self, link: ContactLink) -> ContactLink:
        return msgspec.structs.replace(link, wanted=False) if self._ignore_wish else link

    def _is_linked(self, link: ContactLink | None) -> bool:
        return bool(link and link.xero_contact_id and link.organisation_id == self._organisation_id)

    def _contacts(self, contact_ids: list[str]) -> dict[str, KyriosContact]:
        sealed = sealed_texts.contacts(self._tx.cursor, self._account_id, contact_ids) if contact_ids else {}
        opened = {contact_id: self._open(contact_id, revision, text) for contact_id, (revision, text) in sealed.items()}
        return {contact_id: contact for contact_id, contact in opened.items() if contact}

    def _open(self, contact_id: str, revision: int, sealed: bytes | None) -> KyriosContact | None:
        """What is kept of it, or None; that it cannot be opened harms its own invoices, and nobody else's."""
        try:
            opened = open_or_erased(self._key, "kyrios_contact", contact_id, revision, sealed)
        except VaultError:
            LOG.error("contact %s of account %s cannot be opened", contact_id, self._account_id)
            self._unreadable.add(contact_id)
            return None
        return None if isinstance(opened, Erased) else msgspec.json.decode(opened, type=KyriosContact)

    def _sought(
        self, contact_ids: list[str], links: Mapping[str, ContactLink], contacts: Mapping[str, KyriosContact]
    ) -> dict[str, Sought]:
        hashes = {contact_id: directory_hashes(self._key, c.name, c.email) for contact_id, c in contacts.items()}
        found = self._candidates(hashes.values())
        bearers = self._bearers(
            [f.xero_contact_id for f in found if f.name_hmac in {name for _, name, _ in hashes.values()}]
        )
        sought = {}
        for contact_id in contact_ids:
            link, contact = links.get(contact_id), contacts.get(contact_id)
            erased = bool(link and link.erased)
            email, name, like = (None, None, None) if erased else hashes.get(contact_id, (None, None, None))
            sought[contact_id] = Sought(
                kyrios_contact_id=contact_id,
                link=link,
                known=contact is not None and not erased,
                unreadable=contact_id in self._unreadable and not erased,
                by_email=tuple(f.xero_contact_id for f in found if email and f.email_hmac == email),
                by_name=tuple(f.xero_contact_id for f in found if name and f.name_hmac == name),
                by_like_name=tuple(f.xero_contact_id for f in found if like and f.like_name_hmac == like),
                of_others=tuple(
                    x for x, other in bearers if other.contact_id != contact_id and _unlike(contact, other)
                ),
                fragment_hash=self._key.hmac(fragment_of(self._account_id, contact)) if contact else "",
            )
        return sought

    def _bearers(self, xero_contact_ids: list[str]) -> list[tuple[str, KyriosContact]]:
        """Whom these Xero contacts stand for already, as far as that is kept."""
        if not xero_contact_ids:
            return []
        linked = linked_contacts.linked_to(self._tx.cursor, self._account_id, xero_contact_ids)
        contacts = self._contacts([kyrios_contact_id for kyrios_contact_id, _ in linked])
        return [(x, contacts[kyrios_contact_id]) for kyrios_contact_id, x in linked if kyrios_contact_id in contacts]

    def _candidates(self, hashes: Iterable[tuple[str | None, str | None, str | None]]) -> list[Found]:
        emails, names, like_names = set[str](), set[str](), set[str]()
        for email, name, like_name in hashes:
            emails |= {email} if email else set()
            names |= {name} if name else set()
            like_names |= {like_name} if like_name else set()
        if not names:
            return []
        return contact_directory.candidates(
            self._tx.cursor, self._lane, self._organisation_id, emails, names, like_names
        )

    def _directory(self, sought: Iterable[Sought], *, to_be_matched: bool) -> Directory:
        """All contacts in question and all they were merged into; when it was read matters only for a match."""
        contacts: dict[str, DirectoryContact] = {}
        missing = {contact_id for one in sought for contact_id in _in_question(one)}
        for _ in range(LONGEST_CHAIN):
            if not missing:
                break
            found = contact_directory.named(self._tx.cursor, self._lane, self._organisation_id, missing)
            contacts |= {f.xero_contact_id: DirectoryContact(f.xero_contact_id, f.status, f.merged_to) for f in found}
            asked = missing
            missing = {f.merged_to for f in found if f.merged_to} - contacts.keys() - asked
        read = contact_reading.read_since(self._tx.cursor, self._lane, self._organisation_id) if to_be_matched else None
        return Directory(contacts=contacts, read_since=read)


def directory_hashes(key: AccountKey, name: str, email: str) -> tuple[str | None, str | None, str | None]:
    """What an e-mail, an exact name and a name but for letter case are found by; None where there is no text."""
    return (
        _hash(key, "contact e-mail", email_key(email)),
        _hash(key, "contact name", tidy_name(name)),
        _hash(key, "contact name in any case", like_name_key(name)),
    )


def fragment_of(account_id: str, contact: KyriosContact) -> bytes:
    """What is sent to create this contact."""
    stream = contact_link_stream(account_id, contact.contact_id)
    return render_contact(contact, contact_number(contact.contact_id, stream))


def learned(place: ContactPlace, connection: Connection, at: Moment) -> list[Event]:
    """What is to be recorded of a contact: the one that fits, or that one is to be created; else nothing."""
    standing, organisation_id = place.standing, connection.organisation_id or ""
    asked = (place.link, connection.account_id, place.kyrios_contact_id)
    if standing.verdict == "link" and standing.how is not None:
        return contact_link.link(*asked, standing.xero_contact_id, standing.how, organisation_id, at)
    if standing.verdict == "wanted":
        return contact_link.want(*asked, organisation_id, at)
    return []


def _hash(key: AccountKey, purpose: str, text: str) -> str | None:
    return key.hmac(f"{purpose}\0{text}".encode()) if text else None


def _unlike(contact: KyriosContact | None, other: KyriosContact) -> bool:
    """Whether their e-mails say that these are two customers; that one has none says nothing."""
    emails = {email_key(one.email) for one in (contact, other) if one}
    return len(emails - {""}) > 1


def _end(contact_id: str, links: Mapping[str, ContactLink]) -> str:
    seen = {contact_id}
    while (link := links.get(contact_id)) and link.moved_to and link.moved_to not in seen:
        contact_id = link.moved_to
        seen.add(contact_id)
    return contact_id


def _in_question(sought: Sought) -> tuple[str, ...]:
    linked = (sought.link.xero_contact_id,) if sought.link and sought.link.xero_contact_id else ()
    return (*linked, *sought.by_email, *sought.by_name, *sought.by_like_name)
