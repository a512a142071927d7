"""The limit of the whole app, shared by processes that know nothing of each other but what is in the database."""

import hashlib
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from adapters.simulator.gatekeeping.limits import APP
from tests.many_lanes import ManyLanes, write_seed
from tests.processes.one_by_one import Order
from tests.processes.simulator_process import SimulatorProcess
from tests.waiting import PATIENCE, until
from tests.world import EXAMPLES, World, world_on

LANES: Final = 4
PROCESSES: Final = 3
LIMIT: Final = 80
"""Calls of the app in a window; a twentieth is kept for those on their way, of which each process has one here."""
WINDOW: Final = 8.0
"""Seconds: much more than the calls of a window take, so that a machine that does much else gets them done."""
WINDOWS: Final = 3
MOST_WINDOWS: Final = 25


def test_three_processes_use_nearly_all_calls_of_the_whole_app_and_not_one_too_many(
    database_url: str, tmp_path: Path
) -> None:
    """Of three windows on end. Who hears no answer for a while, as the machine does much else, is right to be careful
    with the window at hand, so these three may be some time coming; careful without a reason, they never come."""
    with limited_app(database_url, tmp_path) as many:
        hold_until(many.world, time.time() + 3_600)
        with workers(many.world, tmp_path):
            first = window_at(time.time()) + 1
            hold_until(many.world, begin_of(first))
            used = [0]
            for over in range(first + 1, first + MOST_WINDOWS):
                threading.Event().wait(max(0.0, begin_of(over) - time.time()))
                used = used_in(many.world, range(max(first, over - WINDOWS), over))
                if len(used) == WINDOWS and min(used) >= 0.95 * LIMIT:
                    break
                queue_for_a_window(many, WINDOWS + over - first)
            seen, violations = counted(many.world), broken(many.world)
    assert violations == []
    assert {one["status"] for one in seen} <= {200, None}
    assert min(used) >= 0.95 * LIMIT, f"of {LIMIT} calls, {used} were used at last"


def test_processes_that_do_not_hear_of_the_apps_limit_are_refused(database_url: str, tmp_path: Path) -> None:
    with limited_app(database_url, tmp_path) as many, workers(many.world, tmp_path, deaf=True):
        until(lambda: "appminute_limit" in {one["rule"] for one in broken(many.world)})


@contextmanager
def limited_app(database_url: str, home: Path) -> Iterator[ManyLanes]:
    """Accounts with more invoices than may be sent, at a Xero that counts the calls of the app from now on."""
    tenants = write_seed(home / "many.json", LANES)
    xero = SimulatorProcess(home, "--no-rate-limits", seed=home / "many.json")
    xero.start()
    try:
        with world_on(xero, database_url, home) as world:
            many = ManyLanes(world, tenants)
            many.set_up()
            for number in range(WINDOWS + 1):
                queue_for_a_window(many, number)
            told = {"rate_limits": True, "minute_seconds": WINDOW, "app_per_minute": LIMIT}
            world.control.post("/options", json=told | {"per_minute": 10_000}).raise_for_status()
            yield many
    finally:
        xero.close()


@contextmanager
def workers(world: World, home: Path, *, deaf: bool = False) -> Iterator[None]:
    """Processes that carry what is due, with one thread each."""
    settings = {
        "KYRIOS_XERO_WORKER_THREADS": "1",
        "KYRIOS_XERO_LIMIT_WINDOW": f"{WINDOW:g}",
        "KYRIOS_XERO_APP_CALLS_PER_MINUTE": str(LIMIT),
    }
    xero, database = world.xero.api_url, world.engine.database_url
    order = Order(xero_url=xero, database_url=database, home=str(home), settings=settings, deaf=deaf)
    command = [sys.executable, "-m", "tests.processes.one_by_one", msgspec.json.encode(order).decode()]
    with ExitStack() as ending:
        started = []
        for _ in range(PROCESSES):
            process = subprocess.Popen(
                command, cwd=EXAMPLES.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            ending.callback(_end, process)
            started.append(process)
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "works\n"
        yield


def _end(process: "subprocess.Popen[str]") -> None:
    try:
        process.communicate("", timeout=PATIENCE)
    finally:
        process.kill()


def queue_for_a_window(many: ManyLanes, number: int) -> None:
    """Queue once more what fills a window."""
    for lane in range(LANES):
        many.queue(lane, LIMIT // LANES, start=number * LIMIT // LANES)


def counted(world: World) -> list[dict[str, Any]]:
    """The calls that count against the limit."""
    return [one for one in world.control.get("/ledger/requests").json()["requests"] if one["tenant_id"]]


def used_in(world: World, windows: range) -> list[int]:
    """How many calls each of these windows saw."""
    used = Counter(window_at(datetime.fromisoformat(one["at"]).timestamp()) for one in counted(world))
    return [used[number] for number in windows]


def broken(world: World) -> list[dict[str, Any]]:
    """What Xero had to complain of."""
    found: list[dict[str, Any]] = world.control.get("/ledger/violations").json()["violations"]
    return found


def hold_until(world: World, moment: float) -> None:
    """Let no lane start a call before that moment."""
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET paused_until = to_timestamp(%s)", (moment,))


def window_at(moment: float) -> int:
    """Which of Xero's windows of the app a moment lies in; they begin at moments of their own."""
    return round(moment * 1000 - _OFFSET) // _LENGTH


def begin_of(window: int) -> float:
    """When one of these windows begins."""
    return (window * _LENGTH + _OFFSET) / 1000


_LENGTH: Final = round(WINDOW * 1000)
_OFFSET: Final = int.from_bytes(hashlib.sha256(APP.encode()).digest()[:4], "big") % _LENGTH
