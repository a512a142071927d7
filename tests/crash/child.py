"""A process that works on its parent's database and simulator, and stops at a named point to be killed there.

python -m tests.crash.child '{"point": "with_answer", "action": "work", …}'
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

import msgspec

from adapters.vault.secret import Secret
from domain.streams import connection_id
from services.bootstrap import Engine
from tests.crash.stops import POINTS
from tests.crash.stops.pausing import say
from tests.world import ACCOUNT, BACKEND, example_invoices, settings_for

LANE: Final[UUID] = connection_id(ACCOUNT)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the parent wants: where to work, on what, and where to stop."""

    point: str
    action: Literal["queue", "work", "contacts", "consent", "mail"]
    xero_url: str
    database_url: str
    home: str
    invoices: int
    settings: dict[str, str] = {}
    callback: str = ""
    browser: str = ""


def queue(engine: Engine, order: Order) -> None:
    """Queue the invoices; each command has an id of its own, so that it can be repeated."""
    named = [
        msgspec.structs.replace(one, command_id=f"command-{one.invoice_id}") for one in example_invoices(order.invoices)
    ]
    say(" ".join(receipt.result for receipt in engine.queue_invoices(named, BACKEND)))


def work(engine: Engine, order: Order) -> None:
    """Do all work that is due now."""
    while engine.dispatcher.look_at(LANE):
        pass


def contacts(engine: Engine, order: Order) -> None:
    """Read Xero's contacts."""
    engine.contact_reader.read(LANE)


def mail(engine: Engine, order: Order) -> None:
    """Send the mails that are due."""
    while engine.mailer.step():
        pass


def consent(engine: Engine, order: Order) -> None:
    """Take the answer that Xero sent the owner's browser back with."""
    say(engine.set_up.come_back(Secret(order.callback), Secret(order.browser)))


ACTIONS: Final[dict[str, Callable[[Engine, Order], None]]] = {
    "queue": queue,
    "work": work,
    "contacts": contacts,
    "mail": mail,
    "consent": consent,
}


def main(order: Order) -> None:
    """Carry out the order."""
    point = POINTS[order.point]
    settings = settings_for(order.xero_url, order.database_url, Path(order.home), **order.settings)
    engine = Engine(settings, order.database_url, point.parts)
    engine.ring = point.ring
    engine.tokens = point.tokens(engine.grants, engine.oauth, stopping=engine.stopping)
    try:
        ACTIONS[order.action](engine, order)
    finally:
        engine.close()
    say("done")


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=Order))
