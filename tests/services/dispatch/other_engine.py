"""Another engine beside the test's own, on the same database and Xero, with parts of its own; and sessions for it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from adapters.xero.answers import InvoicesAnswer, PaymentsAnswer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from services.bootstrap import Parts
from tests.world import World, world_on


@contextmanager
def beside(world: World, parts: Parts | None = None, **more: str) -> Iterator[World]:
    """The same world, seen by another engine."""
    home = Path(world.engine.settings.home)
    with world_on(world.xero, world.engine.database_url, home, parts or Parts(), **more) as other:
        yield other


def while_sending(act: Callable[[], object]) -> type[XeroSession]:
    """A session that does something, with its request claimed, right before it is on the wire."""

    class Session(XeroSession):
        def put_invoices(
            self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing
        ) -> InvoicesAnswer:
            act()
            return super().put_invoices(body, idempotency_key, before_send=before_send)

    return Session


def once_while_sending(act: Callable[[], object]) -> type[XeroSession]:
    """A session that lets something happen once, with its request claimed, right before it is on the wire."""
    pending = [act]

    def once() -> None:
        if pending:
            pending.pop()()

    class Session(XeroSession):
        def put_invoices(
            self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing
        ) -> InvoicesAnswer:
            once()
            return super().put_invoices(body, idempotency_key, before_send=before_send)

        def post_invoices(
            self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing
        ) -> InvoicesAnswer:
            once()
            return super().post_invoices(body, idempotency_key, before_send=before_send)

        def put_payments(
            self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing
        ) -> PaymentsAnswer:
            once()
            return super().put_payments(body, idempotency_key, before_send=before_send)

    return Session


def answering(change: Callable[[InvoicesAnswer], InvoicesAnswer]) -> type[XeroSession]:
    """A session whose answers to requests are changed on their way."""

    class Session(XeroSession):
        def put_invoices(
            self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing
        ) -> InvoicesAnswer:
            return change(super().put_invoices(body, idempotency_key, before_send=before_send))

    return Session


def failing(errors: Sequence[Exception]) -> type[XeroSession]:
    """A session whose first requests fail, one after the other, without ever being sent."""
    left = list(errors)

    class Session(XeroSession):
        def put_invoices(
            self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing
        ) -> InvoicesAnswer:
            if left:
                raise left.pop(0)
            return super().put_invoices(body, idempotency_key, before_send=before_send)

    return Session
