"""Preview: what exactly would be sent to Xero for an invoice now, or what is in its way, by the code that sends.

Nothing is changed and Xero is not asked. The hash is the one found later in the delivery and in InvoiceSynced, as long
as nothing about the invoice, its customer or the set-up changes in between.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from adapters.event_store.store import EventStore, Transaction
from adapters.vault.account_keys import AccountKeys
from domain import connection as connections
from domain import invoice as invoices
from domain.amounts import amounts_in_xero
from domain.cause_words import CauseInWords, in_words
from domain.causes import Cause
from domain.connection import Connection
from domain.document import Payment, Totals
from domain.event import Actor
from domain.invoice import EntryKind, Invoice
from domain.refusals import NotPossible
from domain.streams import connection_id, invoice_stream
from services.dispatch.create_invoice import TextGone
from services.dispatch.kind import DeliveryKind
from services.intake import IssuedInvoice
from services.queue_invoices import QueueInvoices

_LOOKING: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What would be sent for one invoice now.

    `asks` is what Xero would be asked, None if nothing is to be sent; `in_the_way` are the causes of the invoice, then
    those of the connection. `fragment` is its element of the request, byte for byte, and `fragment_hash` the HMAC kept
    of it; both are None while a cause of the invoice stands. `totals_in_xero` are those Xero comes to by its rounding.
    """

    account_id: str
    kyrios_invoice_id: str
    number: str
    revision: int
    status: str
    currency: str
    totals: Totals
    asks: EntryKind | None
    in_the_way: tuple[CauseInWords, ...] = ()
    fragment: str | None = None
    fragment_hash: str | None = None
    totals_in_xero: Totals | None = None
    payments: tuple[Payment, ...] = ()
    mapping_versions: dict[str, int] = msgspec.field(default_factory=dict)


class PreviewInvoice:
    """Previews invoices that were taken on, and such that were not yet."""

    def __init__(
        self,
        store: EventStore,
        keys: AccountKeys,
        kinds: Mapping[str, DeliveryKind[Any]],
        queue_invoices: QueueInvoices,
    ) -> None:
        self._store, self._keys, self._kinds, self._queue = store, keys, kinds, queue_invoices

    def __call__(self, account_id: str, stream: UUID) -> Preview:
        """Preview an invoice that was taken on. Raises NotPossible if there is none."""
        with self._store.begin() as tx:
            tx.cursor.execute(_LOOKING)
            return self._of(tx, account_id, stream)

    def of_issued(self, issued: IssuedInvoice, actor: Actor) -> Preview:
        """Preview an invoice, or a revision of one, as if it were taken on now. Raises what taking it on would."""
        if self._store.load(connection_id(issued.account_id), connections.evolve) is None:
            raise NotPossible(f"account {issued.account_id} was never connected to Xero; connect it first")
        with self._store.rehearse() as tx:
            receipt = self._queue.take_on(tx, issued, actor)
            if receipt.refusal is not None:
                raise receipt.refusal
            return self._of(tx, issued.account_id, invoice_stream(issued.account_id, issued.invoice_id))

    def _of(self, tx: Transaction, account_id: str, stream: UUID) -> Preview:
        known = tx.load([stream], invoices.evolve).get(stream)
        if known is None:
            raise NotPossible(f"account {account_id} has no such invoice")
        lane = connection_id(account_id)
        connection = tx.load([lane], connections.evolve).get(lane)
        asks = next_request(known)
        seen = _plain(known, asks, connection)
        if asks is None or connection is None:
            return seen
        kind = self._kinds[asks]
        subject = kind.subjects(tx, [stream], connection)[stream]
        own = kind.causes(subject, connection)
        if own or _is_unready(connection):
            return msgspec.structs.replace(seen, in_the_way=in_words([*own, *connection.held_by]))
        return self._rendered(seen, kind, subject, connection)

    def _rendered(self, seen: Preview, kind: DeliveryKind[Any], subject: Any, connection: Connection) -> Preview:
        try:
            fragment, facts = kind.render(subject, connection)
        except TextGone:
            return msgspec.structs.replace(seen, in_the_way=in_words([Cause("internal_error"), *connection.held_by]))
        document = None if seen.asks == "void_invoice" else subject.invoice.document
        return msgspec.structs.replace(
            seen,
            fragment=fragment.decode(),
            fragment_hash=self._keys.get(seen.account_id).hmac(fragment),
            totals_in_xero=amounts_in_xero(document, connection).totals if document else None,
            payments=msgspec.convert(facts.get("payments", []), tuple[Payment, ...]),
            mapping_versions=facts.get("mappings", {}),
        )


def next_request(known: Invoice) -> EntryKind | None:
    """What Xero is asked next about this invoice itself, now or once a person lets it go; None if nothing is left."""
    if known.status == "voided" and known.xero_invoice_id is None:
        return None
    if known.live:
        return known.live[0]
    open_still = known.status in ("queued", "blocked", "failed", "dismissed", "checking")
    return known.next_kind if open_still or known.change_is_stuck or known.lacks_a_change else None


def _plain(known: Invoice, asks: EntryKind | None, connection: Connection | None) -> Preview:
    held = connection.held_by if connection else (Cause("not_connected"),)
    return Preview(
        account_id=known.account_id,
        kyrios_invoice_id=known.kyrios_invoice_id,
        number=known.document.number,
        revision=known.revision,
        status=known.status,
        currency=known.document.currency,
        totals=known.document.totals,
        asks=asks,
        in_the_way=in_words(held) if asks else (),
    )


def _is_unready(connection: Connection) -> bool:
    """Whether set-up has not come far enough for anything to be rendered."""
    return connection.organisation_id is None or connection.default_line is None
