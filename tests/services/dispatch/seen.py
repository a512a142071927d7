"""What a test sees of an invoice, its entry and its lane, in the fewest words."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from adapters.event_store import lanes
from domain.streams import invoice_stream
from tests.world import ACCOUNT, World


def story(world: World, invoice_id: str = "inv-0") -> list[str]:
    """The names of what happened to an invoice."""
    return [type(event).__name__ for event in world.engine.store.events_of(invoice_stream(ACCOUNT, invoice_id))]


def statuses(world: World, count: int) -> list[str]:
    """The statuses of inv-0, inv-1, …"""
    return [world.invoice(f"inv-{number}").status for number in range(count)]


def states(world: World) -> list[str]:
    """The states of all entries about invoices and contacts, in order."""
    return [entry["state"] for entry in world.outbox() if entry["kind"] != "remove_connection"]


def lane(world: World) -> dict[str, Any]:
    """The lane's row."""
    with world.engine.store.cursor() as cursor:
        row = lanes.read(cursor, world.lane)
    assert row is not None
    return row


@contextmanager
def rests(world: World, seconds: float, least: float | None = None) -> Iterator[None]:
    """What is done in this block lets the lane rest for so long from then on, however long the machine takes for it.

    With `least`, any time between the two is right.
    """
    shortest = world.engine.store.now() + timedelta(seconds=seconds if least is None else least)
    yield
    until, longest = lane(world)["paused_until"], world.engine.store.now() + timedelta(seconds=seconds)
    assert until is not None, "it does not rest"
    assert shortest <= until <= longest


def keys(world: World) -> list[str]:
    """The idempotency keys of all requests to create invoices, in order."""
    return [request["idempotency_key"] for request in world.requests("PUT", "/Invoices")]
