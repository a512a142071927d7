"""The program as processes: each in a group of its own, spoken to by signals, and never left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.waiting import PATIENCE, until_ended, until_recorded
from tests.world import KEYS, World


class Running:
    """One run of `kyrios-xero`."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("KYRIOS_XERO_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services.program", *arguments],
            env={**ours, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        self.said: list[str] = []
        self._news, self._ended = threading.Condition(), threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def says(self, words: str) -> str:
        """Wait for a line with these words; returns it."""
        with self._news:
            told = self._news.wait_for(
                lambda: any(words in line for line in self.said) or self._ended.is_set(), PATIENCE
            )
        assert told, f"it did not say {words!r} in time, but: {self.everything()}"
        line = next((line for line in self.said if words in line), None)
        assert line is not None, f"it never said {words!r}, but: {self.everything()}"
        return line

    def tell(self, sign: signal.Signals) -> None:
        """Send a signal to the process alone."""
        self.process.send_signal(sign)

    def ends(self, within: float = PATIENCE) -> int:
        """Wait for its end; returns the exit code."""
        code = self.process.wait(within)
        self._ended.wait(PATIENCE)
        return code

    def everything(self) -> str:
        """All it said."""
        return "".join(self.said)

    def close(self) -> None:
        """End its whole group, whatever it is doing."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)
        self._ended.wait(PATIENCE)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                with self._news:
                    self.said.append(line)
                    self._news.notify_all()
        with self._news:
            self._ended.set()
            self._news.notify_all()


@contextmanager
def running(*arguments: str, **variables: str) -> Iterator[Running]:
    """A run of the program that does not outlive the block."""
    process = Running(*arguments, **variables)
    try:
        yield process
    finally:
        process.close()


@contextmanager
def open_home() -> Iterator[Path]:
    """A home that the account root steps down to can reach, so that all processes name it; none outlives the block."""
    with tempfile.TemporaryDirectory(prefix="kyrios-xero-home-") as name:
        home = Path(name)
        home.chmod(0o755)
        try:
            yield home
        finally:
            while left := processes_of(home):
                for pid in left:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                until_ended(left)


def processes_of(home: Path) -> dict[int, str]:
    """The processes that name this home in their command line or their environment."""
    found = {}
    for place in Path("/proc").iterdir():
        if not place.name.isdigit() or int(place.name) == os.getpid():
            continue
        try:
            command, environment = (place / "cmdline").read_bytes(), (place / "environ").read_bytes()
        except OSError:
            continue
        if bytes(home) in command or bytes(home) in environment:
            found[int(place.name)] = command.replace(b"\0", b" ").decode()
    return found


def until_synced(world: World, count: int) -> None:
    """Wait until the log says of invoices inv-0 … that Xero has them."""
    names = [f"inv-{number}" for number in range(count)]
    until_recorded(world.engine.database_url, lambda: all(world.invoice(one).status == "synced" for one in names))


def variables_of(world: World, **more: str) -> dict[str, str]:
    """The environment in which a process works on this world's database and Xero, with the test's short times."""
    return {
        "KYRIOS_XERO_DATABASE_URL": world.engine.database_url,
        "KYRIOS_XERO_API_URL": world.xero.api_url,
        "KYRIOS_XERO_IDENTITY_URL": world.xero.api_url,
        "KYRIOS_XERO_LOGIN_URL": world.xero.api_url,
        "KYRIOS_XERO_CLIENT_ID": "simulator-client",
        "KYRIOS_XERO_CLIENT_SECRET": "simulator-secret",
        "KYRIOS_XERO_SECRET_KEYS": KEYS,
        "KYRIOS_XERO_HOME": str(world.engine.settings.home),
        "KYRIOS_XERO_READ_TIMEOUT": "3",
        "KYRIOS_XERO_LEASE": "4",
        "KYRIOS_XERO_QUIET": "1",
        "KYRIOS_XERO_CALLS_PER_MINUTE": "6000",
        "KYRIOS_XERO_SWEEP_INTERVAL": "0.2",
        **more,
    }
