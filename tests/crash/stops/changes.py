"""Where a process stops while it changes invoices or looks at them."""

from collections.abc import Sequence

from adapters.xero.answers import InvoicesAnswer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from tests.crash.stops.pausing import reached


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
