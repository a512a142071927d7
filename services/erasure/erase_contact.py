"""Use case: erase a Kyrios contact.

Erased are its name, e-mail and phone, the free text of its invoices and what was sent of them, Xero's words and
people's reasons about either, what the mirror says of the Xero contact it is linked to, and the mails about its
invoices that are kept on this machine. Events, ids, amounts and keyed hashes stay. Nothing of it may be on its way: an
invoice that is still to go needs its text. Mails that a mail server took lie with whoever got them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
from eventsourcing.persistence import IntegrityError

from adapters import contact_directory, contact_feed
from adapters.contact_directory import NamedEntry
from adapters.event_store import deliveries, mails, sealed_texts
from adapters.event_store.bounded import unhurried
from adapters.event_store.store import EventStore, Transaction
from adapters.smtp.mail_folder import remove_mails
from adapters.vault.account_keys import AccountKeys
from adapters.xero.answers import XeroContact
from domain.event import Actor
from domain.refusals import ConcurrentChange, Fault, InvalidInput
from domain.streams import connection_id
from services.contacts.page import fingerprint_of, nameless
from services.erasure.subject import Erasure, Subject
from services.handling import TRIES, Handling
from services.mailing.letter import names_invoice

REASONS: Final = {
    "asked_by_subject": "the person asked for it",
    "asked_by_owner": "the owner of the account asked for it",
    "retention_ended": "the time for which it had to be kept is over",
    "entered_by_mistake": "it should never have been there",
}
"""Why somebody is erased: a code, because an event never forgets a free text."""


class EraseContact:
    """Erases Kyrios contacts, each in one transaction."""

    def __init__(self, store: EventStore, keys: AccountKeys, handling: Handling, mail_folder: Path) -> None:
        """`mail_folder` is where our own mail server keeps mails."""
        self._store, self._keys, self._handling, self._mail_folder = store, keys, handling, mail_folder

    def preview(self, account_id: str, kyrios_contact_id: str) -> Erasure:
        """What would be erased. Raises NotPossible where it cannot be done, and says why."""
        with self._store.begin() as tx:
            unhurried(tx.cursor)
            return Subject(tx, account_id, kyrios_contact_id).checked().no_mail_in_hand().erasure()

    def __call__(self, account_id: str, kyrios_contact_id: str, reason: str, actor: Actor) -> Erasure:
        """Erase it, for one of REASONS. Raises InvalidInput, or NotPossible while something of it is on its way."""
        if reason not in REASONS:
            raise InvalidInput(Fault("/reason", f"there is no reason {reason!r}; there are: {', '.join(REASONS)}"))
        for _ in range(TRIES):
            try:
                with self._store.begin() as tx:
                    unhurried(tx.cursor)
                    erased, numbers = self._erase(tx, account_id, kyrios_contact_id, reason, actor)
            except IntegrityError:
                continue
            return msgspec.structs.replace(erased, mails=self._forget_kept(account_id, numbers))
        raise ConcurrentChange(f"contact {kyrios_contact_id} kept changing; repeat the command")

    def _erase(
        self, tx: Transaction, account_id: str, contact_id: str, reason: str, actor: Actor
    ) -> tuple[Erasure, frozenset[str]]:
        """What was erased, and the numbers of its invoices."""
        at = self._handling.moment(actor)
        # Locked in the order all others keep: the feed, its contacts, the outbox, the log.
        lane = connection_id(account_id)
        number = contact_feed.hold(tx.cursor, lane)
        subject = Subject(tx, account_id, contact_id)
        mirrored = contact_directory.not_erased(tx.cursor, lane, subject.alone)
        subject.checked()
        tx.append([event for one in subject.contacts for event in subject.erased(one, reason, at)])
        # The log is ours from here on: what came to it since we looked was not looked at.
        if set(Subject(tx, account_id, contact_id).streams) != set(subject.streams):
            raise IntegrityError("an invoice of this contact came in meanwhile")
        subject.no_mail_in_hand()
        self._forget_mirrored(tx, lane, account_id, mirrored, number)
        streams = subject.streams
        sealed_texts.erase_contacts(tx.cursor, account_id, subject.contacts)
        mails.forget_texts(tx.cursor, account_id)
        erased = msgspec.structs.replace(
            subject.erasure(),
            texts=sealed_texts.erase_invoice_texts(tx.cursor, streams),
            fragments=deliveries.erase(tx.cursor, streams),
            answers=sealed_texts.erase_answers(tx.cursor, streams, subject.reasons),
        )
        return erased, subject.numbers

    def _forget_kept(self, account_id: str, numbers: frozenset[str]) -> int:
        """How many kept mails went. Files keep to no transaction: where this ends early, the command is repeated."""
        return remove_mails(self._mail_folder, lambda mail: names_invoice(mail, account_id, numbers))

    def _forget_mirrored(
        self, tx: Transaction, lane: UUID, account_id: str, contacts: Sequence[NamedEntry], number: int
    ) -> None:
        if not contacts:
            return
        key, numbers = self._keys.get(account_id), list[int | None]()
        for one in contacts:
            number += one.fed
            numbers.append(number if one.fed else None)
        contact_directory.erase(tx.cursor, lane, contacts, [fingerprint_of(key, _nobody(c)) for c in contacts], numbers)
        contact_feed.give_out(tx.cursor, lane, number)


def _nobody(contact: NamedEntry) -> XeroContact:
    return nameless(
        XeroContact(
            contact_id=contact.xero_contact_id,
            contact_number="",
            name="",
            email="",
            phone="",
            status=contact.status,
            merged_to=contact.merged_to,
            updated_at=None,
        )
    )
