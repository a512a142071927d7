"""Where a process stops while it enters payments or searches for them."""

from collections.abc import Sequence

from adapters.xero.answers import PaymentsAnswer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from tests.crash.stops.pausing import reached


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
