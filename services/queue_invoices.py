"""Use case: take on issued invoices and their revisions. One transaction stores many.

Each is accepted, known already, or refused.
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal
from uuid import UUID

import msgspec

from adapters.event_store import commands, identities
from adapters.event_store.store import EventStore, Transaction
from adapters.event_store.writes import CommandRecord, SealedContact, SealedInvoiceText, Writes
from adapters.vault.account_keys import AccountKey, AccountKeys
from domain import connection as connections
from domain import invoice as invoices
from domain import invoice_change
from domain.connection import Connection
from domain.event import Actor, Event, Moment
from domain.invoice import Invoice
from domain.invoice_identity import identities_of, link
from domain.refusals import ConcurrentChange, Fault, InvalidInput, KeyReused, NotPossible, Refusal
from domain.streams import connection_id, invoice_stream
from services.intake import IssuedInvoice

MOST_AT_ONCE: Final = 500
TRIES: Final = 3

Result = Literal["accepted", "known", "refused"]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one invoice; `refusal` says why it was not taken."""

    account_id: str
    invoice_id: str
    result: Result
    refusal: Refusal | None = None


Take = Callable[[Sequence[IssuedInvoice], Actor], list[Receipt]]
"""Takes invoices on, or finds out what would become of them: one receipt each, in order."""


class _Known(msgspec.Struct, kw_only=True):
    """What the store holds that a batch may touch; kept up to date while the batch is decided."""

    invoices: dict[UUID, Invoice] = msgspec.field(default_factory=dict)
    connections: dict[UUID, Connection] = msgspec.field(default_factory=dict)
    commands: dict[tuple[str, str], CommandRecord] = msgspec.field(default_factory=dict)
    links: dict[tuple[str, str], UUID] = msgspec.field(default_factory=dict)
    keys: dict[str, AccountKey] = msgspec.field(default_factory=dict)


class _Taken(msgspec.Struct, kw_only=True):
    """What a batch will write."""

    receipts: list[Receipt] = msgspec.field(default_factory=list)
    events: list[Event] = msgspec.field(default_factory=list)
    texts: list[SealedInvoiceText] = msgspec.field(default_factory=list)
    contacts: list[SealedContact] = msgspec.field(default_factory=list)
    commands: list[CommandRecord] = msgspec.field(default_factory=list)

    def writes(self) -> Writes:
        """What goes beside the events."""
        return Writes(
            texts=self.texts, contacts=self.contacts, commands=self.commands, identities=identities_of(self.events)
        )


class QueueInvoices:
    """Stores invoices with their entries, sealed texts and command records, and rings for their connections."""

    def __init__(
        self,
        store: EventStore,
        keys: AccountKeys,
        ring: Callable[[UUID], None],
        new_id: Callable[[], UUID],
        *,
        only_known: bool = False,
    ) -> None:
        """With `only_known` an invoice that was never taken on is refused: only revisions are wanted."""
        self._store, self._keys, self._ring, self._new_id = store, keys, ring, new_id
        self._only_known = only_known

    def __call__(self, issued: Sequence[IssuedInvoice], actor: Actor) -> list[Receipt]:
        """One receipt per invoice, in order. One that is refused leaves nothing and does not stop the others."""
        receipts: list[Receipt] = []
        for start in range(0, len(issued), MOST_AT_ONCE):
            receipts += self._batch(issued[start : start + MOST_AT_ONCE], actor)
        return receipts

    def take_on(self, tx: Transaction, one: IssuedInvoice, actor: Actor) -> Receipt:
        """Take one on in a transaction the caller has open; nobody is rung for."""
        known, taken = self._known([one], tx), _Taken()
        receipt = _take(one, known, taken, self._moment(actor), self._only_known)
        if taken.events:
            tx.append(taken.events, taken.writes())
        return receipt

    def rehearsal(self) -> Take:
        """What would become of revisions, one call after another, as if those before had been stored. Nothing is."""
        so_far = _Known()

        def rehearse(issued: Sequence[IssuedInvoice], actor: Actor) -> list[Receipt]:
            at, taken = self._moment(actor), _Taken()
            keys = {account: self._keys.find(account) for account in {one.account_id for one in issued}}
            so_far.keys |= {account: key for account, key in keys.items() if key is not None}
            with self._store.begin() as tx:
                found = self._known([one for one in issued if one.account_id in so_far.keys], tx)
            so_far.invoices = found.invoices | so_far.invoices
            so_far.connections |= found.connections
            so_far.commands = found.commands | so_far.commands
            so_far.links = found.links | so_far.links
            for one in issued:
                known = one.account_id in so_far.keys
                taken.receipts.append(_take(one, so_far, taken, at, only_known=True) if known else _unheard_of(one))
            return taken.receipts

        return rehearse

    def _batch(self, issued: Sequence[IssuedInvoice], actor: Actor) -> list[Receipt]:
        for _ in range(TRIES):
            try:
                return self._store_together(issued, actor)
            except ConcurrentChange:
                continue
        if len(issued) == 1:
            raise ConcurrentChange(f"invoice {issued[0].invoice_id} kept changing; send it again")
        return [receipt for one in issued for receipt in self._batch([one], actor)]

    def _store_together(self, issued: Sequence[IssuedInvoice], actor: Actor) -> list[Receipt]:
        at, taken = self._moment(actor), _Taken()
        with self._store.begin() as tx:
            known = self._known(issued, tx)
        for one in issued:
            taken.receipts.append(_take(one, known, taken, at, self._only_known))
        if taken.events or taken.commands:
            self._store.append(taken.events, taken.writes())
        for lane in {connection_id(event.account_id) for event in taken.events}:
            self._ring(lane)
        return taken.receipts

    def _moment(self, actor: Actor) -> Moment:
        return Moment(now=self._store.now(), actor=actor, correlation_id=self._new_id(), new_id=self._new_id)

    def _known(self, issued: Sequence[IssuedInvoice], tx: Transaction) -> _Known:
        accounts = {one.account_id for one in issued}
        named = [(one.account_id, one.command_id) for one in issued if one.command_id is not None]
        keys = self._keys.get_many(accounts)
        links = identities.find(tx.cursor, [_link(one) for one in issued])
        streams = dict.fromkeys([*map(_stream, issued), *links.values()])
        return _Known(
            invoices=tx.load(list(streams), invoices.evolve),
            links=links,
            connections=tx.load([connection_id(account) for account in accounts], connections.evolve),
            commands=commands.find(tx.cursor, named) if named else {},
            keys=keys,
        )


def _take(one: IssuedInvoice, known: _Known, taken: _Taken, at: Moment, only_known: bool) -> Receipt:
    key, text, stream = known.keys[one.account_id], msgspec.json.encode(one.text), _stream(one)
    state = known.invoices.get(stream)
    try:
        command = _command(one, key, known)
        if command is not None and _place(command) in known.commands:
            return _receipt(one, "known")
        if only_known and state is None:
            return _unheard_of(one)
        events = _decide(one, state, key.hmac(text), known, at)
        if events:
            _check_link(one, known)
    except Refusal as refusal:
        return _receipt(one, "refused", refusal)
    if command is not None:
        known.commands[_place(command)] = command
        taken.commands.append(command)
    if not events:
        return _receipt(one, "known")
    for event in events:
        state = known.invoices[stream] = invoices.evolve(state, event)
    known.links[_link(one)] = stream
    taken.events += events
    taken.texts.append(_sealed_text(one, key, stream, text))
    taken.contacts.append(_sealed_contact(one, key, at))
    return _receipt(one, "accepted")


def _unheard_of(one: IssuedInvoice) -> Receipt:
    why = NotPossible(f"invoice {one.invoice_id} was never taken on, so there is nothing to revise")
    return _receipt(one, "refused", why)


def _decide(one: IssuedInvoice, state: Invoice | None, text_hash: str, known: _Known, at: Moment) -> list[Event]:
    """Take the invoice on; one that is known already only with a newer revision."""
    connection = known.connections.get(connection_id(one.account_id))
    organisation = connection.organisation_id if connection else None
    if state is not None and (state.revision, one.revision) != (1, 1):
        return invoice_change.revise(state, one.document, text_hash, one.revision, at, organisation_id=organisation)
    return invoices.queue(
        state, one.account_id, one.invoice_id, one.document, text_hash, organisation, at, revision=one.revision
    )


def _check_link(one: IssuedInvoice, known: _Known) -> None:
    """The link tells our invoice in Xero from all others, so no two invoices may bear the same."""
    bearer = known.links.get(_link(one), _stream(one))
    if bearer != _stream(one):
        other = known.invoices[bearer].kyrios_invoice_id
        raise InvalidInput(
            Fault("/url", f"is the link of invoice {other} already; each invoice needs a link of its own")
        )


def _command(one: IssuedInvoice, key: AccountKey, known: _Known) -> CommandRecord | None:
    """The record of the sender's command, if it named one; a key used for another request is refused."""
    if one.command_id is None:
        return None
    content = [one.invoice_id, one.document, one.text, one.contact]
    asked = key.hmac(msgspec.json.encode(content if one.revision == 1 else [*content, one.revision]))
    answer = {"invoice_id": one.invoice_id, "result": "accepted"}
    command = CommandRecord(account_id=one.account_id, key=one.command_id, request_hash=asked, answer=answer)
    present = known.commands.get(_place(command))
    if present is not None and present.request_hash != asked:
        raise KeyReused(f"command {one.command_id} was used before for another request; use a new command_id")
    return command


def _place(command: CommandRecord) -> tuple[str, str]:
    return command.account_id, command.key


def _sealed_text(one: IssuedInvoice, key: AccountKey, stream: UUID, text: bytes) -> SealedInvoiceText:
    sealed = key.seal("invoice_text", str(stream), one.revision, text)
    return SealedInvoiceText(stream_id=stream, revision=one.revision, account_id=one.account_id, sealed=sealed)


def _sealed_contact(one: IssuedInvoice, key: AccountKey, at: Moment) -> SealedContact:
    revision = int(at.now.timestamp() * 1_000_000)
    contact_id = one.contact.contact_id
    sealed = key.seal("kyrios_contact", contact_id, revision, msgspec.json.encode(one.contact))
    return SealedContact(account_id=one.account_id, kyrios_contact_id=contact_id, revision=revision, sealed=sealed)


def _receipt(one: IssuedInvoice, result: Result, refusal: Refusal | None = None) -> Receipt:
    return Receipt(account_id=one.account_id, invoice_id=one.invoice_id, result=result, refusal=refusal)


def _link(one: IssuedInvoice) -> tuple[str, str]:
    return one.account_id, link(one.document.url)


def _stream(one: IssuedInvoice) -> UUID:
    return invoice_stream(one.account_id, one.invoice_id)
