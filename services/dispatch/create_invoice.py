"""Delivery kind: create an invoice in Xero, by PUT and never by POST, which would overwrite one of the same number."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from adapters.event_store import sealed_texts
from adapters.event_store.store import Transaction
from adapters.vault.account_keys import AccountKeys, Erased, open_or_erased
from adapters.xero.answers import InvoicesAnswer, XeroInvoice
from adapters.xero.calls import BATCH_SIZE, LARGEST_BODY
from adapters.xero.invoice_mapping import body_of, render_invoice
from adapters.xero.look_up import search
from adapters.xero.refusals import judge
from adapters.xero.session import XeroSession
from domain import contact_link, invoice
from domain.causes import Cause
from domain.connection import Connection
from domain.contact_link import ContactLink
from domain.document import InvoiceText, Line
from domain.event import Event, Moment
from domain.invoice import Invoice
from domain.preflight import causes_against
from domain.streams import contact_link_stream, invoice_stream
from domain.tax import TaxSet
from services.dispatch.kind import Absent, Answered, Fence, Outcome, Refused, Saved, Sent, Unclear

ERASED_TEXT = "[erased]"
UNTAXED = "NONE"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice with its free text and its customer's link."""

    invoice: Invoice
    text: InvoiceText
    link: ContactLink | None


class CreateInvoice:
    """Creates up to 50 invoices by one PUT; Xero's page on limits asks for at most 50 elements and 3.5 MB."""

    name = "create_invoice"
    most_entries = BATCH_SIZE
    largest_body = LARGEST_BODY

    def __init__(self, keys: AccountKeys) -> None:
        self._keys = keys

    def subjects(self, tx: Transaction, stream_ids: Sequence[UUID], connection: Connection) -> Mapping[UUID, Subject]:
        """Invoices, links and texts by one select each."""
        invoices = tx.load(stream_ids, invoice.evolve)
        links = tx.load([_link_stream(i) for i in invoices.values()], contact_link.evolve)
        sealed = sealed_texts.invoice_texts(tx.cursor, [(stream, i.revision) for stream, i in invoices.items()])
        return {
            stream: Subject(
                invoice=known,
                text=self._open(stream, known, sealed.get(stream)),
                link=links.get(_link_stream(known)),
            )
            for stream, known in invoices.items()
        }

    def causes(self, subject: Subject, connection: Connection) -> list[Cause]:
        """Preflight."""
        return causes_against(subject.invoice.document, connection, subject.link)

    def render(self, subject: Subject, connection: Connection) -> tuple[bytes, dict[str, Any]]:
        """The invoice as one JSON element; preflight has passed, so link, account and mappings exist."""
        document, link = subject.invoice.document, subject.link
        assert link is not None
        assert link.xero_contact_id is not None
        assert connection.default_line is not None
        default_account = connection.default_line.account_id

        def account_of(line: Line) -> str:
            return line.ledger_account_id or default_account

        def tax_type_of(tax_set: TaxSet) -> str:
            return connection.mappings[tax_set.key].tax_type if tax_set.components else UNTAXED

        fragment = render_invoice(document, subject.text, link.xero_contact_id, account_of, tax_type_of)
        used = {line.tax_set.key for line in document.lines if line.tax_set.components}
        facts = {
            "contact": link.xero_contact_id,
            "mappings": {key: connection.mappings[key].version for key in sorted(used)},
        }
        return fragment, facts

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
        in_step = len(answer.elements) == len(subjects) and all(
            _may_be(element, subject) for element, subject in zip(answer.elements, subjects, strict=False)
        )
        if not in_step:
            return _answered(answer, [Unclear()] * len(subjects))
        return _answered(answer, [_outcome(element) for element in answer.elements])

    def search(self, session: XeroSession, subjects: Sequence[Subject], sent: Sequence[Sent], fence: Fence) -> Answered:
        """Find the invoices by number; ours are told by the Kyrios link in their Url."""
        answer = session.find_invoices([s.invoice.document.number for s in subjects], before_send=fence)
        return _answered(answer, [_found(s, note, answer) for s, note in zip(subjects, sent, strict=True)])

    def reload(self, tx: Transaction, subjects: Sequence[Subject]) -> list[Subject]:
        """The invoices as they are now."""
        invoices = tx.load([self.place(s)[0] for s in subjects], invoice.evolve)
        return [msgspec.structs.replace(s, invoice=invoices[self.place(s)[0]]) for s in subjects]

    def blocked(self, subject: Subject, causes: Sequence[Cause], connection: Connection, at: Moment) -> list[Event]:
        """InvoiceBlocked."""
        return invoice.block(subject.invoice, causes, connection.organisation_id, at)

    def unclear(self, subject: Subject, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """OutcomeUnknown."""
        return invoice.outcome_unknown(subject.invoice, delivery_id, at, organisation_id=organisation_id)

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
            totals=found.totals or subject.invoice.document.totals,
            fragment_hash=sent.fragment_hash,
            mapping_versions=sent.facts.get("mappings", {}),
            delivery_id=sent.delivery_id,
            adopted=adopted,
            at=at,
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
        """SyncFailed."""
        return invoice.fail(
            subject.invoice,
            cause,
            attempts=attempts,
            delivery_id=delivery_id,
            answer_ref=answer_ref,
            at=at,
            organisation_id=organisation_id,
        )

    def place(self, subject: Subject) -> tuple[UUID, str]:
        """The invoice's stream and account."""
        known = subject.invoice
        return invoice_stream(known.account_id, known.kyrios_invoice_id), known.account_id

    def _open(self, stream: UUID, known: Invoice, sealed: bytes | None) -> InvoiceText:
        key = self._keys.get(known.account_id)
        opened = open_or_erased(key, "invoice_text", str(stream), known.revision, sealed)
        if isinstance(opened, Erased):
            return InvoiceText(reference="", descriptions=tuple(ERASED_TEXT for _ in known.document.lines))
        return msgspec.json.decode(opened, type=InvoiceText)


def _link_stream(known: Invoice) -> UUID:
    return contact_link_stream(known.account_id, known.document.kyrios_contact_id)


def _answered(answer: InvoicesAnswer, outcomes: Sequence[Outcome]) -> Answered:
    return Answered(
        outcomes=tuple(outcomes),
        status=answer.status,
        correlation_id=answer.correlation_id,
        rates=answer.rates,
    )


def _may_be(element: XeroInvoice, subject: Subject) -> bool:
    return element.number in ("", subject.invoice.document.number)


def _outcome(element: XeroInvoice) -> Outcome:
    judgement = judge(element)
    if judgement.kind == "saved" and element.invoice_id and element.totals is not None:
        return Saved(element)
    if judgement.kind == "refused" and judgement.cause is not None:
        return Refused(judgement.cause, judgement.words)
    return Unclear()


def _found(subject: Subject, sent: Sent, answer: InvoicesAnswer) -> Outcome:
    document = subject.invoice.document
    found = search(document, sent.facts.get("contact", ""), answer.elements)
    if found.verdict == "absent":
        return Absent()
    if found.verdict == "ours_equal":
        return Saved(found.invoice)
    return Refused(
        Cause("duplicate_number_in_xero", key=document.number, facts={"number": document.number}), conflict=True
    )
