"""Delivery kind: enter a Kyrios payment of an invoice that is in Xero, one after the other of each invoice.

Xero keeps no key of ours on a payment, so a blind repeat would be a second payment: after an unknown outcome it is
searched by invoice and reference, and that is all there is. That a payment never exceeds what is due is checked by Xero
itself, at the moment it counts; its refusal is final and a person looks at it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from adapters.event_store.store import Transaction
from adapters.xero.answers import PaymentsAnswer, XeroPayment
from adapters.xero.calls import BATCH_SIZE, LARGEST_BODY
from adapters.xero.payment_judgement import judge_payment, search_payment
from adapters.xero.payment_mapping import payments_body, render_payment
from adapters.xero.session import XeroSession
from domain import invoice, invoice_change, paying
from domain.causes import VOIDED, Cause, is_unfound
from domain.connection import Connection
from domain.event import Event, Moment
from domain.invoice import Invoice
from domain.invoice_payment import InvoicePayment, next_due
from domain.preflight import elsewhere
from domain.streams import invoice_stream
from services.dispatch.judging import answered, judged
from services.dispatch.kind import Absent, Answered, Fence, Outcome, Refused, Saved, Sent, Unclear


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice in Xero, and which of its payments is meant."""

    invoice: Invoice
    due: InvoicePayment

    @property
    def xero_invoice_id(self) -> str:
        """The invoice the payment is for."""
        assert self.invoice.xero_invoice_id is not None, "a payment follows its invoice"
        return self.invoice.xero_invoice_id

    @property
    def reference(self) -> str:
        """What the payment is known by in Xero: its Kyrios id."""
        return self.due.payment.payment_id


class CreatePayment:
    """Enters up to 50 payments by one PUT, never two of one invoice."""

    name = "create_payment"
    most_entries = BATCH_SIZE
    most_searched = 1
    largest_body = LARGEST_BODY

    def subjects(self, tx: Transaction, stream_ids: Sequence[UUID], connection: Connection) -> Mapping[UUID, Subject]:
        """Invoices by one select. An invoice has one live entry, and its payments go in order: it is the next one's."""
        return {stream: _next_of(known) for stream, known in tx.load(stream_ids, invoice.evolve).items()}

    def causes(self, subject: Subject, connection: Connection) -> list[Cause]:
        """That the invoice was voided, or is in other books than these; all else Xero judges, and then a person."""
        return [VOIDED] if subject.invoice.status == "voided" else elsewhere(subject.invoice, connection)

    def render(self, subject: Subject, connection: Connection) -> tuple[bytes, dict[str, Any]]:
        """The payment as one JSON element."""
        fragment = render_payment(subject.due.payment, subject.xero_invoice_id, subject.due.account_id)
        return fragment, {"payment": subject.reference}

    def body(self, fragments: Sequence[bytes]) -> bytes:
        """The request body."""
        return payments_body(fragments)

    def send(
        self,
        session: XeroSession,
        body: bytes,
        key: UUID,
        subjects: Sequence[Subject],
        sent: Sequence[Sent],
        fence: Fence,
    ) -> Answered:
        """PUT the payments; each element of the answer is judged by itself, also in a 200."""
        answer = session.put_payments(body, str(key), before_send=fence)
        return judged(answer, subjects, _may_be, _outcome)

    def search(self, session: XeroSession, subjects: Sequence[Subject], sent: Sequence[Sent], fence: Fence) -> Answered:
        """Find the payments by invoice and reference."""
        answer = session.find_payments([(s.xero_invoice_id, s.reference) for s in subjects], before_send=fence)
        return answered(answer, [_found(s, answer) for s in subjects])

    def reload(self, tx: Transaction, subjects: Sequence[Subject]) -> list[Subject]:
        """The invoices as they are now; the payment that is meant stays the same."""
        invoices = tx.load([self.place(s)[0] for s in subjects], invoice.evolve)
        return [msgspec.structs.replace(s, invoice=invoices[self.place(s)[0]]) for s in subjects]

    def blocked(self, subject: Subject, causes: Sequence[Cause], connection: Connection, at: Moment) -> list[Event]:
        """InvoiceVoided once more: a payment of a voided invoice that did not arrive stays out. ReviewRaised if the
        invoice is in other books: no payment follows it there.
        """
        organisation = connection.organisation_id
        if causes == [VOIDED]:
            return invoice_change.not_sent_as_voided(subject.invoice, at, organisation_id=organisation)
        return paying.payment_refused(
            subject.invoice,
            subject.due.payment,
            causes[0],
            found=False,
            answer_ref=None,
            at=at,
            organisation_id=organisation,
        )

    def unclear(self, subject: Subject, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """OutcomeUnknown."""
        known, payment = subject.invoice, subject.due.payment
        return paying.payment_unknown(known, payment, delivery_id, at, organisation_id=organisation_id)

    def absent(self, subject: Subject, delivery_id: UUID, organisation_id: str | None, at: Moment) -> list[Event]:
        """OutcomeResolved."""
        return invoice.outcome_absent(subject.invoice, delivery_id, at, organisation_id=organisation_id)

    def saved(
        self, subject: Subject, saved: Saved, sent: Sent, adopted: bool, organisation_id: str, at: Moment
    ) -> list[Event]:
        """PaymentSynced."""
        found: XeroPayment = saved.what
        return paying.payment_synced(
            subject.invoice,
            subject.due.payment,
            xero_payment_id=found.payment_id,
            delivery_id=sent.delivery_id,
            organisation_id=organisation_id,
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
        """ReviewRaised: the invoice stays synced."""
        return paying.payment_refused(
            subject.invoice,
            subject.due.payment,
            cause,
            found=cause.code == CONFLICT.code and not is_unfound(cause),
            answer_ref=answer_ref,
            at=at,
            organisation_id=organisation_id,
        )

    def place(self, subject: Subject) -> tuple[UUID, str]:
        """The invoice's stream and account."""
        known = subject.invoice
        return invoice_stream(known.account_id, known.kyrios_invoice_id), known.account_id


CONFLICT: Final = Cause("outcome_unresolved")
"""Xero holds something else under the payment's reference."""


def _next_of(known: Invoice) -> Subject:
    due = next_due(known.payments)
    assert due is not None, "an entry for a payment ends with the payment"
    return Subject(invoice=known, due=due)


def _may_be(element: XeroPayment, subject: Subject) -> bool:
    return element.reference in ("", subject.reference) and element.invoice_id in ("", subject.xero_invoice_id)


def _outcome(element: XeroPayment, _: Subject) -> Outcome:
    judgement = judge_payment(element)
    if judgement.kind == "saved":
        return Saved(element)
    if judgement.kind == "refused" and judgement.cause is not None:
        return Refused(judgement.cause, judgement.words)
    return Unclear()


def _found(subject: Subject, answer: PaymentsAnswer) -> Outcome:
    found = search_payment(subject.due.payment, subject.xero_invoice_id, answer.elements)
    match found.verdict:
        case "ours":
            return Saved(found.payment)
        case "conflict":
            return Refused(CONFLICT, conflict=True)
    return Absent()
