"""Workers and tickers with a real RabbitMQ between them: rings are heard at once, and a dead node costs no invoice."""

import signal
from pathlib import Path

from tests.crash.books import assert_in_xero_once
from tests.processes.rabbit_node import RabbitNode
from tests.services.cli.files import invoice_file
from tests.services.cli.program import running, until_synced, variables_of
from tests.world import World

NEVER = "600"
"""Seconds between two sweeps, far more than any wait here: what arrives meanwhile arrived by its ring."""


def test_an_imported_invoice_is_rung_for_and_arrives_long_before_any_sweep(
    world: World, node: RabbitNode, tmp_path: Path
) -> None:
    variables = variables_of(world, KYRIOS_XERO_BROKER_URL=node.url, KYRIOS_XERO_SWEEP_INTERVAL=NEVER)
    with running("worker", **variables) as worker, running("ticker", **variables) as ticker:
        worker.says("A worker runs")
        ticker.says("A ticker runs")
        import_invoices(world, tmp_path, 10, **variables)
        until_synced(world, 10)
    assert_in_xero_once(world, 10)


def test_a_worker_hears_rings_again_after_the_node_was_killed_and_came_back(
    world: World, node: RabbitNode, tmp_path: Path
) -> None:
    variables = variables_of(world, KYRIOS_XERO_BROKER_URL=node.url, KYRIOS_XERO_SWEEP_INTERVAL=NEVER)
    with running("worker", **variables) as worker:
        worker.says("A worker runs")
        node.kill()
        worker.says("connection error")
        node.start()
        import_invoices(world, tmp_path, 10, **variables)
        until_synced(world, 10)


def test_without_its_node_no_command_fails_and_sweeps_carry_the_invoices(
    world: World, node: RabbitNode, tmp_path: Path
) -> None:
    variables = variables_of(world, KYRIOS_XERO_BROKER_URL=node.url)
    node.kill()
    with running("worker", **variables) as worker, running("ticker", **variables) as ticker:
        ticker.says("A ticker runs")
        said = import_invoices(world, tmp_path, 10, **variables)
        until_synced(world, 10)
        for process in (worker, ticker):
            process.tell(signal.SIGTERM)
            assert process.ends() == 0
    assert "10 lines: 10 accepted" in said
    assert "Traceback" not in said + worker.everything() + ticker.everything()
    assert "guest:guest" not in said + worker.everything() + ticker.everything()
    assert_in_xero_once(world, 10)


def import_invoices(world: World, folder: Path, count: int, **variables: str) -> str:
    """Another process takes invoices on; returns what it said."""
    with running("invoices", "import", str(invoice_file(folder / "some.ndjson", count)), **variables) as importing:
        assert importing.ends() == 0, importing.everything()
    return importing.everything()
