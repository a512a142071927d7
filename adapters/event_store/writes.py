"""What is written beside events in the same transaction: closed entries, sealed texts, commands, names, lane marks."""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

import msgspec

from adapters.vault.grants import NewGrant
from domain.alert_entries import AlertEntry
from domain.breaker import Evidence
from domain.budget import Taken
from domain.contact_link import ContactLinked, ContactUnlinked
from domain.effects import Entry
from domain.invoice_identity import Identity

EndState = Literal["DONE", "REJECTED", "CONFLICT", "DEAD", "WITHDRAWN"]


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that ends with these events. The write is refused unless the lease is still ours.

    `token` is the lease under which it was worked on; `was` the state it must still be in.
    """

    entry_id: int
    token: UUID
    was: Literal["LEASED", "AMBIGUOUS"]
    state: EndState
    cause: str = ""


class Reopened(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that goes on with these events: unknown outcome, or to be sent again. `due_in` is seconds from now.

    `tried_alone`: it was sent by itself, to no avail. `answered`: Xero answered what was sent, so nobody dies of it.
    `search`: what came of a search for it: none was made, it failed, it was spoiled (perhaps by this very entry), or it
    is over; the next is one for its `search_group`.
    """

    entry_id: int
    token: UUID
    was: Literal["LEASED", "AMBIGUOUS"]
    state: Literal["PENDING", "AMBIGUOUS"]
    due_in: float = 0.0
    give_back_attempt: bool = False
    tried_alone: bool = False
    group: UUID | None = None
    cause: str = ""
    answered: bool = False
    search: Literal["none", "failed", "spoiled", "over"] = "over"
    search_group: UUID | None = None


class SealedInvoiceText(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed free text of one revision of an invoice."""

    stream_id: UUID
    revision: int
    account_id: str
    sealed: bytes


class SealedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Words kept beside the events of one stream, sealed: Xero's own about an invoice, or a reason a person gave."""

    answer_id: UUID
    stream_id: UUID
    account_id: str
    sealed: bytes


class SealedContact(msgspec.Struct, frozen=True, kw_only=True):
    """The customer as Kyrios knows it, sealed; the highest revision wins."""

    account_id: str
    kyrios_contact_id: str
    revision: int
    sealed: bytes


class SealedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A new address of an account's mails, sealed."""

    recipient_id: UUID
    account_id: str
    sealed: bytes


class SentMail(msgspec.Struct, frozen=True):
    """A mail that was taken, and the lease under which it was sent; refused if that is not ours any more."""

    mail_id: int
    token: UUID


class CommandRecord(msgspec.Struct, frozen=True, kw_only=True):
    """That a command was carried out: its key, what was asked (a hash), and what was answered."""

    account_id: str
    key: str
    request_hash: str
    answer: dict[str, str]


class FinishedDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """How a delivery ended: outcome in a word, HTTP status if there was one, Xero's correlation id."""

    delivery_id: UUID
    outcome: str
    http_status: int | None = None
    xero_correlation_id: str | None = None


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What call number `call` told about its lane: limits left, evidence for its breaker, how long to pause and why.

    `in_flight` calls were on their way when it began; `silent` is a good answer that says nothing of limits; `window`
    is the length of Xero's minute; `limit` is the one that was met. Times in seconds. `returned` is what the call had
    taken, if it never went out. `books` is the organisation that was asked: a lane that leads to another hears nothing.
    """

    connection_id: UUID
    books: str | None = None
    call: int = 0
    in_flight: int = 0
    evidence: Evidence = "none"
    min_left: int | None = None
    day_left: int | None = None
    silent: bool = False
    window: float = 60.0
    pause: float | None = None
    pause_for: str | None = None
    limit: Literal["minute", "day", "concurrent", "app"] | None = None
    returned: Taken | None = None


class Writes(msgspec.Struct, frozen=True, kw_only=True):
    """All that goes into the transaction of some events. Entries, gates, links, ended grants follow from the events.

    So do `organisations`, which accounts take, the accounts `leaving` theirs, and the activity of a step of set-up.
    """

    entries: Sequence[Entry] = ()
    alerts: Sequence[AlertEntry] = ()
    chosen_recipients: Mapping[str, Sequence[UUID]] = msgspec.field(default_factory=dict)
    addresses: Sequence[SealedAddress] = ()
    sent_mail: SentMail | None = None
    gates: dict[UUID, bool] = msgspec.field(default_factory=dict)
    accounts: dict[UUID, str] = msgspec.field(default_factory=dict)
    new_grant: NewGrant | None = None
    ended_grants: Mapping[UUID, str] = msgspec.field(default_factory=dict)
    ended_removals: Mapping[UUID, str] = msgspec.field(default_factory=dict)
    organisations: dict[str, str] = msgspec.field(default_factory=dict)
    leaving: Sequence[str] = ()
    closed: Sequence[Closed] = ()
    reopened: Sequence[Reopened] = ()
    texts: Sequence[SealedInvoiceText] = ()
    answers: Sequence[SealedAnswer] = ()
    contacts: Sequence[SealedContact] = ()
    commands: Sequence[CommandRecord] = ()
    identities: Sequence[Identity] = ()
    links: Sequence[ContactLinked | ContactUnlinked] = ()
    activity_of: UUID | None = None
    heard: Heard | None = None
    finished_delivery: FinishedDelivery | None = None
