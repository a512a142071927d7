"""Child processes on the test's own world: started, waited for, frozen, killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.crash.child import Order
from tests.world import World

REPOSITORY = Path(__file__).parents[2]
PATIENT = {"KYRIOS_XERO_READ_TIMEOUT": "20", "KYRIOS_XERO_LEASE": "25"}
"""A child waits for a held answer until it is killed, also on a slow machine."""

LEASE = 25.0
PATIENCE = 60
"""Seconds a child may take; a test that needs them has failed."""


class Child:
    """A process at work."""

    def __init__(self, order: Order) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.child", msgspec.json.encode(order).decode()],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def said(self) -> str:
        """The next line it says; empty once it has ended."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def wait_at(self, point: str) -> None:
        """Until it has stopped there."""
        assert self.said() == f"reached {point}"

    def kill(self) -> None:
        """End it by SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does, as a paused machine would."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on as if nothing had happened."""
        os.kill(self.process.pid, signal.SIGCONT)

    def go_on(self) -> None:
        """Let it pass the point at which it has stopped."""
        assert self.process.stdin is not None
        self.process.stdin.write("go on\n")
        self.process.stdin.flush()

    def close(self) -> None:
        """End it, if it still runs, and close its pipes."""
        if self.process.poll() is None:
            self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


StartChild = Callable[..., Child]


@pytest.fixture
def child(world: World, tmp_path: Path) -> Iterator[StartChild]:
    """Starts children on the test's world; they end with the test."""
    started: list[Child] = []

    def start(
        point: str, action: str = "work", invoices: int = 6, told: dict[str, str] | None = None, **settings: str
    ) -> Child:
        order = {
            "point": point,
            "action": action,
            "xero_url": world.xero.api_url,
            "database_url": world.engine.database_url,
            "home": str(tmp_path),
            "invoices": invoices,
            "settings": PATIENT | settings,
        } | (told or {})
        started.append(Child(msgspec.convert(order, Order)))
        return started[-1]

    yield start
    for one in started:
        one.close()
