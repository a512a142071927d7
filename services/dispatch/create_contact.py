"""Delivery kind: create a contact in Xero for a customer it does not have, once, however many invoices wait for it.

By PUT and never by POST, which would change a contact of the same name. Its ContactNumber, by which it is found again
after an unknown outcome, is the Kyrios contact's id.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from adapters.event_store.store import Transaction
from adapters.vault.account_keys import AccountKeys
from adapters.xero.answers import ContactElement, ContactsAnswer, XeroContact
from adapters.xero.calls import BATCH_SIZE, CONTACTS_AT_ONCE, LARGEST_BODY
from adapters.xero.contact_mapping import contact_number, contacts_body
from adapters.xero.contact_refusals import judge_contact
from adapters.xero.errors import XeroError
from adapters.xero.session import XeroSession
from domain import contact_link
from domain.causes import Cause
from domain.connection import Connection
from domain.contact_link import ContactLink
from domain.contact_matching import like_name_key
from domain.event import Event, Moment
from domain.streams import contact_link_stream
from services.contacts.standing import ContactPlace, ContactStandings, fragment_of, learned
from services.dispatch.judging import answered, in_step
from services.dispatch.kind import Absent, Answered, Fence, Outcome, Refused, Saved, Sent, Unclear


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer to be created: the link as it is, and how the customer would stand if nothing were under way."""

    link: ContactLink
    place: ContactPlace
    number: str


class CreateContact:
    """Creates up to 50 contacts by one PUT; Xero's page on limits asks for at most 50 elements and 3.5 MB."""

    name = "create_contact"
    most_entries = BATCH_SIZE
    most_searched = CONTACTS_AT_ONCE
    largest_body = LARGEST_BODY

    def __init__(self, keys: AccountKeys) -> None:
        self._keys, self._standings = keys, ContactStandings(keys)

    def subjects(self, tx: Transaction, stream_ids: Sequence[UUID], connection: Connection) -> Mapping[UUID, Customer]:
        """Links, and what Kyrios and the contact directory know of these customers now."""
        links = tx.load(stream_ids, contact_link.evolve)
        ids = [link.kyrios_contact_id for link in links.values()]
        places = self._standings.of(tx, connection, ids, ignore_wish=True)
        return {
            stream: Customer(
                link=link,
                place=places[link.kyrios_contact_id],
                number=contact_number(link.kyrios_contact_id, stream),
            )
            for stream, link in links.items()
        }

    def causes(self, subject: Customer, connection: Connection) -> list[Cause]:
        """Whether it is still to be created: meanwhile a contact may have turned up, or a person may have decided."""
        standing = subject.place.standing
        if subject.link.wanted and standing.verdict in ("wanted", "refused"):
            return []
        return [*standing.causes] or [Cause("contact_pending", key=subject.link.kyrios_contact_id)]

    def render(self, subject: Customer, connection: Connection) -> tuple[bytes, dict[str, Any]]:
        """The contact as one JSON element; the fact kept is whether a contact found later bears the name sent."""
        contact = subject.place.contact
        assert contact is not None, "a contact whose name is not kept is not wanted"
        fragment = fragment_of(connection.account_id, contact)
        return fragment, {"name": self._name_hash(connection.account_id, contact.name)}

    def body(self, fragments: Sequence[bytes]) -> bytes:
        """The request body."""
        return contacts_body(fragments)

    def send(
        self,
        session: XeroSession,
        body: bytes,
        key: UUID,
        subjects: Sequence[Customer],
        sent: Sequence[Sent],
        fence: Fence,
    ) -> Answered:
        """PUT the contacts; each element of the answer is judged by itself, also in a 200.

        A name or number that is taken may be taken by ourselves, through a request whose answer was lost: these are
        searched for at once.
        """
        answer = session.put_contacts(body, str(key), before_send=fence)
        if not in_step(answer, subjects, _may_be):
            return answered(answer, [Unclear()] * len(subjects))
        outcomes = [_outcome(element) for element in answer.elements]
        taken = [place for place, element in enumerate(answer.elements) if judge_contact(element) == "taken"]
        if not taken:
            return answered(answer, outcomes)
        try:
            held = session.find_contacts([subjects[place].number for place in taken], before_send=fence)
        except XeroError:
            # What was saved is known all the same; the others are searched for like any unknown outcome.
            return answered(answer, outcomes)
        for place in taken:
            found = self._found(subjects[place], sent[place], held)
            outcomes[place] = _name_taken(answer.elements[place]) if isinstance(found, Absent) else found
        return answered(msgspec.structs.replace(answer, rates=held.rates), outcomes)

    def search(
        self, session: XeroSession, subjects: Sequence[Customer], sent: Sequence[Sent], fence: Fence
    ) -> Answered:
        """Find the contacts by ContactNumber; ours bear the name we sent."""
        answer = session.find_contacts([subject.number for subject in subjects], before_send=fence)
        return answered(answer, [self._found(s, note, answer) for s, note in zip(subjects, sent, strict=True)])

    def reload(self, tx: Transaction, subjects: Sequence[Customer]) -> list[Customer]:
        """The links as they are now."""
        links = tx.load([self.place(s)[0] for s in subjects], contact_link.evolve)
        return [msgspec.structs.replace(s, link=links[self.place(s)[0]]) for s in subjects]

    def blocked(self, subject: Customer, causes: Sequence[Cause], connection: Connection, at: Moment) -> list[Event]:
        """ContactLinked, if a contact that fits has turned up; else ContactRefused."""
        if subject.link.wanted and subject.place.standing.verdict == "link":
            return learned(msgspec.structs.replace(subject.place, link=subject.link), connection, at)
        return contact_link.refuse(subject.link, causes[0], organisation_id=connection.organisation_id, at=at)

    def unclear(self, subject: Customer, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """Nothing: the entry knows, and the invoices wait as before."""
        return []

    def absent(self, subject: Customer, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """Nothing: it is sent again."""
        return []

    def saved(
        self, subject: Customer, saved: Saved, sent: Sent, adopted: bool, organisation_id: str, at: Moment
    ) -> list[Event]:
        """ContactLinked."""
        found: XeroContact = saved.what
        link = subject.link
        if not link.wanted:
            return []
        return contact_link.link(
            link, link.account_id, link.kyrios_contact_id, found.contact_id, "created", organisation_id, at
        )

    def failed(
        self,
        subject: Customer,
        cause: Cause,
        attempts: int,
        delivery_id: UUID | None,
        answer_ref: UUID | None,
        organisation_id: str | None,
        at: Moment,
    ) -> list[Event]:
        """ContactRefused."""
        return contact_link.refuse(
            subject.link,
            msgspec.structs.replace(cause, key=subject.link.kyrios_contact_id),
            organisation_id=organisation_id,
            at=at,
            fragment_hash=subject.place.sought.fragment_hash,
            answer_ref=answer_ref,
        )

    def place(self, subject: Customer) -> tuple[UUID, str]:
        """The stream of the contact's link, and the account."""
        link = subject.link
        return contact_link_stream(link.account_id, link.kyrios_contact_id), link.account_id

    def _found(self, subject: Customer, sent: Sent, answer: ContactsAnswer) -> Outcome:
        held = [element.contact for element in answer.elements if element.contact.contact_number == subject.number]
        if not held:
            return Absent()
        account_id = subject.link.account_id
        ours = next((c for c in held if self._name_hash(account_id, c.name) == sent.facts.get("name")), None)
        if ours is not None and ours.contact_id not in subject.link.cut:  # what a person parted stays parted
            return Saved(ours)
        return Refused(Cause("contact_ambiguous", key=subject.link.kyrios_contact_id), conflict=True)

    def _name_hash(self, account_id: str, name: str) -> str:
        return self._keys.get(account_id).hmac(b"contact name sent\0" + like_name_key(name).encode())


def _outcome(element: ContactElement) -> Outcome:
    match judge_contact(element):
        case "saved":
            return Saved(element.contact)
        case "refused":
            return Refused(Cause("rejected_by_xero"), element.messages)
    return Unclear()


def _name_taken(element: ContactElement) -> Refused:
    return Refused(Cause("contact_name_taken"), element.messages)


def _may_be(element: ContactElement, subject: Customer) -> bool:
    return element.contact.contact_number in ("", subject.number)
