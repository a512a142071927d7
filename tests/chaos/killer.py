"""A killer: an invoice that ends the process of every worker that makes it ready; and who starts the dead again."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from adapters.event_store.outbox import LeasedEntry
from services.dispatch.claim import Claim
from services.dispatch.create_invoice import Subject
from tests.chaos.topology import Member

KILLER_LINK: Final = "/killer/"
"""Whoever renders an invoice with this in its link dies."""


class DiesOfKillers(Claim):
    """The product's claim on a machine that some invoices bring down."""

    def _rendered(self, tx: Any, kind: Any, passed: Sequence[tuple[LeasedEntry, Any]], *more: Any) -> list[Any]:
        if any(isinstance(one, Subject) and KILLER_LINK in one.invoice.document.url for _, one in passed):
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._rendered(tx, kind, passed, *more)


@contextmanager
def started_again(members: Sequence[Member]) -> Iterator[None]:
    """Whichever of these ends by itself is started again, as whoever runs an installation sees to. Nobody else must."""
    over = threading.Event()
    keepers = [threading.Thread(target=_keep, args=(member, over), name=member.name) for member in members]
    for keeper in keepers:
        keeper.start()
    try:
        yield
    finally:
        over.set()
        for keeper in keepers:
            keeper.join()


def _keep(member: Member, over: threading.Event) -> None:
    while not over.is_set():
        member.start_again_if_it_ends()
