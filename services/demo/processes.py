"""The demo's other processes: a simulated Xero and a worker, each a real process that can be killed.

Each has a process group of its own, so that Ctrl-C reaches the story first and the story ends them in order. Each holds
the reading end of a pipe as its standard input, so that it ends by itself when we are killed.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final

from services.local_xero import LocalXero
from services.settings import PREFIX

STOP_WITHIN: Final = 20.0
Whole = Callable[[], AbstractContextManager[None]]
"""Makes a block that no signal interrupts: a process that was begun and that nobody knows of would not be ended."""
_PROGRAM: Final = (sys.executable, "-m", "services.program")


class CouldNotStart(Exception):
    """A process of the demo did not come up; the message says what it said."""


@contextmanager
def simulated_xero(
    home: Path,
    seed: Path,
    redirect_uri: str,
    log: Path,
    ports: tuple[int, int] = (0, 0),
    whole: Whole = nullcontext,
) -> Iterator[LocalXero]:
    """A simulator with `seed` as its books, for as long as the block runs; a port of 0 is any free one."""
    process: subprocess.Popen[str] | None = None
    command = [*_PROGRAM, "simulator", "--port", str(ports[0]), "--control-port", str(ports[1])]
    command += ["--ledger", str(home / "xero.sqlite"), "--seed", str(seed), "--redirect-uri", redirect_uri]
    try:
        with log.open("a") as errors:
            said_before = errors.tell()
            with whole():
                process = subprocess.Popen(
                    [*command, "--with-parent"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                    process_group=0,
                )
        assert process.stdout is not None
        yield _addresses(process.stdout.readline(), log, said_before)
    finally:
        if process is not None:
            _stop(process)


class WorkerProcess:
    """One `kyrios-xero worker`, whose settings are the given variables and nothing else of that kind."""

    def __init__(self, environment: Mapping[str, str], log: Path, whole: Whole = nullcontext) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        self._environment, self._log, self._whole = {**ours, **environment}, log, whole
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        """Start it; returns its process id."""
        with self._log.open("a") as log, self._whole():
            self._process = subprocess.Popen(
                [*_PROGRAM, "worker", "--with-parent"],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        return self._process.pid

    def kill(self) -> None:
        """Kill it with SIGKILL, as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        _stop(self._process)

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
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _addresses(line: str, log: Path, said_before: int) -> LocalXero:
    words = dict(part.split("=", 1) for part in line.split() if "=" in part)
    if "api" not in words:
        said = log.read_bytes()[said_before:].decode(errors="replace").strip()
        raise CouldNotStart(said or f"The simulated Xero did not start and did not say why; its log is {log}.")
    return LocalXero(api_url=words["api"], control_url=words["control"])
