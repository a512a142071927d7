"""The events of an invoice on its way into Xero. Storage formats."""

from typing import Literal
from uuid import UUID

import msgspec

from domain.causes import Cause
from domain.document import InvoiceDocument, Payment, Totals
from domain.event import Event

EntryKind = Literal[
    "create_invoice", "update_invoice", "void_invoice", "create_payment", "create_contact", "remove_connection"
]
"""What an outbox entry asks of Xero."""


class InvoiceQueued(Event, frozen=True, kw_only=True):
    """Kyrios issued this invoice and we took it on: the whole document without free text, and the text's HMAC."""

    kyrios_invoice_id: str
    document: InvoiceDocument
    text_hash: str
    revision: int = 1


class InvoiceRevised(Event, frozen=True, kw_only=True):
    """Kyrios changed the invoice; `opens` says whether Xero is to create or to update it.

    It opens nothing where an entry is live already, which carries the newest revision whenever it is rendered, or whose
    outcome opens what is needed; nor where nothing of what Xero gets has changed. `searches` as in RetryRequested.
    """

    document: InvoiceDocument
    text_hash: str
    revision: int
    opens: EntryKind | None = None
    searches: UUID | None = None


class InvoiceBlocked(Event, frozen=True, kw_only=True):
    """Preflight found causes of this invoice; its waiting entry was withdrawn. In Xero already, it stays there.

    `told` says that Xero named the cause itself by refusing the invoice, in the words kept under `answer_ref`: what we
    last read of Xero did not show it. `known` are the codes it waited for already, where it waits on and only what for
    has changed: somebody was told of them.
    """

    causes: tuple[Cause, ...]
    revision: int
    told: bool = False
    answer_ref: UUID | None = None
    known: tuple[str, ...] = ()


class InvoiceReleased(Event, frozen=True, kw_only=True):
    """A cause went (code and key as blocked, no facts); the invoice is queued again and all is checked afresh.

    Of an invoice from before the start of syncing: `fixed` says that it is no longer before it; else somebody released
    it all the same. `opens` is then None if it was never blocked, as its entry lives on, or if it waits on for what
    else is in its way.
    """

    cause: Cause
    opens: EntryKind | None
    fixed: bool = False


class OutcomeUnknown(Event, frozen=True, kw_only=True):
    """A delivery got no clear answer: it may or may not have arrived. Nothing is sent until Xero was searched."""

    delivery_id: UUID
    kind: EntryKind


class OutcomeResolved(Event, frozen=True, kw_only=True):
    """Xero was searched for an unknown outcome: what was sent was there, or it was not.

    `another` says that what was found is not ours: another invoice of the number, another payment of the reference.
    """

    delivery_id: UUID
    found: bool
    another: Literal["", "invoice", "payment"] = ""


class InvoiceSynced(Event, frozen=True, kw_only=True):
    """Xero holds the invoice: its id there, the totals as Xero answered them, and what exactly was sent.

    `fragment_hash` is an HMAC of the bytes sent; `mapping_versions` names the tax mapping used for each tax set;
    `adopted` says that it was found by a search after an unknown outcome. `payments` are those that go to Xero now, on
    the ledger account with that AccountID, as both stood when the bytes were made. `opens` says what has become
    necessary while it was on its way: Kyrios has revised it, or voided it.
    """

    xero_invoice_id: str
    totals: Totals
    fragment_hash: str
    mapping_versions: dict[str, int]
    delivery_id: UUID
    revision: int
    adopted: bool = False
    payments: tuple[Payment, ...] = ()
    payment_account_id: str | None = None
    opens: EntryKind | None = None


class PaymentSynced(Event, frozen=True, kw_only=True):
    """Xero holds this Kyrios payment; `opens` says what has become necessary meanwhile: Kyrios voided the invoice."""

    payment: Payment
    xero_payment_id: str
    delivery_id: UUID
    opens: EntryKind | None = None


class SyncFailed(Event, frozen=True, kw_only=True):
    """Xero refused, or retries ended. Xero's own words lie sealed under `answer_ref`.

    `opens` is set if what was refused is an earlier revision: the newest one goes instead.
    """

    cause: Cause
    attempts: int
    kind: EntryKind
    delivery_id: UUID | None = None
    answer_ref: UUID | None = None
    opens: EntryKind | None = None


class RetryRequested(Event, frozen=True, kw_only=True):
    """A person asked for another try (who: the event's actor): of the invoice, or of these payments on this account.

    `searches` names the delivery of the invoice of which no search ever told whether it arrived, and `payments_sought`
    those of payments, by payment: these are searched for before anything is sent.
    """

    opens: EntryKind
    payments: tuple[Payment, ...] = ()
    payment_account_id: str | None = None
    searches: UUID | None = None
    payments_sought: dict[str, UUID] = msgspec.field(default_factory=dict)


class SyncDismissed(Event, frozen=True, kw_only=True):
    """A person left this invoice out; `reason_ref` points at the sealed reason."""

    reason_ref: UUID | None = None


class DismissalUndone(Event, frozen=True, kw_only=True):
    """A person brought a left-out invoice back; `reason_ref` points at the sealed reason."""

    opens: EntryKind | None = None
    reason_ref: UUID | None = None


class ReviewRaised(Event, frozen=True, kw_only=True):
    """The invoice is in Xero, but something needs a look; a payment that was refused is named by the cause's key.

    `closes` names the update or void that ended so: Xero refused it.
    `opens` is set if what was refused is an earlier revision: the newest one goes instead.
    """

    cause: Cause
    answer_ref: UUID | None = None
    closes: EntryKind | None = None
    opens: EntryKind | None = None


class ReviewCleared(Event, frozen=True, kw_only=True):
    """The matter is settled, by a person or by what went to Xero since (code and key as raised, no facts).

    `reason_ref` points at the sealed reason a person gave.
    """

    cause: Cause
    reason_ref: UUID | None = None


class InvoiceVoided(Event, frozen=True, kw_only=True):
    """Kyrios voided the invoice; `opens` is set if Xero holds it and is to be told.

    What was not yet sent is withdrawn. `awaits` is the effect key of an entry that is on the wire: what follows is
    decided, perhaps by this event once more, when its outcome is known. `searches` as in RetryRequested: it may be in
    Xero after all.
    """

    opens: EntryKind | None = None
    awaits: str = ""
    searches: UUID | None = None


class VoidSynced(Event, frozen=True, kw_only=True):
    """The invoice is voided in Xero too."""

    delivery_id: UUID
