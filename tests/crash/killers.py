"""A planted invoice that kills the process which carries it: while it is read, rendered, sent, or searched for."""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from adapters.event_store.outbox import LeasedEntry
from adapters.xero.answers import InvoicesAnswer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from domain.streams import invoice_stream
from services.dispatch.claim import Claim
from services.dispatch.claim_deaths import ClaimDeaths
from services.dispatch.create_invoice import CreateInvoice
from tests.world import ACCOUNT

KILLER: Final = 3
"""The number of the planted invoice: inv-3, T-3."""
PLANTED: Final = invoice_stream(ACCOUNT, f"inv-{KILLER}")


def die() -> None:
    """End at once, as if the kernel had run out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


class DiesRendering(Claim):
    """Rendering the planted invoice kills the process, inside the claim's transaction."""

    def _rendered(self, tx: Any, kind: Any, passed: Sequence[tuple[LeasedEntry, Any]], *more: Any) -> list[Any]:
        if any(entry.stream_id == PLANTED for entry, _ in passed):
            die()
        return super()._rendered(tx, kind, passed, *more)


class Untraced(ClaimDeaths):
    """Writes nothing beside a claim's transaction."""

    @contextmanager
    def traced(self, tx: Any, connection_id: UUID, entries: Sequence[LeasedEntry]) -> Iterator[None]:
        """Leave no trace."""
        yield


class DiesRenderingUncounted(DiesRendering):
    """The same, and nothing is written beside the transaction that dies."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._deaths = Untraced(self._store, self._ending, self._new_id)


class DiesSeeking(Claim):
    """Finding out what to search for kills the process, inside the look-up's claim, if the planted invoice is in it."""

    def _sought(self, tx: Any, kind: Any, entries: Sequence[LeasedEntry], connection: Any) -> list[Any]:
        if any(entry.stream_id == PLANTED for entry in entries):
            die()
        return super()._sought(tx, kind, entries, connection)


class DiesSeekingUncounted(DiesSeeking):
    """The same, and nothing is written beside the transaction that dies."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._deaths = Untraced(self._store, self._ending, self._new_id)


class Deadly(CreateInvoice):
    """Reading the planted invoice kills the process."""

    def subjects(self, tx: Any, stream_ids: Sequence[UUID], connection: Any) -> Mapping[UUID, Any]:
        """Die, or read."""
        if PLANTED in stream_ids:
            die()
        return super().subjects(tx, stream_ids, connection)


class DiesReading(Claim):
    """Whoever reads the planted invoice dies: in a claim, and where its end is to be told."""

    def __init__(self, store: Any, keys: Any, kinds: Any, *parts: Any) -> None:
        deadly = {**kinds, Deadly.name: Deadly(keys)}
        super().__init__(store, keys, deadly, *parts)
        self._ending._kinds = deadly


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
