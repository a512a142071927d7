"""The installation of a trial: database, broker, simulator, workers and tickers, each a process that can be killed.

The mail server is a thread of the trial, reached over a socket like any other.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

import httpx

from adapters.embedded_postgres import Cluster
from services.migrations import migrate
from services.settings import PREFIX
from tests.adapters.embedded_postgres.conftest import postmaster_pid
from tests.chaos import mails, scale, watch
from tests.chaos.books import Organisation, write_seed
from tests.chaos.scale import Scale
from tests.mail_server import DROP, mail_sink
from tests.processes.rabbit_node import RabbitNode, place
from tests.world import KEYS

Role = Literal["worker", "ticker"]
REPOSITORY: Final = Path(__file__).parents[2]
PATIENCE: Final = 60.0
TRIES: Final = 20
LOOK_AGAIN: Final = 0.2
ANSWERS_WITHIN: Final = 60.0
"""Seconds for the simulator to hand out its whole ledger."""


class Database:
    """A PostgreSQL of the trial's own, which forgets nothing it has committed."""

    def __init__(self, home: Path) -> None:
        self._home, self._users = home, ExitStack()
        self.url = self.start()

    def start(self) -> str:
        """Start it, or start it again."""
        return self._users.enter_context(self._cluster()).url()

    def restart_at_once(self) -> None:
        """Restart it by an immediate shutdown: no checkpoint, every connection cut."""
        pid = postmaster_pid(self._cluster())
        ending = os.pidfd_open(pid)
        os.kill(pid, signal.SIGQUIT)
        select.select([ending], [], [], PATIENCE)
        os.close(ending)
        self.start()

    def end(self) -> None:
        """Stop it and delete it."""
        with suppress(Exception):
            self._users.close()
        self._cluster().destroy()

    def _cluster(self) -> Cluster:
        return Cluster(self._home / "postgres", open_place=self._home / "open")


class Member:
    """One worker or ticker: started, killed, frozen, thawed."""

    def __init__(self, name: str, role: Role, environment: Mapping[str, str], log: Path, control: str) -> None:
        self.name, self.role = name, role
        self._command = [sys.executable, "-m", "tests.chaos.member", role, *([control] if control else [])]
        self._environment, self._log = environment, log
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it; it needs a second or two until it works."""
        self._collect()
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                process_group=0,
            )

    def wait_until_it_works(self) -> None:
        """Until it says that it is ready; one that ended, as the database was away, is started again."""
        for _ in range(TRIES):
            assert self._process is not None
            assert self._process.stdout is not None
            if self._process.stdout.readline():
                return
            self.start()
        raise AssertionError(f"{self.name} does not come up; its log is {self._log.read_text()}")

    @property
    def lives(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def send(self, sign: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        if self._process is not None and self.lives:
            self._process.send_signal(sign)

    def kill(self) -> None:
        """End it by SIGKILL, and wait until it is gone."""
        self.send(signal.SIGKILL)
        self._collect()

    def start_again_if_it_ends(self) -> None:
        """Look for a moment whether it ends by itself, and start it again if it did."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LOOK_AGAIN)
            self.start()

    def _collect(self) -> None:
        if self._process is None:
            return
        self._process.wait(PATIENCE)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None


class SimulatorProcess:
    """A simulated Xero as a process of its own."""

    def __init__(self, home: Path, seed: Path) -> None:
        command = [sys.executable, "-m", "adapters.simulator", "--ledger", str(home / "xero.sqlite")]
        with (home / "simulator.log").open("a") as log:
            self._process = subprocess.Popen(
                [*command, "--seed", str(seed)],
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                process_group=0,
            )
        assert self._process.stdout is not None
        words = dict(part.split("=", 1) for part in self._process.stdout.readline().split() if "=" in part)
        self.api_url, self.control_url = words["api"], words["control"]
        self.control = httpx.Client(base_url=self.control_url, timeout=ANSWERS_WITHIN)

    def end(self) -> None:
        """End it."""
        self.control.close()
        self._process.kill()
        self._process.communicate()


class Topology:
    """All processes of one trial."""

    def __init__(self, home: Path, size: Scale, organisations: list[Organisation], control: str) -> None:
        self.home, self.size, self._ending = home, size, ExitStack()
        try:
            self._build(organisations, control)
        except BaseException:
            self._ending.close()
            raise

    def _build(self, organisations: list[Organisation], control: str) -> None:
        home, size = self.home, self.size
        self.simulator = SimulatorProcess(home, write_seed(home / "seed.json", organisations))
        self._ending.callback(self.simulator.end)
        limits = {"minute_seconds": scale.MINUTE, "unique_numbers": size.numbers_are_unique}
        self.simulator.control.post("/options", json=limits).raise_for_status()
        self.database = Database(home)
        self._ending.callback(self.database.end)
        migrate(self.database.url)
        mails.hurry(self.database.url)
        watch.begin(self.database.url)
        self.mails = self._ending.enter_context(mail_sink())
        self.mails.misbehave("taken", *[DROP] * mails.UNCLEAR)
        self.broker = self._broker() if size.broker and place() is not None else None
        self.members = [self._member("worker", number, control) for number in range(size.workers)]
        self.members += [self._member("ticker", number, control) for number in range(size.tickers)]
        for member in self.members:
            self._ending.callback(member.kill)

    def of(self, role: Role) -> list[Member]:
        """The members of one role."""
        return [member for member in self.members if member.role == role]

    def start(self) -> None:
        """Start all workers and tickers, and wait until they work."""
        for member in self.members:
            member.start()
        for member in self.members:
            member.wait_until_it_works()

    def variables(self) -> dict[str, str]:
        """The settings of every process of ours."""
        api, broker = self.simulator.api_url, self.broker
        said = {
            "DATABASE_URL": self.database.url,
            "API_URL": api,
            "IDENTITY_URL": api,
            "LOGIN_URL": api,
            "CLIENT_ID": "simulator-client",
            "CLIENT_SECRET": "simulator-secret",
            "SECRET_KEYS": KEYS,
            "SMTP_URL": self.mails.url,
            "MAIL_FROM": mails.FROM,
            "HOME": str(self.home),
            "READ_TIMEOUT": f"{scale.READ_TIMEOUT:g}",
            "LEASE": f"{scale.LEASE:g}",
            "QUIET": f"{scale.QUIET:g}",
            "SWEEP_INTERVAL": "0.5",
            "WORKER_THREADS": "3",
            "LIMIT_WINDOW": f"{scale.MINUTE:g}",
            **({"BROKER_URL": broker.url} if broker else {}),
        }
        return {PREFIX + name: value for name, value in said.items()}

    def end(self) -> None:
        """End everything."""
        self._ending.close()

    def _broker(self) -> RabbitNode:
        home = self.home / "rabbit"
        home.mkdir()
        node = RabbitNode(home)
        self._ending.callback(node.close)
        node.start()
        return node

    def _member(self, role: Role, number: int, control: str) -> Member:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        name = f"{role} {number + 1}"
        said = {"PYTHONPATH": str(REPOSITORY), watch.NAME_VARIABLE: name}
        log = self.home / f"{role}-{number + 1}.log"
        return Member(name, role, {**ours, **self.variables(), **said}, log, control)


@contextmanager
def installed(size: Scale, organisations: list[Organisation], control: str = "") -> Iterator[Topology]:
    """A topology that does not outlive the block, nor do its files."""
    # Not below a closed directory: root steps down to an account that must reach it.
    home = Path(tempfile.mkdtemp(prefix="kx-chaos-"))
    home.chmod(0o755)
    try:
        topology = Topology(home, size, organisations, control)
        try:
            yield topology
        finally:
            topology.end()
    finally:
        shutil.rmtree(home, ignore_errors=True)
