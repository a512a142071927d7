"""Delivery kind: bring a newer revision of an invoice to Xero, by its InvoiceID and never by its number.

An update is the whole document again, so it is loaded, checked and rendered as for creation, and sending it twice is
the same as sending it once. Whether Xero still lets the invoice be changed is for Xero to say, at the moment it counts:
paid, locked, voided or gone, its refusal is a review with its own words.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from adapters.xero.answers import XeroInvoice
from adapters.xero.invoice_content import content_of_fragment
from adapters.xero.look_up import is_as_sent
from adapters.xero.refusals import FINAL_STATES, judge_update
from adapters.xero.session import XeroSession
from domain import invoice_change
from domain.causes import VOIDED, Cause
from domain.connection import Connection
from domain.event import Event, Moment
from domain.invoice import EntryKind, Invoice
from domain.preflight import elsewhere
from services.dispatch.create_invoice import CreateInvoice, Subject
from services.dispatch.judging import answered, judged
from services.dispatch.kind import Absent, Answered, Fence, Outcome, Refused, Saved, Sent, Unclear


class UpdateInvoice(CreateInvoice):
    """Updates up to 50 invoices by one POST."""

    name: EntryKind = "update_invoice"

    def causes(self, subject: Subject, connection: Connection) -> list[Cause]:
        """Preflight as for creation, and that these are the books the invoice is in."""
        causes = super().causes(subject, connection)
        return causes if causes == [VOIDED] else [*elsewhere(subject.invoice, connection), *causes]

    def render(self, subject: Subject, connection: Connection) -> tuple[bytes, dict[str, Any]]:
        """The invoice as one JSON element that names its InvoiceID; the facts tell its content when it is searched."""
        fragment, facts = super().render(subject, connection)
        key = self._keys.get(connection.account_id)
        return fragment, facts | {"content": key.hmac(content_of_fragment(fragment))}

    def changed_in_xero(self, known: Invoice) -> str:
        """The InvoiceID of the invoice that is changed."""
        assert known.xero_invoice_id is not None, "what is updated is in Xero"
        return known.xero_invoice_id

    def send(
        self,
        session: XeroSession,
        body: bytes,
        key: UUID,
        subjects: Sequence[Subject],
        sent: Sequence[Sent],
        fence: Fence,
    ) -> Answered:
        """POST the invoices; each element of the answer is judged by itself, also in a 200."""
        answer = session.post_invoices(body, str(key), before_send=fence)
        return judged(answer, subjects, _may_be, _outcome)

    def search(self, session: XeroSession, subjects: Sequence[Subject], sent: Sequence[Sent], fence: Fence) -> Answered:
        """Look at the invoices by InvoiceID. What is not exactly as it was sent is sent again, which harms nobody.

        One that is paid, voided or deleted by now is not: it cannot be changed any more.
        """
        were = [self.recalled(subject, note) for subject, note in zip(subjects, sent, strict=True)]
        answer = session.get_invoices([s.invoice.xero_invoice_id or "" for s in were], before_send=fence)
        held = {element.invoice_id: element for element in answer.elements}
        outcomes: list[Outcome] = []
        for subject, note in zip(were, sent, strict=True):
            element = held.get(subject.invoice.xero_invoice_id or "")
            outcomes.append(self._found(element, subject, note) if element else Absent())
        return answered(answer, outcomes)

    def _found(self, element: XeroInvoice, subject: Subject, sent: Sent) -> Outcome:
        if self._is_as_sent(element, subject, sent):
            return Saved(element)
        state = FINAL_STATES.get(element.status.upper())
        return Refused(Cause("edit_refused", facts={"state": state})) if state else Absent()

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
        """ReviewRaised, or SyncFailed if retries ended: the invoice stays synced."""
        return invoice_change.update_failed(
            subject.invoice,
            cause,
            revision=subject.revision,
            attempts=attempts,
            delivery_id=delivery_id,
            answer_ref=answer_ref,
            at=at,
            organisation_id=organisation_id,
        )

    def _is_as_sent(self, element: XeroInvoice, subject: Subject, sent: Sent) -> bool:
        content = self._keys.get(subject.invoice.account_id).hmac(element.content)
        same = is_as_sent(subject.sent, sent.facts.get("contact", ""), element)
        return same and content == sent.facts.get("content")


def _may_be(element: XeroInvoice, subject: Subject) -> bool:
    return element.invoice_id in ("", subject.invoice.xero_invoice_id)


def _outcome(element: XeroInvoice, subject: Subject) -> Outcome:
    judgement = judge_update(element, subject.sent.number)
    if judgement.kind == "saved" and element.totals is not None:
        return Saved(element)
    if judgement.kind == "refused" and judgement.cause is not None:
        return Refused(judgement.cause, judgement.words)
    return Unclear(refused_alone=element.has_errors, words=judgement.words)
