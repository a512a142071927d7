"""A planted invoice that kills the process which carries it: while it is rendered, sent, or searched for."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from adapters.event_store.outbox import LeasedEntry
from adapters.xero.answers import InvoicesAnswer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from domain.streams import invoice_stream
from services.dispatch.claim import Claim
from tests.world import ACCOUNT

KILLER: Final = 3
"""The number of the planted invoice: inv-3, T-3."""


def die() -> None:
    """End at once, as if the kernel had run out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


class DiesRendering(Claim):
    """Rendering the planted invoice kills the process, inside the claim's transaction."""

    def _rendered(self, tx: Any, kind: Any, passed: Sequence[tuple[LeasedEntry, Any]], *more: Any) -> list[Any]:
        if any(entry.stream_id == invoice_stream(ACCOUNT, f"inv-{KILLER}") for entry, _ in passed):
            die()
        return super()._rendered(tx, kind, passed, *more)


class DiesRenderingUncounted(DiesRendering):
    """The same, and nothing is written beside the transaction that dies."""

    @contextmanager
    def _traced(self, tx: Any, connection_id: UUID, entries: Sequence[LeasedEntry]) -> Iterator[None]:
        yield


class DiesSending(XeroSession):
    """A request with the planted invoice in it kills the process before it is on the wire."""

    def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Die, or send."""
        if f'"T-{KILLER}"'.encode() in body:
            die()
        return super().put_invoices(body, idempotency_key, before_send=before_send)


class DiesSearching(XeroSession):
    """A search for the planted invoice kills the process before it is on the wire."""

    def find_invoices(self, numbers: Sequence[str], *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Die, or search."""
        if f"T-{KILLER}" in numbers:
            die()
        return super().find_invoices(numbers, before_send=before_send)
