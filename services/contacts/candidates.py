"""The question people ask before they link: which Xero contacts might this customer be?

Names come out of the sealed places for this one answer and are kept nowhere else.
"""

from typing import Final, Literal
from uuid import UUID

import msgspec

from adapters import contact_directory
from adapters.contact_directory import SealedEntry
from adapters.event_store.store import EventStore
from adapters.vault.account_keys import AccountKey, AccountKeys, Erased, open_or_erased
from adapters.xero.contact_mapping import contact_number
from domain import connection as connections
from domain.causes import words
from domain.contact_matching import Verdict
from domain.refusals import NotPossible
from domain.streams import connection_id, contact_link_stream
from services.contacts.standing import ContactPlace, ContactStandings

Fit = Literal["link", "email", "name", "similar name", "number"]
UNTOUCHED: Final = "nothing is in the way"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A Xero contact that might be the customer, and by what it fits."""

    xero_contact_id: str
    name: str
    email: str
    phone: str
    status: str
    merged_to: str
    fits_by: tuple[Fit, ...]


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """A customer as Kyrios knows it, how it stands, and everyone in Xero it might be."""

    contact_id: str
    name: str
    email: str
    verdict: Verdict
    says: str
    xero_contact_id: str
    candidates: tuple[Candidate, ...]


class ContactCandidates:
    """Answers for one contact at a time."""

    def __init__(self, store: EventStore, keys: AccountKeys) -> None:
        self._store, self._keys, self._standings = store, keys, ContactStandings(keys)

    def __call__(self, account_id: str, kyrios_contact_id: str) -> Candidates:
        """Everyone in the contact directory this customer might be; refused if the customer is not known."""
        lane, key = connection_id(account_id), self._keys.get(account_id)
        with self._store.begin() as tx:
            connection = tx.load([lane], connections.evolve).get(lane)
            if connection is None or connection.organisation_id is None:
                raise NotPossible("no organisation is chosen yet, so there are no Xero contacts to choose from")
            place = self._standings.of(tx, connection, [kyrios_contact_id], even_linked=True)[kyrios_contact_id]
            if place.link is None and place.contact is None and not place.sought.unreadable:
                raise NotPossible(f"account {account_id} has no contact {kyrios_contact_id}")
            fits = _fits(place)
            number = contact_number(place.kyrios_contact_id, contact_link_stream(account_id, place.kyrios_contact_id))
            found = contact_directory.sealed(tx.cursor, lane, connection.organisation_id, list(fits), number)
        open_one = _Opening(key, lane, connection.organisation_id)
        return Candidates(
            contact_id=place.kyrios_contact_id,
            name=place.contact.name if place.contact else "",
            email=place.contact.email if place.contact else "",
            verdict=place.standing.verdict,
            says=" ".join(words(cause) for cause in place.standing.causes) or UNTOUCHED,
            xero_contact_id=place.standing.xero_contact_id,
            candidates=tuple(
                open_one(entry, (*fits.get(entry.xero_contact_id, ()), *_by_number(entry, number))) for entry in found
            ),
        )


class _Opening:
    """Opens sealed contacts of one organisation."""

    def __init__(self, key: AccountKey, lane: UUID, organisation_id: str) -> None:
        self._key, self._lane, self._organisation_id = key, lane, organisation_id

    def __call__(self, entry: SealedEntry, fits: tuple[Fit, ...]) -> Candidate:
        row_key = contact_directory.place_of(self._lane, self._organisation_id, entry.xero_contact_id)
        opened = open_or_erased(self._key, "contact_directory", row_key, entry.revision, entry.sealed)
        name, email, phone = ("", "", "") if isinstance(opened, Erased) else msgspec.json.decode(opened, type=list[str])
        return Candidate(
            xero_contact_id=entry.xero_contact_id,
            name=name,
            email=email,
            phone=phone,
            status=entry.status,
            merged_to=entry.merged_to,
            fits_by=fits,
        )


def _fits(place: ContactPlace) -> dict[str, tuple[Fit, ...]]:
    sought, link = place.sought, place.link
    by: list[tuple[Fit, tuple[str, ...]]] = [
        ("link", (link.xero_contact_id,) if link and link.xero_contact_id else ()),
        ("email", sought.by_email),
        ("name", sought.by_name),
        ("similar name", tuple(contact for contact in sought.by_like_name if contact not in sought.by_name)),
    ]
    found: dict[str, tuple[Fit, ...]] = {}
    for fit, contacts in by:
        for contact in contacts:
            found[contact] = (*found.get(contact, ()), fit)
    return found


def _by_number(entry: SealedEntry, number: str) -> tuple[Fit, ...]:
    return ("number",) if entry.contact_number == number else ()
