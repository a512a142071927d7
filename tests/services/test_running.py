"""Workers and tickers as processes of their own on one database: any of them may be killed at any time."""

import json
import logging
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import pytest

from domain.refusals import ConcurrentChange
from projections.checkpoints import RivalProjector
from services.running import ticking
from tests.crash.books import assert_in_xero_once
from tests.services.cli.conftest import runner
from tests.services.cli.files import invoice as issued
from tests.services.cli.files import invoice_file, lines, written
from tests.services.cli.program import running, until_synced, variables_of
from tests.waiting import PATIENCE, until_projected, until_recorded
from tests.world import ACCOUNT, World


def test_an_invoice_another_process_took_on_arrives_and_is_listed(world: World, tmp_path: Path) -> None:
    variables = variables_of(world)
    kyrios = runner(variables)
    with running("worker", **variables) as worker, running("ticker", **variables) as ticker:
        began = (worker.says("A worker runs with 8 threads."), ticker.says("A ticker runs."))
        kyrios("invoices", "import", str(invoice_file(tmp_path / "a", 20)))
        until_synced(world, 20)
        listed = ("invoices", "list", ACCOUNT, "--status", "synced", "--json")
        until_projected(world.engine.database_url, lambda: _listed(kyrios(*listed).stdout) == 20)
        for process, sign, first in zip((worker, ticker), (signal.SIGTERM, signal.SIGINT), began, strict=True):
            process.tell(sign)
            assert process.ends() == 0
            # The log's own lines come when they come: the threads begin before the program says that they have.
            said, ended = (line for line in process.said if " INFO " not in line)
            assert (said, ended[:7]) == (first, "Ending:")
    assert_in_xero_once(world, 20)
    assert kyrios("verify").exit_code == 0


def test_what_a_killed_worker_had_in_hand_is_finished_by_the_next_one_and_not_sent_twice(
    world: World, tmp_path: Path
) -> None:
    variables = variables_of(world)
    held = world.fault("hold", method="PUT", path="/Invoices")
    with running("worker", **variables) as worker:
        runner(variables)("invoices", "import", str(invoice_file(tmp_path / "a", 20)))
        world.wait_for_fault(held)
        worker.tell(signal.SIGKILL)
        worker.ends()
    with running("worker", **variables):
        until_synced(world, 20)
    assert_in_xero_once(world, 20)


def test_an_invoice_that_waits_for_its_contact_goes_by_itself_once_that_is_linked(world: World, tmp_path: Path) -> None:
    variables = variables_of(world)
    kyrios = runner(variables)
    unknown = issued(0, contact={"id": "cus-new", "name": "Some Customer"})
    with running("worker", **variables), running("ticker", **variables):
        kyrios("invoices", "import", str(written(tmp_path / "a", lines(unknown))))
        until_recorded(world.engine.database_url, lambda: world.invoice("inv-0").status == "blocked")
        contact = world.control.get("/ledger/invoices").json()["invoices"][0]["Contact"]["ContactID"]
        kyrios("contacts", "link", ACCOUNT, "cus-new", contact)
        until_synced(world, 1)
    assert len(world.in_xero()) == 1


class Failing:
    """A part of an engine that fails at first, each time in another way, and then works."""

    def __init__(self, *errors: Exception) -> None:
        self._errors, self.works = list(errors), threading.Event()

    def step(self, projected: int) -> int:
        """As a releaser."""
        if self._errors:
            raise self._errors.pop(0)
        self.works.set()
        return 0

    def look_again(self, account_id: str, codes: object) -> int:
        """As what readers tell of what they have read."""
        return 0


def test_two_tickers_may_follow_the_same_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    engine = world.engine
    releaser = Failing(RivalProjector("the checkpoint moved"), ConcurrentChange("others kept changing it"))
    engine.releaser = releaser  # type: ignore[assignment]
    with ticking(engine):
        assert releaser.works.wait(PATIENCE)
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_a_loop_that_fails_says_so_and_begins_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    engine = world.engine
    releaser = Failing(ValueError("a fault of ours"))
    engine.releaser = releaser  # type: ignore[assignment]
    with ticking(engine):
        assert releaser.works.wait(PATIENCE)
    assert "the releaser ended in ValueError and begins again" in caplog.text


def _listed(output: str) -> int:
    return len(json.loads(output)["invoices"])


WAITS: Final = """
import signal, threading, time
from services.running import until_told

with until_told() as told:
    # Every signal is given to another thread: the one that waits does not take any.
    beside = threading.Thread(target=time.sleep, args=(60,), daemon=True)
    beside.start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    print("waits", flush=True)
    assert told.wait()
print("told", flush=True)
"""


def test_a_process_is_told_though_its_signal_was_given_to_another_of_its_threads() -> None:
    with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True) as waits:
        assert waits.stdout is not None
        assert waits.stdout.readline() == "waits\n"
        waits.send_signal(signal.SIGTERM)
        assert waits.stdout.readline() == "told\n"
        assert waits.wait(30) == 0
