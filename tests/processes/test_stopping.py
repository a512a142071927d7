"""A worker is told to end: its calls are finished, what it did not send is given back, no lease is waited for."""

import signal
import subprocess
import sys
from typing import Final

from tests.crash.books import assert_in_xero_once, finish
from tests.services.cli.program import running, variables_of
from tests.world import World, example_invoices

PATIENT = {"KYRIOS_XERO_READ_TIMEOUT": "40", "KYRIOS_XERO_LEASE": "60"}
"""Whatever is given back or finished in these tests was not given back by a lease that ran out."""


def states(world: World) -> set[tuple[str, int, bool]]:
    """State and attempts of the entries, and whether they are leased."""
    return {(entry["state"], entry["attempts"], entry["lease_until"] is not None) for entry in world.outbox()}


def release(world: World) -> None:
    """Let Xero give the answers it holds back."""
    world.control.post("/release", json={}).raise_for_status()


def test_a_call_under_way_is_finished_and_recorded_and_nothing_new_is_begun(world: World) -> None:
    world.queue(example_invoices(60))
    held = world.fault("hold", method="PUT", path="/Invoices")
    with running("worker", **variables_of(world, KYRIOS_XERO_WORKER_THREADS="1", **PATIENT)) as worker:
        world.wait_for_fault(held)
        worker.tell(signal.SIGTERM)
        worker.says("Ending")
        release(world)
        assert worker.ends() == 0
    assert states(world) == {("DONE", 1, False), ("PENDING", 0, False)}
    assert len(world.in_xero()) == 50
    world.work()
    assert_in_xero_once(world, 60)


def test_what_was_claimed_and_not_sent_is_given_back_at_once_with_its_attempt(world: World) -> None:
    """The worker waits for a new access token when it is told to end; the token is kept, the invoices are not sent."""
    world.queue(example_invoices(3))
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.xero_grant SET access_expires_at = app.now()")
    held = world.fault("hold", method="POST", path="/connect/token")
    with running("worker", **variables_of(world, **PATIENT)) as worker:
        world.wait_for_fault(held)
        assert states(world) == {("LEASED", 1, True)}
        worker.tell(signal.SIGTERM)
        worker.says("Ending")
        release(world)
        assert worker.ends() == 0
    assert states(world) == {("PENDING", 0, False)}
    world.work()
    assert_in_xero_once(world, 3)
    assert len(world.requests("POST", "/connect/token")) == 2, "the consent's, and one refresh that was not lost"


def test_a_second_signal_ends_it_at_once_and_the_lease_runs_out(world: World) -> None:
    world.queue(example_invoices(3))
    held = world.fault("hold", method="PUT", path="/Invoices")
    with running("worker", **variables_of(world, **PATIENT)) as worker:
        world.wait_for_fault(held)
        worker.tell(signal.SIGTERM)
        worker.says("Ending")
        worker.tell(signal.SIGTERM)
        assert worker.ends() == 0
        assert "Ended at once." in worker.everything()
    assert states(world) == {("LEASED", 1, True)}
    world.later(60)
    finish(world)
    assert_in_xero_once(world, 3)


HANGS: Final = """
import threading
from services.cli.processes import end_within

def wait_for_nobody():
    threading.Event().wait()

threading.Thread(target=wait_for_nobody).start()
end_within(0.3)
"""
"""A process that would never end, as the interpreter waits for its thread."""


def test_a_process_that_hangs_while_it_ends_is_over_in_time_and_says_where_it_hung() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "wait_for_nobody" in ended.stderr
