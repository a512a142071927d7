"""A Kyrios contact with all that is kept of it, and whether it may be erased now, as one transaction sees it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from adapters.event_store import linked_contacts, log, mails, outbox, sealed_texts
from adapters.event_store.mapper import RegistryMapper
from adapters.event_store.store import Transaction
from domain import connection as connections
from domain import contact_link
from domain.connection import Connection
from domain.contact_link import ContactLink, ContactLinked, ContactUnlinked
from domain.event import Event
from domain.invoice import Invoice, InvoiceQueued, InvoiceRevised
from domain.invoice import evolve as evolve_invoice
from domain.refusals import NotPossible
from domain.streams import connection_id, contact_link_stream
from domain.topics import TOPIC_OF

MOST_NAMED: Final = 5
_NOT_THERE: Final = ("queued", "blocked", "checking", "failed")
_INVOICES: Final = (TOPIC_OF[InvoiceQueued], TOPIC_OF[InvoiceRevised])
_MOVES: Final = (TOPIC_OF[ContactUnlinked],)


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What is erased, or would be. `contacts` are Kyrios ids: the one named, and those merged into it.

    `kept` are Xero contacts whose mirror stays, since they stand for other Kyrios contacts, too. `fragments`, `answers`
    and `mails` are only known once it is done.
    """

    account_id: str
    contacts: tuple[str, ...]
    invoices: tuple[str, ...]
    xero_contacts: tuple[str, ...]
    kept: tuple[str, ...]
    texts: int = 0
    fragments: int = 0
    answers: int = 0
    mails: int = 0


class Subject:
    """Reads from the log, which holds all of it, whatever the projections know."""

    def __init__(self, tx: Transaction, account_id: str, contact_id: str) -> None:
        self._tx, self._account_id, self._contact_id = tx, account_id, contact_id
        self._mapper = RegistryMapper()
        self.contacts = self._merged([contact_id])
        self._invoices = sorted({stream for one in self.contacts for stream in self._billed(one)})
        self._links = [contact_link_stream(account_id, one) for one in self.contacts]

    @property
    def streams(self) -> list[UUID]:
        """The streams of its links and of its invoices."""
        return [*self._links, *self._invoices]

    @property
    def reasons(self) -> list[UUID]:
        """Where words about its invoices are kept, under whatever stream."""
        told = self._tx.load(self._invoices, _told_of)
        return [answer_id for known in told.values() for answer_id in known]

    @property
    def numbers(self) -> frozenset[str]:
        """Every number its invoices ever had."""
        return frozenset(one for known in self._tx.load(self._invoices, _numbers_of).values() for one in known)

    @property
    def alone(self) -> list[str]:
        """The Xero contacts that stood for it and stand for nobody else."""
        return [one for one in self._in_xero() if one not in self._shared()]

    def checked(self) -> "Subject":
        """Itself, if it may be erased now; else NotPossible. What it has in the outbox is locked."""
        link = self._tx.load([self._links[0]], contact_link.evolve).get(self._links[0])
        if link and link.moved_to:
            raise NotPossible(f"contact {self._contact_id} was merged into {link.moved_to}; erase that one")
        known = sealed_texts.contacts(self._tx.cursor, self._account_id, self.contacts)
        if link is None and not self._invoices and not known:
            raise NotPossible(f"account {self._account_id} knows no contact {self._contact_id}")
        live = {one.stream_id for one in outbox.lock_live(self._tx.cursor, self.streams)}
        if live & set(self._links):
            raise NotPossible(
                f"contact {self._contact_id} is to be created in Xero just now; it can be erased once that has ended, "
                "or once it is linked to a Xero contact by hand"
            )
        states = self._states().items()
        waiting = [state.kyrios_invoice_id for stream, state in states if _needs_text(state, stream in live)]
        if waiting:
            raise NotPossible(_in_the_way(self._contact_id, waiting))
        return self

    def no_mail_in_hand(self) -> "Subject":
        """Itself, unless a mail of the account is just being sent, whatever it says; what is to go is locked.

        In a transaction that writes, only once the log is locked: all others lock mails behind it.
        """
        if mails.in_hand(self._tx.cursor, self._account_id):
            raise NotPossible(
                "a mail of this account is being given to the mail server at this moment, which ends within a quarter "
                "of an hour; repeat the command then"
            )
        return self

    def erased(self, contact_id: str, reason: str, at: Any) -> list[Event]:
        """SubjectErased."""
        stream, lane = contact_link_stream(self._account_id, contact_id), connection_id(self._account_id)
        link: ContactLink | None = self._tx.load([stream], contact_link.evolve).get(stream)
        connection: Connection | None = self._tx.load([lane], connections.evolve).get(lane)
        organisation = connection.organisation_id if connection else None
        return contact_link.erase(link, self._account_id, contact_id, reason, organisation_id=organisation, at=at)

    def erasure(self) -> Erasure:
        """What there is to erase."""
        return Erasure(
            account_id=self._account_id,
            contacts=tuple(self.contacts),
            invoices=tuple(sorted(state.kyrios_invoice_id for state in self._states().values())),
            xero_contacts=tuple(self.alone),
            kept=tuple(self._shared()),
        )

    def _merged(self, contact_ids: list[str]) -> list[str]:
        """These, and all that were merged into them in Kyrios."""
        for contact_id in contact_ids:
            moves = [e for e in self._naming(contact_id, _MOVES) if isinstance(e, ContactUnlinked)]
            sources = [e.kyrios_contact_id for e in moves if e.moved_to == contact_id]
            contact_ids += [one for one in dict.fromkeys(sources) if one not in contact_ids]
        return contact_ids

    def _billed(self, contact_id: str) -> Iterator[UUID]:
        for event in self._naming(contact_id, _INVOICES):
            assert isinstance(event, InvoiceQueued | InvoiceRevised)
            if event.document.kyrios_contact_id == contact_id:
                yield event.originator_id

    def _naming(self, word: str, topics: Sequence[str]) -> Iterator[Event]:
        for row in log.naming(self._tx.cursor, word, topics):
            event = self._mapper.event_of(row.stream_id, row.version, row.topic, row.state)
            if event.account_id == self._account_id:
                yield event

    def _states(self) -> Mapping[UUID, Invoice]:
        return self._tx.load(self._invoices, evolve_invoice)

    def _in_xero(self) -> list[str]:
        told = self._tx.load(self._links, _linked_to)
        return list(dict.fromkeys(xero for known in told.values() for xero in known))

    def _shared(self) -> list[str]:
        linked = linked_contacts.linked_to(self._tx.cursor, self._account_id, self._in_xero())
        return sorted({xero for kyrios, xero in linked if kyrios not in self.contacts})


def _linked_to(known: tuple[str, ...] | None, event: Event) -> tuple[str, ...]:
    return (*(known or ()), event.xero_contact_id) if isinstance(event, ContactLinked) else known or ()


def _numbers_of(known: tuple[str, ...] | None, event: Event) -> tuple[str, ...]:
    numbers = (event.document.number,) if isinstance(event, InvoiceQueued | InvoiceRevised) else ()
    return (*(known or ()), *numbers)


def _told_of(known: tuple[UUID, ...] | None, event: Event) -> tuple[UUID, ...]:
    refs = (getattr(event, name, None) for name in ("answer_ref", "reason_ref"))
    return (*(known or ()), *(ref for ref in refs if ref is not None))


def _needs_text(state: Invoice, live: bool) -> bool:
    """Whether an invoice, or a change of it, is still to go to Xero."""
    return live or state.status in _NOT_THERE or (state.status == "synced" and state.lacks_a_change)


def _in_the_way(contact_id: str, waiting: Sequence[str]) -> str:
    some = ", ".join(sorted(waiting)[:MOST_NAMED]) + (", …" if len(waiting) > MOST_NAMED else "")
    number = "1 of its invoices is" if len(waiting) == 1 else f"{len(waiting):,} of its invoices are"
    return (
        f"contact {contact_id} cannot be erased yet: {number} not in Xero as in Kyrios ({some}), and would need "
        "what is erased; let them go, void them or leave them out first"
    )
