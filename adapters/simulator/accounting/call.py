"""One accepted call on the Accounting API: who asks what of which organisation, and how answers are wrapped."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from adapters.simulator.accounting.dates import ms_date
from adapters.simulator.accounting.question import Page, Question
from adapters.simulator.clock import VirtualClock
from adapters.simulator.ledger.books import Books
from adapters.simulator.ledger.contact_origins import ContactOrigins
from adapters.simulator.ledger.documents import Document, encode
from adapters.simulator.ledger.invoices import InvoiceShelf
from adapters.simulator.ledger.journal import Journal
from adapters.simulator.ledger.payments import PaymentShelf
from adapters.simulator.options import Behaviour
from adapters.simulator.wire.exchange import Request, Response

ABOUT_MAX_ELEMENTS = 50
ABOUT_MAX_BYTES = 3_500_000


@dataclass(frozen=True, slots=True)
class Call:
    """Past the door: token, tenant, scope, limits and key were checked."""

    request: Request
    seq: int
    tenant_id: str
    segments: dict[str, str]
    organisation: Document
    books: Books
    invoices: InvoiceShelf
    payments: PaymentShelf
    contact_origins: ContactOrigins
    journal: Journal
    clock: VirtualClock
    behaviour: Behaviour
    provider_name: str

    @property
    def question(self) -> Question:
        """The call's parameters."""
        return Question(self.request)

    def answer(self, resource: str, objects: Sequence[Document], page: Page | None = None, count: int = 0) -> Response:
        """Xero's envelope around the objects, with pagination when the answer is paged."""
        envelope: Document = {
            "Id": str(uuid.uuid4()),
            "Status": "OK",
            "ProviderName": self.provider_name,
            "DateTimeUTC": ms_date(self.clock.now_ms()).replace("+0000", ""),
        }
        if page is not None:
            envelope["pagination"] = page.pagination(count)
        envelope[resource] = objects
        return Response(200, encode(envelope))

    @property
    def idempotency_key(self) -> str | None:
        """The key the call came with."""
        return self.request.headers.get("idempotency-key")

    def note_size(self, count: int, of: str) -> None:
        """Note more elements or bytes than Xero asks for; it takes them all the same."""
        if count > ABOUT_MAX_ELEMENTS:
            self.broke("too_many_elements", f"{count} {of} in one request")
        if len(self.request.body) > ABOUT_MAX_BYTES:
            self.broke("body_too_large", f"{len(self.request.body)} bytes in one request")

    def broke(self, rule: str, detail: str) -> None:
        """Note a rule that was broken although the call goes on."""
        self.journal.violated(self.seq, rule, detail, self.tenant_id)


Resource: TypeAlias = Callable[[Call], Response]
"""Answers one method of one resource; refuses by raising errors.Refusal."""
