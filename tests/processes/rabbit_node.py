"""A private RabbitMQ node for a test: its own ports, files and port mapper, and nothing of it left behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tests.ports import own_port
from tests.waiting import PATIENCE, until

PLACES: Final = (Path(sys.prefix) / "rabbitmq/usr", Path("/usr"))
"""Where the program may be: as `bin/rabbitmq` unpacks it beside us, or installed. Debian's program on the path is a
wrapper that steps down to an account of its own; the one below it runs as whoever calls it."""
PROGRAM: Final = "lib/rabbitmq/bin/rabbitmq-server"
MISSING: Final = "there is no rabbitmq-server on this machine; bin/rabbitmq .venv brings one"


def place(places: Sequence[Path] = PLACES) -> Path | None:
    """The folder of the server's programs and Erlang's, if this machine has both."""
    return next((place for place in places if (place / PROGRAM).exists() and (place / "bin/epmd").exists()), None)


def require(places: Sequence[Path] = PLACES) -> None:
    """Skip the test where there is no RabbitMQ; on a build machine (CI=true) that is a failure."""
    if place(places) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)


class RabbitNode:
    """A node on ports of its own; it keeps its files in `home` and may be killed and started again."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._port, self._distribution, self._mapper_port = own_port(), own_port(), own_port()
        self._mapper: subprocess.Popen[bytes] | None = None
        self._node: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Start it if it does not run, and wait until it answers."""
        if self._node is not None and self._answers():
            return
        found = place()
        assert found is not None, MISSING
        if self._mapper is None:
            self._mapper = self._run(
                [str(found / "bin/epmd"), "-port", str(self._mapper_port), "-address", "127.0.0.1"], {}
            )
        (self._home / "plugins").write_text("[].")
        self._node = self._run([str(found / PROGRAM)], self._variables(found))
        until(self._answers)

    def kill(self) -> None:
        """Kill the node as a power cut would."""
        if self._node is not None:
            self._end(self._node)
            self._node = None

    def close(self) -> None:
        """End everything."""
        self.kill()
        if self._mapper is not None:
            self._end(self._mapper)
            self._mapper = None

    def _variables(self, found: Path) -> Mapping[str, str]:
        home = self._home
        return {
            "HOME": str(home),
            "PATH": f"{found / 'bin'}:{os.environ['PATH']}",
            "LD_LIBRARY_PATH": ":".join(str(libraries) for libraries in found.glob("lib/*-linux-gnu*")),
            "ERL_EPMD_PORT": str(self._mapper_port),
            "RABBITMQ_NODENAME": f"test-{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home),
            "RABBITMQ_LOGS": str(home / "node.log"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(home / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
        }

    def _run(self, command: list[str], variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with (self._home / "out").open("ab") as out:
            return subprocess.Popen(
                command,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                process_group=0,
            )

    def _answers(self) -> bool:
        assert self._node is None or self._node.poll() is None, (self._home / "out").read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1) as asked:
            asked.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(asked.recv(1))
        return False

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
