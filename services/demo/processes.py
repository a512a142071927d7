"""The demo's other processes: a simulated Xero and a worker, each a real process that can be killed.

Each has a process group of its own, so that Ctrl-C reaches the story first and the story ends them in order.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.local_xero import LocalXero

STOP_WITHIN: Final = 20.0
_PROGRAM: Final = (sys.executable, "-m", "services.program")


class CouldNotStart(Exception):
    """A process of the demo did not come up; the message says what it said."""


@contextmanager
def simulated_xero(
    home: Path, seed: Path, redirect_uri: str, log: Path, ports: tuple[int, int] = (0, 0)
) -> Iterator[LocalXero]:
    """A simulator with `seed` as its books, for as long as the block runs; a port of 0 is any free one."""
    command = [*_PROGRAM, "simulator", "--port", str(ports[0]), "--control-port", str(ports[1])]
    command += ["--ledger", str(home / "xero.sqlite"), "--seed", str(seed), "--redirect-uri", redirect_uri]
    with log.open("a") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, process_group=0)
    try:
        assert process.stdout is not None
        yield _addresses(process.stdout.readline(), log)
    finally:
        _stop(process)


class WorkerProcess:
    """One `kyrios-xero worker`."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment, self._log = {**os.environ, **environment}, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        """Start it; returns its process id."""
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*_PROGRAM, "worker"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        return self._process.pid

    def kill(self) -> None:
        """Kill it with SIGKILL, as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(STOP_WITHIN)

    def running(self) -> bool:
        """Whether it still runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Let it finish what it has in hand, and end it."""
        if self._process is not None:
            _stop(self._process)


def _stop(process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _addresses(line: str, log: Path) -> LocalXero:
    words = dict(part.split("=", 1) for part in line.split() if "=" in part)
    if "api" not in words:
        raise CouldNotStart(f"The simulated Xero did not start; it said: {log.read_text().strip() or 'nothing'}")
    return LocalXero(api_url=words["api"], control_url=words["control"])
