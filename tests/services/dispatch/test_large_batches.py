"""Many invoices at once: a few transactions take them on, whatever their size, and twenty requests carry a thousand."""

import threading

from tests.services.dispatch.seen import states
from tests.world import World, example_invoices

COUNT = 1_000
PATIENCE = 120.0
"""Seconds; a commit larger than the socket's buffer once waited for ever, half sent and with the log locked."""


def test_a_thousand_invoices_are_taken_on_by_two_transactions_and_carried_by_twenty_requests(world: World) -> None:
    receipts: list[str] = []
    taking = threading.Thread(target=lambda: receipts.extend(world.queue(example_invoices(COUNT))), daemon=True)
    taking.start()
    taking.join(PATIENCE)
    assert receipts == ["accepted"] * COUNT
    assert transactions(world) == 2
    world.work(rounds=30)
    assert set(states(world)) == {"DONE"}
    assert len(world.in_xero()) == COUNT
    assert len(world.requests("PUT", "/Invoices")) == COUNT / 50


def transactions(world: World) -> int:
    """How many transactions wrote the entries."""
    with world.engine.store.cursor() as cursor:
        row = cursor.execute("SELECT count(DISTINCT xmin::text) AS n FROM app.outbox").fetchone()
    assert row is not None
    return int(row["n"])
