"""The same story over both brokers: two workers, two tickers, a simulated Xero; each of them dies, and the books agree.

In process, rings stay within each worker and sweeps find what other processes took on; over RabbitMQ, all are rung.
"""

import signal
from pathlib import Path

import pytest

from services.proof.verify import verify
from services.views.invoice_listing import list_invoices
from services.views.invoice_question import Question
from tests.crash.books import assert_in_xero_once
from tests.processes.installation import Installation, end, installation
from tests.processes.rabbit_node import RabbitNode
from tests.services.cli.program import Running
from tests.waiting import until, until_projected
from tests.world import ACCOUNT

DUTY = "this process now does: projector"


@pytest.mark.parametrize("broker", ["in process", "RabbitMQ"])
def test_whoever_dies_every_invoice_arrives_once_and_every_list_says_so(
    broker: str, database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    node: RabbitNode | None = request.getfixturevalue("node") if broker == "RabbitMQ" else None
    variables = {} if node is None else {"KYRIOS_XERO_BROKER_URL": node.url}
    with installation(database_url, tmp_path, **variables) as all_of_it:
        started = all_of_it.run("worker", "worker", "ticker", "ticker")
        workers, tickers = started[:2], started[2:]
        all_of_it.take_on(60)
        until_listed(all_of_it, all_of_it.until_all_synced())

        kill_one_that_sends(all_of_it, workers)
        kill_the_projector(tickers)
        all_of_it.take_on(10)
        until_listed(all_of_it, all_of_it.until_all_synced())

        if node is not None:
            node.kill()
            all_of_it.take_on(10)
            all_of_it.until_all_synced()
            node.start()
        all_of_it.take_on(10)
        until_listed(all_of_it, count := all_of_it.until_all_synced())

        end(*(process for process in (*workers, *tickers) if process.process.poll() is None))
        assert_in_xero_once(all_of_it.world, count)
        assert verify(all_of_it.world.engine.read).clean


def kill_one_that_sends(all_of_it: Installation, workers: list[Running]) -> None:
    """Kill both workers while Xero holds an answer back, so that one of them is the one that waits for it."""
    held = all_of_it.world.fault("hold", method="PUT", path="/Invoices")
    all_of_it.take_on(10)
    all_of_it.world.wait_for_fault(held)
    for worker in workers:
        worker.tell(signal.SIGKILL)
        worker.ends()
    workers[:] = all_of_it.run("worker", "worker")


def kill_the_projector(tickers: list[Running]) -> None:
    """Kill the ticker that keeps the projections; the one that stood by takes over."""
    until(lambda: any(DUTY in ticker.everything() for ticker in tickers))
    holder, other = sorted(tickers, key=lambda ticker: DUTY not in ticker.everything())
    assert DUTY not in other.everything()
    holder.tell(signal.SIGKILL)
    holder.ends()
    other.says(DUTY)


def until_listed(all_of_it: Installation, count: int) -> None:
    """Wait until the projections say that so many invoices are synced."""

    engine = all_of_it.world.engine
    explain = Question(engine).explain_all
    until_projected(
        engine.database_url,
        lambda: len(list_invoices(engine.read, explain, ACCOUNT, status="synced", limit=1_000).invoices) == count,
    )
