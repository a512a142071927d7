"""Delivery kind: create an invoice in Xero, by PUT and never by POST, which would overwrite one of the same number."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from adapters import reference_data
from adapters.event_store import identities, sealed_texts
from adapters.event_store.store import Transaction
from adapters.vault.account_keys import AccountKeys, Erased, open_or_erased
from adapters.vault.errors import VaultError
from adapters.xero.answers import InvoicesAnswer, XeroInvoice
from adapters.xero.calls import BATCH_SIZE, LARGEST_BODY, LOOK_UP_SIZE
from adapters.xero.invoice_mapping import body_of, render_invoice
from adapters.xero.look_up import search
from adapters.xero.refusals import judge
from adapters.xero.session import XeroSession
from domain import invoice, invoice_change, paying, told_by_xero
from domain.amounts import amounts_in_xero
from domain.causes import VOIDED, Cause
from domain.connection import Connection
from domain.document import InvoiceDocument, InvoiceText, Line, Payment
from domain.event import Event, Moment
from domain.invoice import EntryKind, Invoice
from domain.invoice_identity import in_xero
from domain.preflight import causes_against
from domain.references import References
from domain.streams import connection_id, invoice_stream
from domain.tax import TaxSet
from services.contacts.standing import ContactPlace, ContactStandings, learned
from services.dispatch.judging import answered, judged
from services.dispatch.kind import Absent, Answered, Fence, Outcome, Refused, Saved, Sent, Unclear

UNTAXED = "NONE"


class TextGone(Exception):
    """An invoice cannot be rendered, because its free text is not there any more."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice with its free text, its customer's place, and what Xero last said of the organisation.

    `revision` is the one that is, or was, rendered; the invoice itself may have gone on since. `text` is None if it was
    erased or cannot be opened: such an invoice can be searched for, but not sent.
    """

    invoice: Invoice
    text: InvoiceText | None
    customer: ContactPlace
    references: References
    revision: int

    @property
    def sent(self) -> InvoiceDocument:
        """The document as it was rendered."""
        return self.invoice.as_of(self.revision).document


class CreateInvoice:
    """Creates up to 50 invoices by one PUT; Xero's page on limits asks for at most 50 elements and 3.5 MB."""

    name: EntryKind = "create_invoice"
    most_entries = BATCH_SIZE
    most_searched = LOOK_UP_SIZE
    largest_body = LARGEST_BODY

    def __init__(self, keys: AccountKeys) -> None:
        self._keys, self._standings = keys, ContactStandings(keys)

    def subjects(self, tx: Transaction, stream_ids: Sequence[UUID], connection: Connection) -> Mapping[UUID, Subject]:
        """Invoices, customers, texts and references by one select each."""
        invoices = tx.load(stream_ids, invoice.evolve)
        references = reference_data.read(tx.cursor, connection_id(connection.account_id), connection.organisation_id)
        customers = self._standings.of(tx, connection, (i.document.kyrios_contact_id for i in invoices.values()))
        sealed = sealed_texts.invoice_texts(tx.cursor, [(stream, i.revision) for stream, i in invoices.items()])
        return {
            stream: Subject(
                invoice=known,
                text=self._open(stream, known, sealed.get(stream)),
                customer=customers[known.document.kyrios_contact_id],
                references=references,
                revision=known.revision,
            )
            for stream, known in invoices.items()
        }

    def causes(self, subject: Subject, connection: Connection) -> list[Cause]:
        """Preflight; an invoice that was voided while it was on the wire and did not arrive is not sent again."""
        known = subject.invoice
        if known.status == "voided":
            return [VOIDED]
        return causes_against(
            known.document,
            connection,
            subject.customer.standing,
            subject.references,
            waived=known.waived,
            in_xero=known.xero_invoice_id is not None,
        )

    def preparations(self, subjects: Sequence[Subject], connection: Connection, at: Moment) -> list[Event]:
        """ContactLinked for contacts that fit, ContactWanted for those that are to be created."""
        found = {s.customer.kyrios_contact_id: s.customer for s in subjects if s.customer.standing.verdict == "link"}
        wanted = {
            s.customer.kyrios_contact_id: s.customer
            for s in subjects
            if s.customer.standing.verdict == "wanted" and self.causes(s, connection) == [*s.customer.standing.causes]
        }
        return [event for place in (found | wanted).values() for event in learned(place, connection, at)]

    def render(self, subject: Subject, connection: Connection) -> tuple[bytes, dict[str, Any]]:
        """The invoice as one JSON element; preflight has passed, so contact, account and mappings exist."""
        known, xero_contact_id = subject.invoice, subject.customer.standing.xero_contact_id
        document = known.document
        assert connection.default_line is not None
        if subject.text is None:
            raise TextGone(f"the text of invoice {known.kyrios_invoice_id} was erased or cannot be opened")
        default_account = connection.default_line.account_id

        def account_of(line: Line) -> str:
            return line.ledger_account_id or default_account

        def tax_type_of(tax_set: TaxSet) -> str:
            return connection.mappings[tax_set.key].tax_type if tax_set.components else UNTAXED

        taxes = amounts_in_xero(document, connection).line_taxes
        fragment = render_invoice(
            document, subject.text, xero_contact_id, account_of, tax_type_of, taxes, self.changed_in_xero(known)
        )
        facts = {
            "revision": known.revision,
            "contact": xero_contact_id,
            "mappings": {key: connection.mappings[key].version for key in sorted(document.taxes())},
            **_payment_facts(document, connection),
        }
        return fragment, facts

    def changed_in_xero(self, known: Invoice) -> str:
        """The InvoiceID of the invoice that is changed: none, it is created."""
        return ""

    def body(self, fragments: Sequence[bytes]) -> bytes:
        """The request body."""
        return body_of(fragments)

    def send(
        self,
        session: XeroSession,
        body: bytes,
        key: UUID,
        subjects: Sequence[Subject],
        sent: Sequence[Sent],
        fence: Fence,
    ) -> Answered:
        """PUT the invoices; each element of the answer is judged by itself, also in a 200."""
        answer = session.put_invoices(body, str(key), before_send=fence)
        return judged(answer, subjects, _may_be, _outcome)

    def search(self, session: XeroSession, subjects: Sequence[Subject], sent: Sequence[Sent], fence: Fence) -> Answered:
        """Find the invoices by number; ours are told by the Kyrios link in their Url."""
        were = [self.recalled(subject, note) for subject, note in zip(subjects, sent, strict=True)]
        answer = session.find_invoices([subject.sent.number for subject in were], before_send=fence)
        return answered(answer, [_found(subject, answer) for subject in were])

    def doubted(self, tx: Transaction, subjects: Sequence[Subject], outcomes: Sequence[Outcome]) -> list[Outcome]:
        """What another invoice of the account stands for already is not adopted, whatever link it bears by now."""
        places = [self.place(subject) for subject in subjects]
        names = [(a, _name_of(outcome)) for (_, a), outcome in zip(places, outcomes, strict=True)]
        bearers = identities.find(tx.cursor, names)
        return [
            outcome if bearers.get(name, stream) == stream else _another(subject)
            for subject, outcome, (stream, _), name in zip(subjects, outcomes, places, names, strict=True)
        ]

    def reload(self, tx: Transaction, subjects: Sequence[Subject]) -> list[Subject]:
        """The invoices as they are now."""
        invoices = tx.load([self.place(s)[0] for s in subjects], invoice.evolve)
        return [msgspec.structs.replace(s, invoice=invoices[self.place(s)[0]]) for s in subjects]

    def recalled(self, subject: Subject, sent: Sent) -> Subject:
        """The subject as of the revision that was sent."""
        return msgspec.structs.replace(subject, revision=sent.facts.get("revision", subject.revision))

    def blocked(self, subject: Subject, causes: Sequence[Cause], connection: Connection, at: Moment) -> list[Event]:
        """InvoiceBlocked; InvoiceVoided once more, if there is nothing left to await."""
        if [*causes] == [VOIDED]:
            organisation = connection.organisation_id
            return invoice_change.not_sent_as_voided(subject.invoice, at, organisation_id=organisation)
        return invoice.block(subject.invoice, causes, connection.organisation_id, at)

    def unclear(self, subject: Subject, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """OutcomeUnknown."""
        return invoice.outcome_unknown(
            subject.invoice, delivery_id, at, organisation_id=organisation_id, kind=self.name
        )

    def absent(self, subject: Subject, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """OutcomeResolved."""
        return invoice.outcome_absent(subject.invoice, delivery_id, at, organisation_id=organisation_id)

    def saved(
        self, subject: Subject, saved: Saved, sent: Sent, adopted: bool, organisation_id: str, at: Moment
    ) -> list[Event]:
        """InvoiceSynced, and a review if Xero's totals differ."""
        found: XeroInvoice = saved.what
        return invoice.synced(
            subject.invoice,
            organisation_id=organisation_id,
            xero_invoice_id=found.invoice_id,
            totals=found.totals or subject.sent.totals,
            fragment_hash=sent.fragment_hash,
            mapping_versions=sent.facts.get("mappings", {}),
            delivery_id=sent.delivery_id,
            adopted=adopted,
            at=at,
            payments=msgspec.convert(sent.facts.get("payments", []), tuple[Payment, ...]),
            payment_account_id=sent.facts.get("payment_account"),
            revision=subject.revision,
        )

    def failed(
        self,
        subject: Subject,
        cause: Cause,
        attempts: int,
        delivery_id: UUID | None,
        answer_ref: UUID | None,
        organisation_id: str | None,
        at: Moment,
    ) -> list[Event]:
        """SyncFailed; InvoiceBlocked for a cause that is watched."""
        return told_by_xero.refused(
            subject.invoice,
            cause,
            attempts=attempts,
            delivery_id=delivery_id,
            answer_ref=answer_ref,
            at=at,
            organisation_id=organisation_id,
            revision=subject.revision,
        )

    def place(self, subject: Subject) -> tuple[UUID, str]:
        """The invoice's stream and account."""
        known = subject.invoice
        return invoice_stream(known.account_id, known.kyrios_invoice_id), known.account_id

    def _open(self, stream: UUID, known: Invoice, sealed: bytes | None) -> InvoiceText | None:
        key = self._keys.get(known.account_id)
        try:
            opened = open_or_erased(key, "invoice_text", str(stream), known.revision, sealed)
        except VaultError:
            return None
        return None if isinstance(opened, Erased) else msgspec.json.decode(opened, type=InvoiceText)


def _payment_facts(document: InvoiceDocument, connection: Connection) -> dict[str, Any]:
    """The payments that are to follow, and on which account: as they stand now, whatever is changed meanwhile."""
    payments, account = paying.payments_to_make(document, connection), connection.default_payment
    if not payments or account is None:
        return {}
    return {"payments": msgspec.to_builtins(payments), "payment_account": account.account_id}


def _may_be(element: XeroInvoice, subject: Subject) -> bool:
    return element.number in ("", subject.invoice.document.number)


def _outcome(element: XeroInvoice, subject: Subject) -> Outcome:
    judgement = judge(element)
    if judgement.kind == "saved" and element.invoice_id and element.totals is not None:
        return Saved(element)
    if judgement.kind == "refused" and judgement.cause is not None:
        return Refused(_keyed(judgement.cause, subject.invoice.document), judgement.words)
    return Unclear()


def _keyed(cause: Cause, document: InvoiceDocument) -> Cause:
    """The cause with the key its fix is known by, as preflight would have named it."""
    taxes = [*document.taxes()]
    keys = {
        "contact_archived": document.kyrios_contact_id,
        "tax_not_allowed_on_account": taxes[0] if len(taxes) == 1 else "",
    }
    return msgspec.structs.replace(cause, key=keys.get(cause.code) or cause.key)


def _found(subject: Subject, answer: InvoicesAnswer) -> Outcome:
    found = search(subject.sent, answer.elements)
    if found.invoice is None:
        return Absent()
    if found.verdict == "conflict":
        return _another(subject)
    return Saved(found.invoice) if found.invoice.totals is not None else Unclear()


def _name_of(outcome: Outcome) -> str:
    return in_xero(outcome.what.invoice_id) if isinstance(outcome, Saved) else ""


def _another(subject: Subject) -> Refused:
    number = subject.sent.number
    return Refused(Cause("duplicate_number_in_xero", key=number, facts={"number": number}), conflict=True)
