"""Where a process stops while it removes a connection."""

from adapters.xero.answers import Answer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from tests.crash.stops.pausing import reached


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
