"""The named points at which a process stops to be killed: test subclasses of the parts that are at work there.

A stopped process has said "reached POINT" and waits for a line; one that is killed never gets it.
"""

import http.client
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent
from psycopg import Cursor

from adapters.event_store.lane_calls import Admission
from adapters.event_store.outbox import LeasedEntry
from adapters.event_store.recorder import OutboxRecorder
from adapters.vault.grants import Grant
from adapters.xero.answers import Answer, InvoicesAnswer, PaymentsAnswer, XeroContact
from adapters.xero.session import BeforeSend, XeroSession, nothing
from adapters.xero.token_answer import TokenAnswer
from adapters.xero.tokens import TokenSource
from domain.connection import Connection
from services.bootstrap import Parts
from services.contact_reader import ContactReader
from services.dispatch.claim import Claim
from services.dispatch.kind import DeliveryKind
from services.dispatch.lane_work import Work
from services.mailing.mailer import Mailer, Ready
from tests.crash.killers import DiesRendering, DiesSending


def reached(point: str) -> None:
    """Tell the parent where we are, and wait for its word."""
    say(f"reached {point}")
    sys.stdin.readline()


def say(line: str) -> None:
    """One line to the parent."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class StopsBeforeCommit(OutboxRecorder):
    """Events and all that belongs to them are written and not yet committed."""

    def _insert_stored_events(self, curs: Cursor[Any], stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        super()._insert_stored_events(curs, stored_events, **kwargs)
        reached("before_commit")


class StopsAfterCommit(OutboxRecorder):
    """Events and all that belongs to them are committed; the caller does not know yet."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Commit, then stop."""
        ids: Sequence[int] | None = super().insert_events(stored_events, **kwargs)
        reached("after_commit")
        return ids


class StopsInsideClaim(Claim):
    """Entries are leased in a transaction that is not committed."""

    def _lease(
        self,
        tx: Any,
        kind: DeliveryKind[Any],
        passed: Sequence[tuple[LeasedEntry, Any]],
        connection: Connection,
        connection_id: UUID,
        admission: Admission,
        began: float,
    ) -> Work[Any] | None:
        work = super()._lease(tx, kind, passed, connection, connection_id, admission, began)
        reached("inside_claim")
        return work


class StopsAfterClaim(Claim):
    """Entries are leased and their delivery is committed; nothing was sent."""

    def to_send(self, connection_id: UUID) -> Work[Any] | None:
        """Claim, then stop."""
        work = super().to_send(connection_id)
        if work is not None:
            reached("after_claim")
        return work


class StopsWithTokens(TokenSource):
    """Xero has rotated the tokens and answered; the new ones are not kept."""

    def _ask(self, grant: Grant, claimed_until: datetime) -> TokenAnswer | None:
        answer = super()._ask(grant, claimed_until)
        reached("with_tokens")
        return answer


class StopsBeforeFence(XeroSession):
    """A token is at hand; the fence is still to be passed."""

    def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Stop right before the fence."""

        def stop() -> None:
            reached("before_fence")
            before_send()

        return super().put_invoices(body, idempotency_key, before_send=stop)


class StopsAfterFence(XeroSession):
    """The fence is passed; not a byte is on the wire."""

    def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Stop right after the fence."""

        def stop() -> None:
            before_send()
            reached("after_fence")

        return super().put_invoices(body, idempotency_key, before_send=stop)


class StopsHalfSent(XeroSession):
    """Half of the request is on the wire."""

    def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Send half of the request over a connection of our own, then stop."""
        token = self._tokens.access_token(self._grant_id)
        wire = http.client.HTTPConnection(urlsplit(self._client._api_url).netloc, timeout=60)
        wire.putrequest("PUT", "/api.xro/2.0/Invoices?summarizeErrors=false&unitdp=4")
        wire.putheader("Authorization", f"Bearer {token.secret.reveal()}")
        wire.putheader("xero-tenant-id", self._organisation_id)
        wire.putheader("Accept", "application/json")
        wire.putheader("Content-Type", "application/json")
        wire.putheader("Content-Length", str(len(body)))
        wire.putheader("Idempotency-Key", idempotency_key)
        wire.endheaders()
        wire.send(body[: len(body) // 2])
        reached("half_sent")
        raise AssertionError("a process that sent half a request is to be killed")


class StopsWithAnswer(XeroSession):
    """Xero's answer is read; nothing of it is recorded."""

    def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Send, read the answer, then stop."""
        answer = super().put_invoices(body, idempotency_key, before_send=before_send)
        reached("with_answer")
        return answer


class StopsBeforeSearch(XeroSession):
    """Entries are leased for a look-up; Xero was not asked yet."""

    def find_invoices(self, numbers: Sequence[str], *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Stop, then search."""
        reached("before_search")
        return super().find_invoices(numbers, before_send=before_send)


class StopsAfterSearch(XeroSession):
    """Xero was searched; nothing of what it said is recorded."""

    def find_invoices(self, numbers: Sequence[str], *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Search, then stop."""
        answer = super().find_invoices(numbers, before_send=before_send)
        reached("after_search")
        return answer


class StopsBeforeChange(XeroSession):
    """The fence is passed; not a byte of the changes is on the wire."""

    def post_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Stop right after the fence."""

        def stop() -> None:
            before_send()
            reached("before_change")

        return super().post_invoices(body, idempotency_key, before_send=stop)


class StopsWithChangeAnswer(XeroSession):
    """Xero's answer to changes is read; nothing of it is recorded."""

    def post_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Send, read the answer, then stop."""
        answer = super().post_invoices(body, idempotency_key, before_send=before_send)
        reached("change_answered")
        return answer


class StopsBeforeChangeSearch(XeroSession):
    """Changes are leased for a look-up; Xero was not asked yet."""

    def get_invoices(self, invoice_ids: Sequence[str], *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Stop, then look."""
        reached("before_change_search")
        return super().get_invoices(invoice_ids, before_send=before_send)


class StopsAfterChangeSearch(XeroSession):
    """The invoices were looked at; nothing of what Xero said is recorded."""

    def get_invoices(self, invoice_ids: Sequence[str], *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Look, then stop."""
        answer = super().get_invoices(invoice_ids, before_send=before_send)
        reached("after_change_search")
        return answer


class StopsBeforePayment(XeroSession):
    """The fence is passed; not a byte of the payments is on the wire."""

    def put_payments(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> PaymentsAnswer:
        """Stop right after the fence."""

        def stop() -> None:
            before_send()
            reached("before_payment")

        return super().put_payments(body, idempotency_key, before_send=stop)


class StopsWithPaymentAnswer(XeroSession):
    """Xero's answer to payments is read; nothing of it is recorded."""

    def put_payments(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> PaymentsAnswer:
        """Send, read the answer, then stop."""
        answer = super().put_payments(body, idempotency_key, before_send=before_send)
        reached("payment_answered")
        return answer


class StopsBeforePaymentSearch(XeroSession):
    """Payments are leased for a look-up; Xero was not asked yet."""

    def find_payments(self, wanted: Sequence[tuple[str, str]], *, before_send: BeforeSend = nothing) -> PaymentsAnswer:
        """Stop, then search."""
        reached("before_payment_search")
        return super().find_payments(wanted, before_send=before_send)


class StopsAfterPaymentSearch(XeroSession):
    """Xero was searched for payments; nothing of what it said is recorded."""

    def find_payments(self, wanted: Sequence[tuple[str, str]], *, before_send: BeforeSend = nothing) -> PaymentsAnswer:
        """Search, then stop."""
        answer = super().find_payments(wanted, before_send=before_send)
        reached("after_payment_search")
        return answer


class ReadsSmallPages(XeroSession):
    """Fourteen contacts a page, so that the example's books fill two."""

    def contacts(self, **how: Any) -> Iterator[tuple[XeroContact, ...]]:
        """Small pages."""
        return super().contacts(page_size=14, **how)


class StopsWithPage(ReadsSmallPages):
    """A page of contacts is read; nothing of it is kept."""

    def contacts(self, **how: Any) -> Iterator[tuple[XeroContact, ...]]:
        """Stop with a page in hand."""
        for page in super().contacts(**how):
            reached("with_page")
            yield page


class StopsInsidePage(ContactReader):
    """A page is written and its numbers are given out, in a transaction that is not committed."""

    def _keep(self, *page: Any) -> None:
        super()._keep(*page)
        reached("inside_page")


class StopsAfterPage(ReadsSmallPages):
    """A page is kept; the next one was not asked for."""

    def contacts(self, **how: Any) -> Iterator[tuple[XeroContact, ...]]:
        """Stop once the page that was handed out is kept."""
        for page in super().contacts(**how):
            yield page
            reached("after_page")


class StopsInsideMail(Mailer):
    """A mail is written and about to be leased, in a transaction that is not committed."""

    def _written(self, *mail: Any) -> bytes | None:
        written = super()._written(*mail)
        reached("inside_mail")
        return written


class StopsWithMail(Mailer):
    """A mail is leased and its text frozen; nothing was sent."""

    def send(self, ready: Ready) -> None:
        """Stop, then send."""
        reached("with_mail")
        super().send(ready)


class StopsWithMailTaken(Mailer):
    """The mail server took a mail; nothing of it is recorded."""

    def record_taken(self, ready: Ready) -> None:
        """Stop, then record."""
        reached("mail_taken")
        super().record_taken(ready)


class StopsAfterMail(Mailer):
    """A mail is recorded."""

    def record_taken(self, ready: Ready) -> None:
        """Record, then stop."""
        super().record_taken(ready)
        reached("after_mail")


def stop_at_doorbell(connection_id: UUID) -> None:
    """Stands for the ring: all is committed, and nobody was told."""
    reached("doorbell")


def no_ring(connection_id: UUID) -> None:
    """A ring nobody hears."""


class Point(msgspec.Struct, frozen=True):
    """What to build the engine with so that it stops somewhere."""

    parts: Parts = Parts()
    ring: Callable[[UUID], None] = no_ring
    tokens: type[TokenSource] = TokenSource


def _recorder(recorder: type[OutboxRecorder]) -> Parts:
    return Parts(recorder=f"{recorder.__module__}:{recorder.__qualname__}")


class StopsBeforeRemoval(XeroSession):
    """The fence is passed; not a byte of the removal is on the wire."""

    def delete_connection(self, xero_connection_id: str, *, before_send: BeforeSend = nothing) -> Answer:
        """Stop right after the fence."""

        def stop() -> None:
            before_send()
            reached("before_removal")

        return super().delete_connection(xero_connection_id, before_send=stop)


class StopsWithRemovalAnswer(XeroSession):
    """Xero has removed the connection; nothing of it is recorded, and the consent is not taken back yet."""

    def delete_connection(self, xero_connection_id: str, *, before_send: BeforeSend = nothing) -> Answer:
        """Remove, then stop."""
        answer = super().delete_connection(xero_connection_id, before_send=before_send)
        reached("removal_answered")
        return answer


POINTS: Final = {
    "before_removal": Point(Parts(session=StopsBeforeRemoval)),
    "removal_answered": Point(Parts(session=StopsWithRemovalAnswer)),
    "nowhere": Point(),
    "inside_mail": Point(Parts(mailer=StopsInsideMail)),
    "with_mail": Point(Parts(mailer=StopsWithMail)),
    "mail_taken": Point(Parts(mailer=StopsWithMailTaken)),
    "after_mail": Point(Parts(mailer=StopsAfterMail)),
    "before_commit": Point(_recorder(StopsBeforeCommit)),
    "after_commit": Point(_recorder(StopsAfterCommit)),
    "doorbell": Point(ring=stop_at_doorbell),
    "rendering_kills": Point(Parts(claim=DiesRendering)),
    "sending_kills": Point(Parts(session=DiesSending)),
    "inside_claim": Point(Parts(claim=StopsInsideClaim)),
    "after_claim": Point(Parts(claim=StopsAfterClaim)),
    "with_tokens": Point(tokens=StopsWithTokens),
    "before_fence": Point(Parts(session=StopsBeforeFence)),
    "after_fence": Point(Parts(session=StopsAfterFence)),
    "half_sent": Point(Parts(session=StopsHalfSent)),
    "with_answer": Point(Parts(session=StopsWithAnswer)),
    "before_search": Point(Parts(session=StopsBeforeSearch)),
    "after_search": Point(Parts(session=StopsAfterSearch)),
    "before_change": Point(Parts(session=StopsBeforeChange)),
    "change_answered": Point(Parts(session=StopsWithChangeAnswer)),
    "before_change_search": Point(Parts(session=StopsBeforeChangeSearch)),
    "after_change_search": Point(Parts(session=StopsAfterChangeSearch)),
    "before_payment": Point(Parts(session=StopsBeforePayment)),
    "payment_answered": Point(Parts(session=StopsWithPaymentAnswer)),
    "before_payment_search": Point(Parts(session=StopsBeforePaymentSearch)),
    "with_page": Point(Parts(session=StopsWithPage)),
    "inside_page": Point(Parts(session=ReadsSmallPages, contact_reader=StopsInsidePage)),
    "after_page": Point(Parts(session=StopsAfterPage)),
    "after_payment_search": Point(Parts(session=StopsAfterPaymentSearch)),
}
