"""Where a process stops while it sends invoices or searches for them."""

import http.client
from collections.abc import Sequence
from urllib.parse import urlsplit

from adapters.xero.answers import InvoicesAnswer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from tests.crash.stops.pausing import reached


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
