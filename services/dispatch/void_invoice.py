"""Delivery kind: void an invoice in Xero that Kyrios has voided, by its InvoiceID. Voiding twice is voiding once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from adapters.event_store.store import Transaction
from adapters.xero.answers import XeroInvoice
from adapters.xero.calls import BATCH_SIZE, LARGEST_BODY, LOOK_UP_SIZE
from adapters.xero.invoice_mapping import body_of, render_void
from adapters.xero.refusals import FINAL_STATES, judge_void
from adapters.xero.session import XeroSession
from domain import invoice, invoice_change
from domain.causes import Cause
from domain.connection import Connection
from domain.event import Event, Moment
from domain.invoice import EntryKind, Invoice
from domain.preflight import elsewhere
from domain.streams import invoice_stream
from services.dispatch.judging import answered, judged
from services.dispatch.kind import Absent, Answered, Fence, Outcome, Refused, Saved, Sent, Unclear


class VoidInvoice:
    """Voids up to 50 invoices by one POST."""

    name: EntryKind = "void_invoice"
    most_entries = BATCH_SIZE
    most_searched = LOOK_UP_SIZE
    largest_body = LARGEST_BODY

    def subjects(self, tx: Transaction, stream_ids: Sequence[UUID], connection: Connection) -> Mapping[UUID, Invoice]:
        """Invoices by one select."""
        return tx.load(stream_ids, invoice.evolve)

    def causes(self, subject: Invoice, connection: Connection) -> list[Cause]:
        """That these are the books the invoice is in; all else is for Xero to say."""
        return elsewhere(subject, connection)

    def render(self, subject: Invoice, connection: Connection) -> tuple[bytes, dict[str, Any]]:
        """The element that voids it."""
        return render_void(_xero_id(subject)), {}

    def body(self, fragments: Sequence[bytes]) -> bytes:
        """The request body."""
        return body_of(fragments)

    def send(
        self,
        session: XeroSession,
        body: bytes,
        key: UUID,
        subjects: Sequence[Invoice],
        sent: Sequence[Sent],
        fence: Fence,
    ) -> Answered:
        """POST the voids; each element of the answer is judged by itself, also in a 200."""
        answer = session.post_invoices(body, str(key), before_send=fence)
        return judged(answer, subjects, _may_be, _outcome)

    def search(self, session: XeroSession, subjects: Sequence[Invoice], sent: Sequence[Sent], fence: Fence) -> Answered:
        """Look at the invoices by InvoiceID: voided by whomever, it is done; paid, it cannot be; else it is not yet."""
        answer = session.get_invoices([_xero_id(subject) for subject in subjects], before_send=fence)
        held = {element.invoice_id: element for element in answer.elements}
        return answered(answer, [_found(held.get(_xero_id(subject))) for subject in subjects])

    def reload(self, tx: Transaction, subjects: Sequence[Invoice]) -> list[Invoice]:
        """The invoices as they are now."""
        invoices = tx.load([self.place(s)[0] for s in subjects], invoice.evolve)
        return [invoices[self.place(s)[0]] for s in subjects]

    def blocked(self, subject: Invoice, causes: Sequence[Cause], connection: Connection, at: Moment) -> list[Event]:
        """InvoiceBlocked; it stays voided, with the causes beside it."""
        return invoice.block(subject, causes, connection.organisation_id, at)

    def unclear(self, subject: Invoice, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """OutcomeUnknown."""
        return invoice.outcome_unknown(subject, delivery_id, at, organisation_id=organisation_id, kind=self.name)

    def absent(self, subject: Invoice, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """OutcomeResolved."""
        return invoice.outcome_absent(subject, delivery_id, at, organisation_id=organisation_id)

    def saved(
        self, subject: Invoice, saved: Saved, sent: Sent, adopted: bool, organisation_id: str, at: Moment
    ) -> list[Event]:
        """VoidSynced."""
        return invoice_change.void_synced(subject, sent.delivery_id, at, organisation_id=organisation_id)

    def failed(
        self,
        subject: Invoice,
        cause: Cause,
        attempts: int,
        delivery_id: UUID | None,
        answer_ref: UUID | None,
        organisation_id: str | None,
        at: Moment,
    ) -> list[Event]:
        """ReviewRaised, or SyncFailed if retries ended."""
        return invoice_change.void_failed(
            subject,
            cause,
            attempts=attempts,
            delivery_id=delivery_id,
            answer_ref=answer_ref,
            at=at,
            organisation_id=organisation_id,
        )

    def place(self, subject: Invoice) -> tuple[UUID, str]:
        """The invoice's stream and account."""
        return invoice_stream(subject.account_id, subject.kyrios_invoice_id), subject.account_id


def _xero_id(subject: Invoice) -> str:
    assert subject.xero_invoice_id is not None, "what is voided is in Xero"
    return subject.xero_invoice_id


def _may_be(element: XeroInvoice, subject: Invoice) -> bool:
    return element.invoice_id in ("", _xero_id(subject))


def _outcome(element: XeroInvoice, _: Invoice) -> Outcome:
    """Refused for its status, it may be voided already or paid. If it turns out to be neither, the refusal stands."""
    judgement = judge_void(element)
    if judgement.kind == "saved":
        return Saved(element)
    if judgement.kind == "refused" and judgement.cause is not None:
        return Refused(judgement.cause, judgement.words)
    return Unclear(refused_alone=element.has_errors, words=judgement.words)


def _found(element: XeroInvoice | None) -> Outcome:
    status = element.status.upper() if element else ""
    if element and status in ("VOIDED", "DELETED"):
        return Saved(element)
    paid = Cause("void_refused", facts={"state": FINAL_STATES["PAID"]})
    return Refused(paid, conflict=True) if status == "PAID" else Absent()
